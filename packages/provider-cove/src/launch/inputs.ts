/** What the launch calculator takes, and how it reads it. */
import { ALGORITHMS, fromHex, type LaunchInput, type LaunchInputs, type LaunchValue } from '@tsm/core';
import { PAGE_SIZE } from '../measurement.ts';
import { DEFAULT_GPA } from '../tsm/tvm.ts';

/** One image and where its first page goes. */
export interface Region {
  readonly image: Uint8Array;
  readonly gpa: bigint;
  /** What it is called in steps and issues. */
  readonly words: string;
}

/** `own`: what the provider is configured for. */
export const INPUTS = (own: 'spec' | 'salus'): readonly LaunchInput[] => [
  { name: 'image', title: 'Measured pages', kind: 'file', required: true, repeatable: true },
  {
    name: 'gpa',
    title: 'Guest physical address of each image, in the same order',
    kind: 'number',
    repeatable: true,
    default: `0x${DEFAULT_GPA.toString(16)}, then the page after the image before`,
  },
  { name: 'entry-pc', title: 'entry_sepc', kind: 'number', default: 'address of the first image' },
  { name: 'entry-arg', title: 'entry_arg', kind: 'number', default: '0' },
  {
    name: 'register',
    title: 'Value of a register that the root of trust measures, NAME:HEX',
    kind: 'text',
    repeatable: true,
    default: own === 'salus' ? 'zero' : 'not predicted',
  },
  {
    name: 'implementation',
    title: 'Registers and rules',
    kind: 'choice',
    choices: ['spec', 'salus'],
    default: own,
  },
];

function listOf(value: LaunchInputs[string]): readonly LaunchValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly LaunchValue[]) : [value as LaunchValue];
}

function address(name: string, value: LaunchValue): bigint {
  const number = typeof value === 'bigint' || Number.isSafeInteger(value) ? BigInt(value as number) : -1n;
  if (number < 0n || number >= 1n << 64n)
    throw new TypeError(`${name}: expected an unsigned 64-bit number, got ${String(value)}`);
  return number;
}

function numberOf(inputs: LaunchInputs, name: string, fallback: bigint): bigint {
  const [value, ...more] = listOf(inputs[name]);
  if (more.length > 0) throw new TypeError(`${name}: expected one value`);
  return value === undefined ? fallback : address(name, value);
}

function regionsOf(inputs: LaunchInputs): Region[] {
  const images = listOf(inputs['image']);
  const addresses = listOf(inputs['gpa']).map((value) => address('gpa', value));
  if (images.length === 0) throw new TypeError('image: expected at least one');
  if (addresses.length > images.length)
    throw new TypeError(`gpa: expected at most one for each of ${String(images.length)} images`);
  let next = DEFAULT_GPA;
  return images.map((image, i) => {
    if (!(image instanceof Uint8Array)) throw new TypeError('image: expected bytes');
    const gpa = addresses[i] ?? next;
    next = gpa + BigInt(Math.ceil(image.length / PAGE_SIZE) * PAGE_SIZE);
    return { image, gpa, words: images.length === 1 ? 'the image' : `image ${String(i)}` };
  });
}

function registerOf(value: LaunchValue): readonly [name: string, value: Uint8Array] {
  const [name = '', hex = ''] = typeof value === 'string' ? value.split(':', 2) : [];
  const bytes = fromHex(hex);
  if (
    name === '' ||
    !bytes ||
    ![ALGORITHMS.sha384.size, ALGORITHMS.sha512.size].includes(bytes.length as never)
  )
    throw new TypeError(`register: expected NAME:HEX with a digest, got ${String(value)}`);
  return [name, bytes];
}

/** A value of a wrong kind is a TypeError that names the input. */
export function readInputs(inputs: LaunchInputs) {
  const regions = regionsOf(inputs);
  return {
    regions,
    entryPc: numberOf(inputs, 'entry-pc', regions[0]?.gpa ?? DEFAULT_GPA),
    entryArg: numberOf(inputs, 'entry-arg', 0n),
    registers: new Map(listOf(inputs['register']).map(registerOf)),
  };
}
