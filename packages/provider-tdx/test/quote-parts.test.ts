/** The parts that a verifier reads by offset are those that the layout tables name, and claims say what stands there. */
import { concat, portableDigests, toHex, type Evidence } from '@tsm/core';
import { nodeOf } from '@tsm/core/layout';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import tdx, { decodeQuote, type TdxOptions } from '../src/index.ts';
import { readQuoteParts, type Part, type QuoteParts } from '../src/quote-parts.ts';
import { tdBody } from '../src/td-body.ts';
import { LAUNCH, mint, REPORT_DATA } from './support/minted.ts';

const FORMS: TdxOptions[] = [
  { quoteVersion: 4 },
  { quoteVersion: 4, certification: 3 },
  { quoteVersion: 5 },
  { quoteVersion: 5, tdVersion: '1.5' },
];
const CERTIFIED = 'authData.data.certificationData.data';
const PATHS: Record<string, string> = {
  ...{ qeVendorId: 'header.qeVendorId', body: 'body', signature: 'authData.data.signature' },
  ...{ attestationKey: 'authData.data.attestationKey', qeReport: `${CERTIFIED}.qeReport` },
  ...{ qeReportSignature: `${CERTIFIED}.qeReportSignature`, qeAuthData: `${CERTIFIED}.qeAuthData.data` },
  pckData: `${CERTIFIED}.certificationData.data`,
};

function place({ tree }: Evidence, path: string): [offset: number, length: number] {
  const node = nodeOf(tree, path);
  if (!node) throw new Error(`no ${path}`);
  return [node.offset, node.length];
}

describe.each(FORMS)('%o', (form) => {
  const quote = concat(mint(form).quote, new Uint8Array(11));
  const parts = readQuoteParts(quote)!;
  const evidence = decodeQuote(quote);

  test('parts and tables agree on every place', () => {
    for (const [name, path] of Object.entries(PATHS)) {
      const { offset, bytes } = parts[name as keyof QuoteParts] as Part;
      expect([name, offset, bytes.length]).toEqual([name, ...place(evidence, path)]);
    }
    for (const [name, { offset, bytes }] of Object.entries(tdBody(parts))) {
      expect([name, offset, bytes.length]).toEqual([name, ...place(evidence, `body.${name}`)]);
    }
    expect(Object.keys(tdBody(parts))).toHaveLength(parts.tdVersion === '1.5' ? 17 : 15);
    expect(parts.trailing).toBe(evidence.trailing);
    expect(parts.pckType).toBe(nodeOf(evidence.tree, `${CERTIFIED}.certificationData.type`)?.value);
    expect(parts.signed.bytes.length + 4).toBe(nodeOf(evidence.tree, 'authData.data')?.offset);
  });

  test('there are parts exactly when the tables find no error and nothing unread', () => {
    const random = seededRandom(5);
    const sound = (bytes: Uint8Array): boolean =>
      decodeQuote(bytes).issues.every(
        ({ code, severity }) => severity !== 'error' && code !== 'layout.unread',
      );
    let broken = 0;
    for (let round = 0; round < 1500; round++) {
      const copy = quote.slice(0, random(3) === 0 ? random(quote.length) : undefined);
      // Mostly where sizes and types stand.
      const near = [0, 2, 4, 48, 50, 632, 764, 766, 1218, 1252, 1254][random(11)]! + random(4);
      const at = random(2) === 0 ? near : random(copy.length);
      if (at < copy.length) copy[at] = random(256);
      const found = readQuoteParts(copy) !== undefined;
      expect(found, `round ${String(round)}`).toBe(sound(copy));
      if (!found) broken += 1;
    }
    expect(broken).toBeGreaterThan(300);
  });
});

test('claims of a quote', () => {
  const { quote } = mint({ quoteVersion: 5, tdVersion: '1.5' });
  const claims = tdx.evidence.decode(quote).claims!;
  expect(claims).toMatchObject({
    ...{ debug: false, 'quote.version': 5, 'td.version': '1.5' },
    ...{ 'tdAttributes.DEBUG': false, 'tdAttributes.SEPT_VE_DISABLE': true, 'xfam.AVX512_OPMASK': true },
    ...{ 'tdxModule.isvSvn': 5, 'tdxModule.majorVersion': 1, 'qe.isvSvn': 6, 'qe.isvProdId': 2 },
    ...{ 'tcb.pceSvn': 11, 'tcb.sgxComponents': [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0] },
  });
  const hex = (name: string): string => toHex(claims[name] as Uint8Array);
  expect(hex('fmspc')).toBe('54534d000000');
  expect(hex('tdAttributes')).toBe('0000001000000000');
  expect(hex('mrSignerSeam')).toBe('00'.repeat(48));
  expect(hex('teeTcbSvn2')).toBe(hex('teeTcbSvn'));
});

test('claims of a quote that names its certificate only lack what the certificate says', () => {
  const { claims } = tdx.evidence.decode(mint({ certification: 1 }).quote);
  expect(claims).toMatchObject({ debug: false, 'qe.isvSvn': 6 });
  expect(claims).not.toHaveProperty('fmspc');
});

test('claims of a TDREPORT are those of the TD', () => {
  const attributes = Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0);
  const model = tdx.model({ ...LAUNCH, values: { attributes } }, { digests: portableDigests });
  const { claims } = tdx.evidence.decode(model.tdReport(REPORT_DATA));
  expect(claims).toMatchObject({ debug: true, 'tdAttributes.DEBUG': true, 'tdxModule.isvSvn': 5 });
});

test('what cannot be read whole has no claims', () => {
  const { quote } = mint();
  expect(tdx.evidence.decode(quote.slice(0, 900)).claims).toBeUndefined();
  expect(tdx.evidence.decode(quote.slice(0, 40)).claims).toBeUndefined();
});
