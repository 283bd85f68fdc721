/** No altered quote and no altered collateral passes: single bits over every signed byte, cuts at every byte, pieces of others. */
import { concat, toBase64, utf8Bytes, utf8Text, type Verdict, type VerifyCache } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { createVerifyCache, parsePem } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import tdx, { type TdxOptions } from '../src/index.ts';
import { readQuoteParts } from '../src/quote-parts.ts';
import { failures, mint } from './support/minted.ts';

const TORTURE = process.env['TSM_TORTURE'] === '1';
const LONG = TORTURE ? 3_600_000 : 120_000;
/** Certificates and collateral, where every verification costs several signatures: one byte of so many. */
const STRIDE = TORTURE ? 1 : 9;

type Verify = (quote: Uint8Array, cache?: VerifyCache, collateral?: Uint8Array[]) => Promise<Verdict>;

interface Subject {
  readonly quote: Uint8Array;
  readonly verify: Verify;
}

/** One seeded bit of each byte, or every bit. */
function* flips(from: number, to: number, stride = 1): Generator<[offset: number, mask: number]> {
  const random = seededRandom(from + 1);
  for (let offset = from; offset < to; offset += stride) {
    if (TORTURE) for (let bit = 0; bit < 8; bit++) yield [offset, 1 << bit];
    else yield [offset, 1 << random(8)];
  }
}

function flipped(bytes: Uint8Array, offset: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset]! ^= mask;
  return copy;
}

/** The quote with a bit of a certificate's DER flipped: PEM of the same size. */
function* certificateFlips(quote: Uint8Array): Generator<[where: string, quote: Uint8Array]> {
  const { pckData } = readQuoteParts(quote)!;
  for (const [i, { der, offset, length }] of parsePem(pckData.bytes).blocks.entries()) {
    const begin = pckData.offset + offset;
    const lineLength = utf8Text(quote.slice(begin, begin + length)).split('\n')[1]!.length;
    for (const [at, mask] of flips(0, der.length, STRIDE)) {
      const lines = toBase64(flipped(der, at, mask)).replace(
        new RegExp(`.{${String(lineLength)}}(?=.)`, 'g'),
        '$&\n',
      );
      const pem = utf8Bytes(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----`);
      yield [
        `certificate ${String(i)}, byte ${String(at)}`,
        concat(quote.slice(0, begin), pem, quote.slice(begin + length)),
      ];
    }
  }
}

/** Everything from the first byte to the certificates: header, body, sizes, signature, key, QE report and its signature. */
async function sweepQuote({ quote, verify }: Subject): Promise<number> {
  const { pckData } = readQuoteParts(quote)!;
  const cache = createVerifyCache();
  expect((await verify(quote, cache)).verdict).toBe('pass');
  const passed: unknown[] = [];
  let count = 0;
  // The type of the certification data is not signed: another type may leave the certificate to the collateral.
  const typeAt = pckData.offset - 6;
  for (const [offset, mask] of flips(0, pckData.offset)) {
    if (offset === typeAt) continue;
    const { verdict } = await verify(flipped(quote, offset, mask), cache);
    if (verdict !== 'fail') passed.push({ offset, mask, verdict });
    count += 1;
  }
  expect(passed).toEqual([]);
  expect((await verify(quote, cache)).verdict).toBe('pass');
  return count;
}

async function sweepCertificates({ quote, verify }: Subject): Promise<number> {
  const cache = createVerifyCache();
  await verify(quote, cache);
  const passed: unknown[] = [];
  let count = 0;
  for (const [where, altered] of certificateFlips(quote)) {
    const { verdict } = await verify(altered, cache);
    if (verdict !== 'fail') passed.push([where, verdict]);
    count += 1;
  }
  expect(passed).toEqual([]);
  return count;
}

async function sweepCuts({ quote, verify }: Subject): Promise<void> {
  const { pckData } = readQuoteParts(quote)!;
  const end = pckData.offset + pckData.bytes.length;
  for (let size = 0; size < end; size++) {
    const verdict = await verify(quote.slice(0, size));
    expect([verdict.verdict, failures(verdict)], `cut at ${String(size)}`).toEqual([
      'fail',
      ['structure.complete'],
    ]);
  }
}

function minted(options: TdxOptions): Subject & { files: Record<string, Uint8Array> } {
  const { quote, verify, collateral } = mint(options);
  return {
    quote,
    files: collateral.files,
    verify: (bytes, cache, files = Object.values(collateral.files)) =>
      verify({ collateral: files, ...(cache && { cache }) }, bytes),
  };
}

const FORMS: TdxOptions[] = [
  { quoteVersion: 4, tdVersion: '1.0' },
  { quoteVersion: 5, tdVersion: '1.5' },
];

describe.each(FORMS)('a minted quote v$quoteVersion of TD $tdVersion', (form) => {
  const subject = minted(form);

  test('refuses a flipped bit in every byte before the certificates', { timeout: LONG }, async () => {
    const count = await sweepQuote(subject);
    console.log(`${String(count)} altered quotes refused`);
    expect(count).toBeGreaterThanOrEqual(1250);
  });

  test('refuses a flipped bit in its certificates', { timeout: LONG }, async () => {
    const count = await sweepCertificates(subject);
    console.log(`${String(count)} altered chains refused`);
    expect(count).toBeGreaterThan(100);
  });

  test('says of every cut that it is not whole', { timeout: LONG }, async () => {
    await sweepCuts(subject);
  });
});

const real = vectors('evidence/tdx', ['tdx-quote']).filter(
  ({ expected }) => expected?.['verdict'] === 'accept',
);

describeVectors('real quotes: a flipped bit in every signed byte is refused', 1, real, async (vector) => {
  const collateral = [readVector(String(vector['collateral']))];
  const now = new Date(String(vector['checkAt']));
  const verify: Verify = (quote, cache) => tdx.verify(quote, { now, collateral, ...(cache && { cache }) });
  const subject = { quote: readVector(vector.file), verify };
  expect(await sweepQuote(subject)).toBeGreaterThanOrEqual(1250);
  expect(await sweepCertificates(subject)).toBeGreaterThan(100);
  await sweepCuts(subject);
});

describe('collateral', () => {
  const subject = minted({});
  test.each(['tcb.json', 'qe-identity.json', 'pckcrl.der', 'rootcacrl.der'])(
    'a flipped bit in %s',
    { timeout: LONG },
    async (name) => {
      const others = Object.entries(subject.files).filter(([other]) => other !== name);
      const cache = createVerifyCache();
      const passed: unknown[] = [];
      const bytes = subject.files[name]!;
      for (const [offset, mask] of flips(0, bytes.length, STRIDE)) {
        const files = [...others.map(([, file]) => file), flipped(bytes, offset, mask)];
        const { verdict } = await subject.verify(subject.quote, cache, files);
        // The signature is hex in either case, and names of members outside the signed text may change what a file is.
        if (verdict === 'pass' && !caseOfHex(bytes, offset, mask, name)) passed.push({ offset, mask });
      }
      expect(passed).toEqual([]);
    },
  );
});

/** Is it a letter of a JSON signature, in the other case? */
function caseOfHex(bytes: Uint8Array, offset: number, mask: number, name: string): boolean {
  if (!name.endsWith('.json') || mask !== 0x20) return false;
  return (
    offset > utf8Text(bytes).lastIndexOf('"signature"') && /[a-f]/.test(String.fromCharCode(bytes[offset]!))
  );
}

describe('pieces of other quotes', () => {
  const one = minted({});
  const other = mint({}, { seed: new Uint8Array(32).fill(9) });

  test('the authentication data of another quote', async () => {
    const verdict = await one.verify(concat(one.quote.slice(0, 632), other.quote.slice(632)));
    expect(verdict.verdict).toBe('fail');
  });

  test('body and signature with the certification of another platform', async () => {
    const parts = readQuoteParts(one.quote)!;
    const certified = readQuoteParts(other.quote)!.certified.bytes;
    const quote = concat(one.quote.slice(0, parts.certified.offset), certified);
    new DataView(quote.buffer).setUint32(632, quote.length - 636, true);
    const verdict = await tdx.verify(quote, {
      now: new Date('2026-03-02T00:00:00Z'),
      collateral: Object.values(other.collateral.files),
      trustAnchors: other.collateral.trustAnchors,
    });
    expect(failures(verdict)).toEqual(['quote.signature']);
  });

  test('the QE report of another platform', async () => {
    const from = readQuoteParts(other.quote)!;
    const { qeReport, qeReportSignature } = readQuoteParts(one.quote)!;
    const quote = one.quote.slice();
    quote.set(from.qeReport.bytes, qeReport.offset);
    quote.set(from.qeReportSignature.bytes, qeReportSignature.offset);
    expect(failures(await one.verify(quote))).toEqual(['qe.signature', 'qe.binding']);
  });

  test('an all-zero signature, and a key that is no point', async () => {
    const { signature, attestationKey } = readQuoteParts(one.quote)!;
    for (const { offset } of [signature, attestationKey]) {
      const quote = one.quote.slice();
      quote.fill(0, offset, offset + 64);
      expect(failures(await one.verify(quote))).toContain('quote.signature');
    }
  });

  test('random bytes at random places never throw', async () => {
    const random = seededRandom(77);
    const cache = createVerifyCache();
    for (let round = 0; round < 300; round++) {
      const quote = one.quote.slice(0, random(4) === 0 ? random(one.quote.length) : undefined);
      for (let edits = 1 + random(5); edits > 0; edits--) quote[random(quote.length)] = random(256);
      expect(['fail', 'pass', 'inconclusive']).toContain((await one.verify(quote, cache)).verdict);
    }
  });
});
