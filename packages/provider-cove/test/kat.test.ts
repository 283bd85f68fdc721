/** Known answers: page records, configuration, identifiers, DICE derivation and extends, as salus and the specification give them. */
import { extendDigest, fromHex, portableDigests, toHex, utf8Bytes } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import { cdiId, extractCdi, layerOf, nextSalusCdi, SALUS_PUBLIC_KEY } from '../src/dice.ts';
import { createCove } from '../src/index.ts';
import { PageRecord } from '../src/layout/index.ts';
import { extendData, extended, measureConfiguration, measurePages, tciOf } from '../src/measurement.ts';

const measuring = { digests: portableDigests, hash: 'sha384' } as const;
const zero = new Uint8Array(48);
const page = (fill: number): Uint8Array => new Uint8Array(4096).fill(fill);
const add = (old: Uint8Array, fill: number, gpa: bigint): Uint8Array =>
  measurePages(measuring, old, page(fill), gpa);
const configuration = (pc: bigint, arg: bigint): Uint8Array =>
  measureConfiguration(measuring, measureConfiguration(measuring, zero, pc), arg);
const hexOf = (text: string): Uint8Array => fromHex(text)!;

const P = '8c3f6cdb0b7dce8d9283573a0909d80ac305948e6ff8c48c0e05fe5eb3ac9589c539a0bab1bd60be50eeb10f7e6c5238';
const C = '87ad285f70d5da019fa0872108bd295ed4bfab6830e2e7d1f427f275e5ecc6d5c73be28a7797c7b429cd3847fc1401d2';

const first = add(zero, 0x11, 0x80200000n);
const second = add(first, 0x22, 0x80201000n);
const third = add(second, 0x33, 0x80202000n);
const abc = portableDigests.digest('sha384', utf8Bytes('abc'));

const ANSWERS: readonly (readonly [string, Uint8Array, string])[] = [
  [
    'one page of zeros',
    add(zero, 0, 0x80200000n),
    '3091badc760341f743c0f38cd03a8a81aab6b9ef76c021aee57b8196a937e08aee128184f7a30673239ecbe7c3dd071c',
  ],
  [
    'first of three pages',
    first,
    '296a2e73a5e89c871284f716bc120ebe5a907994091e4cbd58e778b8bf9c08cec4f770631a9ed898ff8c1d2c5023a0fb',
  ],
  [
    'second of three pages',
    second,
    'd01742d126a5a537c4e59ecea0f89b22fd0dae396ac1ec0e474dd68beeefae6f9217e0bd44201f1d6f0542989955a97e',
  ],
  ['third of three pages', third, P],
  [
    'the same pages in another order',
    add(add(add(zero, 0x33, 0x80202000n), 0x11, 0x80200000n), 0x22, 0x80201000n),
    '5735a96a9c38bd32ab73fd2cbbad19bde43c2a82ef4cffa8b8e0930ebd4492c1a1111eb717881fd5abdb49ba6233dc05',
  ],
  ['configuration', configuration(0x80200000n, 0x88000000n), C],
  [
    'configuration of zeros',
    configuration(0n, 0n),
    'd099515d64c4a387aebe6ba09c55fd47ecda6f3755e421607b6b4e5558c06e587790346b450ef8ff39819978a923a941',
  ],
  [
    'attestation TCI',
    tciOf(measuring, [zero, zero, hexOf(P), hexOf(C)]),
    'b9bc242c94a5729e2b0aff1984b0fa71f0b465022f2f4bb296433f00d890c22f35d98d844d1b7d84a7f86ec4aa3649c3',
  ],
  [
    'sealing TCI',
    tciOf(measuring, [zero, hexOf(P), hexOf(C), zero, zero, zero, zero]),
    '59abfc065bd87150130c8be72e40ddcc40c4f493dd96d6c257f56e1f7b40b46c3b836f561399d184079a040a086a204a',
  ],
  [
    'extend by the specification',
    extended(measuring, zero, extendData(abc, false)),
    '93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b0998e04d77f8c174f81a82151619ca40',
  ],
  [
    'extend by salus',
    extended(measuring, zero, extendData(abc, true)),
    '05ab870218b5491d3864c109ec701c57502e25b886bb23a7f2191a5fd9aef648380d20d99b99ee4f1178b4c2640b9bef',
  ],
];

test.each(ANSWERS)('%s', (_, value, answer) => {
  expect(toHex(value)).toBe(answer);
});

test('an image of three pages is measured page by page', () => {
  const image = new Uint8Array(3 * 4096);
  [0x11, 0x22, 0x33].forEach((fill, i) => image.fill(fill, i * 4096, (i + 1) * 4096));
  expect(toHex(measurePages(measuring, zero, image, 0x80200000n))).toBe(P);
});

test('pages are hashed as the table of their record has them', () => {
  const content = Uint8Array.from({ length: 4096 }, (_, i) => i % 251);
  for (const gpa of [0n, 0x80200000n, (1n << 64n) - 4096n]) {
    const record = encode(PageRecord, { gpa, page: content });
    expect(measurePages(measuring, abc, content, gpa)).toEqual(extended(measuring, abc, record));
  }
});

/** The launch of three pages, as the calculator and the model see it. */
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

describe('the launch of three pages', () => {
  const image = new Uint8Array(3 * 4096);
  [0x11, 0x22, 0x33].forEach((fill, i) => image.fill(fill, i * 4096, (i + 1) * 4096));
  const salus = createCove({ implementation: 'salus' });
  const inputs = { image, gpa: 0x80200000, 'entry-pc': 0x80200000n, 'entry-arg': 0x88000000 };

  test('the calculator gives registers and identifiers', () => {
    const { registers, steps, rules, issues } = salus.launch.calculate(inputs, portableDigests);
    expect(issues).toEqual([]);
    expect(rules).toBe('salus');
    expect(Object.fromEntries(registers.map(({ name, value }) => [name, toHex(value)]))).toEqual({
      pcr0: toHex(zero),
      pcr1: toHex(zero),
      pcr2: P,
      pcr3: C,
    });
    const tcis = steps.filter(({ register }) => register.endsWith('_tci'));
    expect(tcis.map(({ value }) => toHex(value!))).toEqual([ANSWERS[7]![2], ANSWERS[8]![2]]);
  });

  test('the model has the same registers and identifiers', () => {
    const values = { 'entry-arg': u64(0x88000000n) };
    const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01T00:00:00Z'), image, values };
    const tvm = salus.model(launch, { digests: portableDigests });
    expect(toHex(tvm.read('pcr2'))).toBe(P);
    expect(toHex(tvm.read('pcr3'))).toBe(C);
    expect(toHex(tvm.tci('attestation'))).toBe(ANSWERS[7]![2]);
    expect(toHex(tvm.tci('sealing'))).toBe(ANSWERS[8]![2]);
  });
});

interface Kat {
  readonly [name: string]: string;
}

describeVectors('DICE derivation of salus', 1, vectors('evidence/cove', ['dice-kat-json']), ({ file }) => {
  const kat = JSON.parse(new TextDecoder().decode(readVector(file))) as Kat & {
    example: Kat & { vmId: number };
    extend: Kat;
  };
  const tsm = layerOf(extractCdi(utf8Bytes('RANDOMATTESTATIONCDI')));
  expect({
    tsmCdi: toHex(tsm.cdi),
    tsmSeed: toHex(tsm.privateKey),
    tsmPub: toHex(tsm.publicKey),
    asCoded: toHex(cdiId(tsm.privateKey)),
    fromPublic: toHex(cdiId(tsm.publicKey)),
  }).toEqual({
    tsmCdi: kat['tsmCdi'],
    tsmSeed: kat['tsmSeed'],
    tsmPub: kat['tsmPub'],
    asCoded: kat['tsmCdiId_fromPrivate_asCoded'],
    fromPublic: kat['tsmCdiId_fromPublic'],
  });
  expect(toHex(SALUS_PUBLIC_KEY)).toBe(kat['tsmPub']);

  const { example } = kat;
  const launch = {
    seed: new Uint8Array(32),
    now: new Date('2026-01-01T00:00:00Z'),
    image: new Uint8Array(4096),
    values: {
      gpa: u64(0x80000000n),
      'entry-pc': u64(BigInt(example['entryPc']!)),
      'entry-arg': u64(BigInt(example['entryArg']!)),
      'vm-id': u64(BigInt(example.vmId)),
    },
  };
  const tvm = createCove({ implementation: 'salus' }).model(launch, { digests: portableDigests });
  for (const name of ['pcr0', 'pcr1', 'pcr2', 'pcr3'])
    expect(toHex(tvm.read(name)), name).toBe(example[name]);
  expect(toHex(tvm.tci('attestation'))).toBe(example['attestationTci']);
  expect(toHex(tvm.cdi('attestation'))).toBe(example['tvmCdi']);
  expect(toHex(layerOf(tvm.cdi('attestation')).publicKey)).toBe(example['tvmPub']);
  expect(toHex(nextSalusCdi(tsm.cdi, tvm.tci('attestation'), u64(5n)))).toBe(example['tvmCdi']);

  const digest = hexOf(kat.extend['digest_sha384_of_event1']!);
  expect(toHex(portableDigests.digest('sha384', utf8Bytes('event-1')))).toBe(toHex(digest));
  expect(toHex(extendDigest(portableDigests, 'sha384', zero, digest))).toBe(kat.extend['spec']);
  tvm.extend('pcr17', digest);
  expect(toHex(tvm.read('pcr17'))).toBe(kat.extend['salus64']);
  const spec = createCove().model({ ...launch, values: {} }, { digests: portableDigests });
  spec.extend('mr6', digest);
  expect(toHex(spec.read('mr6'))).toBe(kat.extend['spec']);
});
