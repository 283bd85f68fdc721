/** Real quotes get the verdict of the manifest at their date, and altered ones are refused by the check that fits. */
import path from 'node:path';
import { fromHex, utf8Text, type Verdict } from '@tsm/core';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import tdx from '../src/index.ts';
import { failures, skips, statusOf, whyFailed } from './support/minted.ts';

/** A date at which every certificate of the quotes without a date of their own is valid. */
const WITHOUT_DATE = '2025-07-01T00:00:00Z';

/** A file, or all files of a folder. */
function filesAt(where: unknown): Uint8Array[] {
  if (typeof where !== 'string') return [];
  if (!where.endsWith('/')) return [readVector(where)];
  return vectors('evidence/tdx')
    .filter(({ file }) => file.startsWith(where))
    .map(({ file }) => readVector(file));
}

function bytesOf({ file, format }: Vector): Uint8Array {
  const bytes = readVector(file);
  return format === 'tdx-quote-hex' ? (fromHex(utf8Text(bytes).trim()) ?? bytes) : bytes;
}

function verify(
  vector: Vector,
  quote = bytesOf(vector),
  collateral = filesAt(vector['collateral']),
): Promise<Verdict> {
  const roots = filesAt(vector['trustRoot']);
  return tdx.verify(quote, {
    now: new Date((vector['checkAt'] as string | undefined) ?? WITHOUT_DATE),
    collateral,
    ...(roots.length > 0 && { trustAnchors: roots }),
  });
}

const quotes = vectors('evidence/tdx', ['tdx-quote', 'tdx-quote-hex', 'sgx-quote']);
const kind = ({ expected }: Vector): string => String(expected?.['verdict']);

describeVectors(
  'good quotes pass at their date',
  1,
  quotes.filter((vector) => kind(vector) === 'accept'),
  async (vector) => {
    const verdict = await verify(vector);
    expect([verdict.verdict, verdict.tcbStatus, failures(verdict)]).toEqual([
      'pass',
      vector.expected?.['tcbStatus'],
      [],
    ]);
  },
);

/** What is signed is good: what else a verdict says depends on collateral and platform. */
const SIGNATURES = [
  'structure',
  'certificates',
  'certificates.pck',
  'qe.signature',
  'qe.binding',
  'quote.signature',
];

describeVectors(
  'quotes whose signatures are good: chain, QE report and quote verify, and the rest is as the manifest says',
  9,
  quotes.filter((vector) => kind(vector).startsWith('signature-ok')),
  async (vector) => {
    const verdict = await verify(vector);
    expect(SIGNATURES.map((id) => [id, statusOf(verdict, id)])).toEqual(SIGNATURES.map((id) => [id, 'pass']));
    expect(verdict.tcbStatus).toEqual(vector.expected?.['tcbStatus']);
    if (vector.expected?.['debug'] === true) expect(failures(verdict)).toEqual(['debug']);
    else if (verdict.tcbStatus !== undefined) expect(failures(verdict)).toEqual(['tcb.level']);
    else if (vector['collateral'] === undefined) expect(verdict.verdict).toBe('inconclusive');
    expect(verdict.verdict).not.toBe('pass');
  },
);

/** The check that refuses each altered quote. */
const REFUSED: Readonly<Record<string, string>> = {
  'akt3.dat': 'structure.key-type',
  'attkey_flip.dat': 'qe.binding',
  'qereport_flip.dat': 'qe.signature',
  'rtmr3_flip.dat': 'quote.signature',
  'sig_flip.dat': 'quote.signature',
  'tee_sgx.dat': 'structure.tee-type',
  'truncated.dat': 'structure.complete',
  'version6.dat': 'structure.version',
  'sgx_quote_v3.dat': 'structure.tee-type',
};

describeVectors(
  'altered quotes, and those of SGX, are refused by the check that fits',
  Object.keys(REFUSED).length,
  quotes.filter((vector) => kind(vector) === 'reject'),
  async (vector) => {
    const verdict = await verify(vector);
    expect([verdict.verdict, whyFailed(verdict)]).toEqual(['fail', REFUSED[path.basename(vector.file)]]);
  },
);

/** The check that refuses the quote with each altered collateral. */
const BAD_COLLATERAL: Readonly<Record<string, string>> = {
  'col_pckcrl_garbage.json': 'collateral.files',
  'col_pckcrl_missing.json': 'revocation.pck-crl',
  'col_qeid_sig.json': 'collateral.qe-identity.signature',
  'col_tcbinfo_edited.json': 'collateral.tcb-info.signature',
};

describeVectors(
  'altered collateral is refused with its quote',
  Object.keys(BAD_COLLATERAL).length,
  vectors('evidence/tdx', ['tdx-collateral-json']).filter((vector) => kind(vector) === 'reject'),
  async (vector) => {
    const verdict = await verify(vector, readVector(String(vector['quote'])), [readVector(vector.file)]);
    expect([verdict.verdict, whyFailed(verdict)]).toEqual([
      'fail',
      BAD_COLLATERAL[path.basename(vector.file)],
    ]);
    expect(verdict.tcbStatus).toBeUndefined();
  },
);

const good = quotes.filter((vector) => kind(vector) === 'accept');
const others = vectors('evidence/tdx', ['tdx-collateral-json']).filter(
  ({ file, expected }) => expected === null && file !== good[0]?.['collateral'],
);

describeVectors('a good quote with the collateral of others does not pass', 3, others, async ({ file }) => {
  const [vector] = good;
  if (!vector) throw new Error('the manifest has no quote to accept');
  const verdict = await verify(vector, bytesOf(vector), [readVector(file)]);
  expect(verdict.verdict).toBe('fail');
  expect(failures(verdict).filter((id) => id.startsWith('collateral.tcb-info'))).not.toEqual([]);
});

describeVectors(
  'a good quote without lists or signed collateral is inconclusive, not good',
  1,
  good,
  async (vector) => {
    const verdict = await verify(vector, bytesOf(vector), []);
    expect([verdict.verdict, failures(verdict)]).toEqual(['inconclusive', []]);
    expect(skips(verdict)).toEqual(expect.arrayContaining(['revocation.pck-crl', 'revocation.root-crl']));
  },
);
