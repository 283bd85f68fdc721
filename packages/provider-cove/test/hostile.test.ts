/** Damaged evidence: every flipped bit of what is signed is refused, no cut passes, nothing throws or hangs. */
import { concat, type Issue, type VerifyOptions } from '@tsm/core';
import { leaves } from '@tsm/core/layout';
import { seededRandom } from '@tsm/core/testing';
import { createVerifyCache, encodeCbor, encodeCoseKey, webCryptoVerifier } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { keyPairOf } from '../src/dice.ts';
import { coveEvidence, parseRequest, verifyEvidence } from '../src/index.ts';
import { derive } from '../src/tsm/platform.ts';
import { bare, launchOf, mint, partsOf } from './support/machines.ts';

const TORTURE = process.env['TSM_TORTURE'] === '1';
const guest = encodeCoseKey('ed25519', keyPairOf(derive(launchOf().seed, 'guest key')).publicKey);
const spec = mint();

const FORMS: readonly (readonly [string, Uint8Array, VerifyOptions])[] = [
  ['CBOR certificate', spec.evidence, spec.options],
  ['bare tokens', bare(partsOf(guest).tokens), spec.options],
  ...[mint({ certificate: 'x509' }), mint({ implementation: 'salus', cdi: 'seed' })].map(
    ({ evidence, options, provider }) =>
      [provider.evidence.decode(evidence).format, evidence, options] as const,
  ),
];

/** Places of issues lie in the evidence, leaves tile it, and values stand where they are said to stand. */
function inconsistencies(bytes: Uint8Array): string[] {
  const { tree, issues, registers, trailing } = coveEvidence.decode(bytes);
  const outside = ({ offset, length }: Issue): boolean =>
    offset < 0 || length < 0 || offset + length > bytes.length;
  const found = issues.filter(outside).map(({ code, path }) => `${code} at ${path} is out of range`);
  let at = 0;
  for (const leaf of leaves(tree)) {
    if (leaf.offset !== at) found.push(`${leaf.path} at ${String(leaf.offset)}, expected ${String(at)}`);
    at = leaf.offset + leaf.length;
  }
  if (at + trailing !== bytes.length)
    found.push(`${String(at)} of ${String(bytes.length)} bytes in the tree`);
  for (const { name, value, offset } of registers) {
    const there = bytes.subarray(offset, offset + value.length);
    if (there.some((byte, i) => byte !== value[i])) found.push(`${name} is not at ${String(offset)}`);
  }
  return found;
}

describe.each(FORMS)('%s', (name, evidence, given) => {
  // One verifier, so that keys are imported once; what is remembered may not let anything pass either.
  const options = { ...given, verifier: webCryptoVerifier(), cache: createVerifyCache() };

  test('is in the tree byte by byte', () => {
    expect(inconsistencies(evidence)).toEqual([]);
    expect(coveEvidence.recognise(evidence)).toBe(true);
  });

  // One bit a byte; of forms that hold the same tokens as another one, of every third byte.
  const step = name === 'CBOR certificate' || name === 'salus-certificate' ? 1 : 3;
  const flips = TORTURE ? 8 * evidence.length : Math.ceil(evidence.length / step);
  test(`${String(flips)} single-bit flips are refused`, { timeout: 120_000 }, async () => {
    const random = seededRandom(2026);
    const passed: number[] = [];
    for (let flip = 0; flip < flips; flip++) {
      const offset = TORTURE ? flip >> 3 : flip * step;
      const changed = evidence.slice();
      changed[offset]! ^= 1 << (TORTURE ? flip & 7 : random(8));
      const { verdict } = await verifyEvidence(changed, options);
      if (verdict !== 'fail') passed.push(offset);
      if (flip % 32 === 0) expect(inconsistencies(changed), `${name}, byte ${String(offset)}`).toEqual([]);
    }
    expect(passed).toEqual([]);
  });

  test(`${String(evidence.length)} truncations are refused`, async () => {
    const random = seededRandom(1);
    for (let length = 0; length < evidence.length; length++) {
      const cut = evidence.subarray(0, length);
      const { issues } = coveEvidence.decode(cut);
      expect(
        issues.some(({ severity }) => severity === 'error'),
        `cut at ${String(length)}`,
      ).toBe(true);
      if (random(16) === 0) expect((await verifyEvidence(cut, options)).verdict).toBe('fail');
    }
  });

  test('bytes after it are counted, and change nothing', async () => {
    const more = concat(evidence, new Uint8Array(100));
    expect(coveEvidence.decode(more).trailing).toBe(100);
    expect(inconsistencies(more)).toEqual([]);
    expect((await verifyEvidence(more, options)).verdict).toBe('pass');
  });

  test('random edits never throw', async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 100; round++) {
      const bytes = evidence.slice();
      for (let edits = 1 + random(6); edits > 0; edits--) bytes[random(bytes.length)] = random(256);
      expect(inconsistencies(bytes)).toEqual([]);
      if (round % 10 === 0) expect((await verifyEvidence(bytes, options)).technology).toBe('cove');
    }
  });
});

describe('what is no evidence', () => {
  const big = 200_000;
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('no evidence at all')],
    ['zeros', new Uint8Array(1000)],
    ['a CBOR array', encodeCbor([1, 2, 3])],
    ['an empty map', encodeCbor(new Map())],
    ['submodules of others', encodeCbor(new Map([[266, new Map([['other', new Uint8Array(9)]])]]))],
    ['a map with a huge count', Uint8Array.of(0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['bytes of a huge length', Uint8Array.of(0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['deep nesting', new Uint8Array(big).fill(0x81)],
    ['deep tags', new Uint8Array(big).fill(0xc1)],
    ['a sequence of a huge length', Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['deep sequences', new Uint8Array(big).fill(0x30)],
    ['many keys', encodeCbor(new Map(Array.from({ length: 5_000 }, (_, i) => [i, i])))],
  ];

  test.each(cases)('%s', async (_, bytes) => {
    expect(coveEvidence.recognise(bytes)).toBe(false);
    expect(inconsistencies(bytes)).toEqual([]);
    const { verdict } = await verifyEvidence(bytes, spec.options);
    expect(verdict).toBe('fail');
    expect(parseRequest(bytes).request).toBeUndefined();
  });

  test('collateral and anchors of any content do no harm', async () => {
    const random = seededRandom(3);
    const junk = Array.from({ length: 50 }, () => Uint8Array.from({ length: random(80) }, () => random(256)));
    const options = { ...spec.options, collateral: junk, trustAnchors: junk };
    expect((await verifyEvidence(spec.evidence, options)).verdict).toBe('fail');
  });
});
