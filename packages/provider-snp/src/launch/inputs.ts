/** Reading the inputs of a calculator: a wrong kind is a TypeError, a number out of range a RangeError. */
import { fromHex, utf8Bytes, type LaunchInputs } from '@tsm/core';

type Given = LaunchInputs[string];

const missing = (name: string): TypeError => new TypeError(`${name}: this input is required`);

/** A file or hex. Text is taken as hex where `hex` says so. */
export function bytesInput(inputs: LaunchInputs, name: string, hex = false): Uint8Array | undefined {
  const value = inputs[name];
  if (value === undefined || value instanceof Uint8Array) return value;
  const bytes = hex && typeof value === 'string' ? fromHex(value) : undefined;
  if (!bytes) throw new TypeError(`${name}: expected bytes`);
  return bytes;
}

export function requiredBytes(inputs: LaunchInputs, name: string): Uint8Array {
  const bytes = bytesInput(inputs, name);
  if (!bytes) throw missing(name);
  return bytes;
}

/** Text as UTF-8; bytes as they are. */
export function textInput(inputs: LaunchInputs, name: string): Uint8Array | undefined {
  const value = inputs[name];
  if (value === undefined || value instanceof Uint8Array) return value;
  if (typeof value !== 'string') throw new TypeError(`${name}: expected text`);
  return utf8Bytes(value);
}

function asNumber(name: string, value: Given): bigint | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new TypeError(`${name}: expected a whole number`);
}

export function numberInput(
  inputs: LaunchInputs,
  name: string,
  [low, high]: readonly [bigint, bigint],
): bigint | undefined {
  const value = asNumber(name, inputs[name]);
  if (value !== undefined && (value < low || value > high)) {
    throw new RangeError(`${name}: expected ${String(low)} to ${String(high)}, got ${String(value)}`);
  }
  return value;
}

/** One of the choices, in any case, as it is spelled there. */
export function choiceInput<C extends string>(
  inputs: LaunchInputs,
  name: string,
  choices: readonly C[],
): C | undefined {
  const value = inputs[name];
  if (value === undefined) return undefined;
  const found = choices.find((one) => typeof value === 'string' && one.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw new TypeError(`${name}: expected one of ${choices.join(', ')}`);
  return found;
}
