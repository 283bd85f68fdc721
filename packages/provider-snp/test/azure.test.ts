/** Evidence of Azure VMs: what holds report, vTPM key, quote and PCRs together, and each way in which it can break. */
import { X509Certificate } from 'node:crypto';
import { concat, firstFailure, toHex, type Verdict } from '@tsm/core';
import { leaves } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import snp, { createSnp, decodeEvidence } from '../src/index.ts';
import { azureEvidence, CLAIMS_HASH } from './support/azure.ts';
import { launch, tools } from './support/guests.ts';

const model = createSnp({ product: 'Genoa', reportVersion: 3 }).model(launch, tools);
const { outblob } = model.report({ inblob: concat(CLAIMS_HASH, new Uint8Array(32)) });
const { files, trustAnchors } = model.collateral();
const vcek = new X509Certificate(files['vcek.der']!).toString();
const options = { now: launch.now, trustAnchors, collateral: [files['cert_chain.pem']!] };
const summary = ({ verdict, checks }: Verdict) => [verdict, firstFailure(checks)?.id];

type Evidence = Record<'report', number[]> & {
  quote: Record<'message' | 'signature', number[]> & { pcrs: number[][] };
};
const verifyEdited = async (edit: (evidence: Evidence) => void) => {
  const { json } = azureEvidence(outblob, vcek, (evidence) => {
    edit(evidence as unknown as Evidence);
  });
  return summary(await snp.verify(json, options));
};

describe('JSON', () => {
  test('verifies, with the VCEK that it carries, and binds the nonce of the quote', async () => {
    const { json, nonce } = azureEvidence(outblob, vcek);
    expect(snp.evidence.recognise(json)).toBe(true);
    expect(toHex(decodeEvidence(json).reportData)).toBe(toHex(nonce));
    expect(summary(await snp.verify(json, { ...options, reportData: nonce }))).toEqual(['pass', undefined]);
    const other = await snp.verify(json, { ...options, reportData: new Uint8Array(32) });
    expect(summary(other)).toEqual(['fail', 'report.data']);
  });

  test('bytes may be hex or base64, under the names of later agents', async () => {
    const { json } = azureEvidence(outblob, vcek, (evidence) => {
      const { report, quote, vcek: pem } = evidence as unknown as Evidence & { vcek: string };
      const hex = (bytes: number[]) => Buffer.from(bytes).toString('hex');
      delete evidence['report'];
      delete evidence['quote'];
      Object.assign(evidence, {
        version: 0,
        hcl_report: Buffer.from(report).toString('base64url'),
        tpm_quote: {
          message: hex(quote.message),
          signature: hex(quote.signature),
          pcrs: quote.pcrs.map(hex),
        },
        vcek: pem,
      });
    });
    expect(summary(await snp.verify(json, options))).toEqual(['pass', undefined]);
  });

  test.each<[string, (evidence: Evidence) => void, string]>([
    ['a flip in the runtime data', ({ report }) => (report[32 + 1184 + 40]! ^= 1), 'azure.runtime-data'],
    ['a flip in the report', ({ report }) => (report[32 + 0x90]! ^= 1), 'report.signature'],
    ['a flip in the quote', ({ quote }) => (quote.message[60]! ^= 1), 'azure.quote.signature'],
    ['a flip in its signature', ({ quote }) => (quote.signature[9]! ^= 1), 'azure.quote.signature'],
    ['a flip in a PCR', ({ quote }) => (quote.pcrs[7]![0]! ^= 1), 'azure.pcrs'],
    ['a PCR that was not sent', ({ quote }) => quote.pcrs.pop(), 'azure.pcrs'],
    [
      'PCRs of other sizes with the same bytes',
      ({ quote: { pcrs } }) => pcrs[1]!.unshift(pcrs[0]!.pop()!),
      'azure.pcrs',
    ],
    ['a quote that is none', ({ quote }) => (quote.message = [1, 2, 3]), 'structure.envelope'],
    ['a byte that is none', ({ quote }) => (quote.message[0] = 256), 'structure.envelope'],
    ['a report that is none', (evidence) => (evidence.report = [1, 2, 3]), 'structure.length'],
  ])('%s is refused', async (_, edit, id) => {
    expect(await verifyEdited(edit)).toEqual(['fail', id]);
  });

  test('text that is no JSON is an issue', () => {
    const { issues } = decodeEvidence(new TextEncoder().encode('{"report": [1], "quote": {'));
    expect(issues).toEqual([expect.objectContaining({ code: 'snp.azure' })]);
  });
});

describe('blob of the paravisor', () => {
  const { hcl } = azureEvidence(outblob);

  test('is read with its runtime data, at true offsets', async () => {
    const evidence = decodeEvidence(hcl);
    expect(snp.evidence.recognise(hcl)).toBe(true);
    expect(evidence).toMatchObject({ format: 'azure-hcl', issues: [] });
    for (const { offset, value } of evidence.registers)
      expect(toHex(hcl.slice(offset, offset + value.length))).toBe(toHex(value));
    expect(leaves(evidence.tree).reduce((sum, { length }) => sum + length, 0)).toBe(hcl.length);
    const collateral = Object.values(files);
    const { verdict, notChecked } = await snp.verify(hcl, { ...options, collateral });
    expect(verdict).toBe('pass');
    expect(notChecked.map(({ id }) => id)).toContain('azure.quote');
  });

  test('without its runtime data is refused; by a hash that is not known the vTPM is left open', async () => {
    const verify = (bytes: Uint8Array) => snp.verify(bytes, { ...options, collateral: Object.values(files) });
    expect(summary(await verify(hcl.slice(0, 32 + 1184)))).toEqual(['fail', 'structure.envelope']);
    const unknown = hcl.slice();
    unknown[32 + 1184 + 12] = 9;
    expect((await verify(unknown)).verdict).toBe('inconclusive');
  });

  test('around another technology’s report is not ours', () => {
    const tdx = hcl.slice();
    tdx[32 + 1184 + 8] = 4;
    expect(snp.evidence.recognise(tdx)).toBe(false);
  });
});
