/** Altered tokens: every byte, every cut. All are refused, none makes anything throw. */
import { latin1Text, toHex, type SignatureVerifier, type Verdict } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { createVerifyCache, webCryptoVerifier } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import cca from '../src/index.ts';
import { decodeToken } from '../src/token.ts';
import { challenge, cpak, modelOf, now } from './support/tokens.ts';

const TORTURE = process.env['TSM_TORTURE'] === '1';

/** The bits of one byte that are flipped, one at a time. */
function bitsOf(random: (limit: number) => number): number[] {
  return TORTURE ? [0, 1, 2, 3, 4, 5, 6, 7] : [random(8)];
}

/** A verifier that answers the same question once: an altered token leaves one of its two signatures as it was. */
function patient(): SignatureVerifier {
  const real = webCryptoVerifier();
  const answers = new Map<string, Promise<boolean>>();
  return {
    verify(scheme, ...bytes) {
      const question = [scheme, ...bytes.map((one) => latin1Text(one))].join('|');
      const known = answers.get(question) ?? real.verify(scheme, ...bytes);
      if (answers.size < 8) answers.set(question, known);
      return known;
    },
  };
}

/** Tokens that are verified at a time: WebCrypto has threads of its own. */
const BATCH = 32;

/** Verifies every flip of the token; the answer counts them, and lists those that were not refused. */
async function sweep(token: Uint8Array, collateral: readonly Uint8Array[]) {
  const random = seededRandom(907);
  const options = { now, collateral, cache: createVerifyCache(), verifier: patient() };
  await cca.verify(token, options);
  const flips = Array.from(token, (_, at) => bitsOf(random).map((bit) => ({ at, bit }))).flat();
  const passed: string[] = [];
  for (let start = 0; start < flips.length; start += BATCH) {
    const verdicts = flips.slice(start, start + BATCH).map(async ({ at, bit }) => {
      const altered = token.slice();
      altered[at]! ^= 1 << bit;
      const { verdict } = await cca.verify(altered, options);
      return verdict === 'fail' ? [] : [`byte ${String(at)} bit ${String(bit)}: ${verdict}`];
    });
    passed.push(...(await Promise.all(verdicts)).flat());
  }
  return { count: flips.length, passed };
}

/** Bytes that a signature covers: protected headers and payloads. */
function signedBytes(token: Uint8Array): number {
  const { platform, realm } = decodeToken(token);
  const parts = [platform, realm].map(
    (one) => one && one.sign1.protectedBytes.length + one.sign1.payload.length,
  );
  return parts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

async function expectRefused(
  token: Uint8Array,
  collateral: readonly Uint8Array[],
  title: string,
): Promise<void> {
  const { count, passed } = await sweep(token, collateral);
  expect(passed).toEqual([]);
  expect(count).toBe(token.length * (TORTURE ? 8 : 1));
  console.log(`${title}: ${String(count)} flips refused, ${String(signedBytes(token))} bytes of it signed`);
}

describe('a flipped bit in any byte is refused', () => {
  test.each([
    { profile: 'legacy', form: 399, hashAlgorithm: 'sha512' },
    { profile: '1.0', form: 907, hashAlgorithm: 'sha256' },
    { profile: '2.0', form: 907, hashAlgorithm: 'sha384' },
  ] as const)('minted: $profile $form $hashAlgorithm', async (form) => {
    await expectRefused(
      modelOf(form).token(challenge),
      [cpak],
      `minted ${form.profile} ${String(form.form)}`,
    );
  });
});

const good = vectors('evidence/cca', ['cca-token', 'cca-platform-token']).filter(
  ({ file }) => !file.includes('/bad/'),
);

describeVectors(
  'a flipped bit in any byte of a good vector is refused',
  9,
  good,
  async ({ file, cpak: key }) => {
    await expectRefused(readVector(file), [readVector(String(key))], file);
  },
);

describe('cut and damaged tokens', () => {
  const token = modelOf().token(challenge);
  const decoded = (bytes: Uint8Array): string => {
    const { issues, tree, claims, registers } = cca.evidence.decode(bytes);
    for (const { offset, length } of issues)
      expect(offset >= 0 && length >= 0 && offset + length <= bytes.length, toHex(bytes)).toBe(true);
    return [tree.length, Object.keys(claims ?? {}).length, registers.length].join();
  };

  test('a cut at any byte is an error, and refused', async () => {
    for (let length = 0; length < token.length; length++) {
      const cut = token.subarray(0, length);
      decoded(cut);
      const { verdict } = await cca.verify(cut, { now, collateral: [cpak] });
      expect(verdict, `cut at ${String(length)}`).toBe('fail');
    }
  });

  test('random damage never throws, and nothing it leaves passes', async () => {
    const random = seededRandom(399);
    const verdicts: Verdict['verdict'][] = [];
    for (let round = 0; round < 400; round++) {
      const damaged = token.slice();
      for (let edits = 1 + random(4); edits > 0; edits--) damaged[random(damaged.length)] = random(256);
      decoded(damaged);
      if (toHex(damaged) === toHex(token)) continue;
      verdicts.push((await cca.verify(damaged, { now, collateral: [cpak] })).verdict);
    }
    expect(new Set(verdicts)).toEqual(new Set(['fail']));
  });

  test('damaged collateral never throws, and never passes for another key', async () => {
    const random = seededRandom(18);
    for (const file of Object.values(modelOf().collateral().files)) {
      for (let round = 0; round < 100; round++) {
        const damaged = file.slice(0, 1 + random(file.length));
        damaged[random(damaged.length)] = random(256);
        const { verdict, checks } = await cca.verify(token, { now, collateral: [damaged] });
        expect(['fail', 'inconclusive', 'pass'], JSON.stringify(checks)).toContain(verdict);
      }
    }
  });

  test('lengths of 2⁶³ and nesting without end are refused at once', async () => {
    const long = Uint8Array.of(0xd9, 0x03, 0x8b, 0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0);
    const deep = new Uint8Array(100_000).fill(0x81);
    for (const bytes of [long, deep]) expect((await cca.verify(bytes, { now })).verdict).toBe('fail');
  });
});
