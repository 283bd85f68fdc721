/** Real quotes and reports give what the manifest of the shared vectors says. */
import { fromHex, toHex, utf8Text, type Evidence, type Issue, type Node } from '@tsm/core';
import { leaves, nodeOf } from '@tsm/core/layout';
import { parseCertificates } from '@tsm/evidence';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import tdx, { pckChain, pckExtension } from '../src/index.ts';

/** Where the manifest's names stand in the tree, when not under their own name in the body. */
const PATHS: Readonly<Record<string, string>> = {
  version: 'header.version',
  bodyType: 'bodyType',
  qeIsvSvn: 'authData.data.certificationData.data.qeReport.isvSvn',
  reportTypeVersion: 'mac.reportType.version',
  teeTcbInfoHash: 'mac.teeTcbInfoHash',
  teeInfoHash: 'mac.teeInfoHash',
};

/** What the manifest says beside fields: the verifier's business. */
const VERDICTS = new Set(['verdict', 'reason', 'tcbStatus', 'debug']);

function bytesOf({ file, format }: Vector): Uint8Array {
  const bytes = readVector(file);
  return format === 'tdx-quote-hex' ? (fromHex(utf8Text(bytes).trim()) ?? bytes) : bytes;
}

function bodyNode({ tree, format }: Evidence, name: string): Node | undefined {
  const owner = format !== 'tdreport' ? 'body' : name === 'reportData' ? 'mac' : 'tdInfo';
  return nodeOf(tree, PATHS[name] ?? `${owner}.${name}`);
}

/** Everything a parser can tell of the evidence, under the manifest's names. */
function claim(evidence: Evidence, bytes: Uint8Array, name: string): unknown {
  if (name === 'trailingBytes') return evidence.trailing;
  if (name === 'bodyType' && evidence.format === 'quote-v4') return 2;
  if (['fmspc', 'pceId', 'cpuSvn', 'pceSvn', 'issuer'].includes(name)) {
    const [leaf] = pckChain(evidence).certificates;
    if (!leaf) return undefined;
    if (name === 'issuer') return /CN=[^,]*/.exec(leaf.issuer)?.[0];
    const value = pckExtension(leaf).extension?.[name as 'fmspc' | 'pceSvn'];
    return typeof value === 'object' ? toHex(value) : value;
  }
  const node = bodyNode(evidence, name);
  if (!node || typeof node.value === 'number') return node?.value;
  return toHex(bytes.slice(node.offset, node.offset + node.length));
}

const errors = (issues: readonly Issue[]): Issue[] => issues.filter(({ severity }) => severity === 'error');
const quotes = vectors('evidence/tdx', ['tdx-quote', 'tdx-quote-hex', 'tdx-report']);

describeVectors(
  'real TDX evidence decodes to the known answers',
  11,
  quotes.filter(({ file }) => !file.includes('/bad/')),
  (vector) => {
    const bytes = bytesOf(vector);
    expect(tdx.evidence.recognise(bytes)).toBe(true);
    const evidence = tdx.evidence.decode(bytes);
    expect(errors(evidence.issues)).toEqual([]);
    const known = Object.entries(vector.expected ?? {}).filter(([name]) => !VERDICTS.has(name));
    expect(known.length).toBeGreaterThan(8);
    expect(Object.fromEntries(known.map(([name]) => [name, claim(evidence, bytes, name)]))).toEqual(
      Object.fromEntries(known),
    );
    for (const { name, value, offset } of evidence.registers) {
      expect(toHex(bytes.slice(offset, offset + value.length)), name).toBe(toHex(value));
    }
    expect(evidence.registers).toHaveLength(8);
    expect(leaves(evidence.tree).reduce((sum, leaf) => sum + leaf.length, evidence.trailing)).toBe(
      bytes.length,
    );
  },
);

/** The first error, and where; files that are well-formed but do not verify have none. */
const BAD: Readonly<Record<string, [code: string, path: string, offset: number] | undefined>> = {
  'akt3.dat': ['tdx.key-type', 'header.keyType', 2],
  'tee_sgx.dat': ['tdx.not-tdx', 'header.teeType', 4],
  'version6.dat': ['tdx.quote-version', 'header.version', 0],
  'truncated.dat': ['layout.truncated', 'authData.data.certificationData.data.qeReport.mrSigner', 898],
  'attkey_flip.dat': undefined,
  'qereport_flip.dat': undefined,
  'rtmr3_flip.dat': undefined,
  'sig_flip.dat': undefined,
};

describeVectors(
  'altered TDX quotes give the issue that names what is wrong',
  Object.keys(BAD).length,
  quotes.filter(({ file }) => file.includes('/bad/')),
  (vector) => {
    const bytes = bytesOf(vector);
    const found = errors(tdx.evidence.decode(bytes).issues).map(({ code, path, offset }) => [
      code,
      path,
      offset,
    ]);
    const expected = BAD[vector.file.replace(/.*\//, '')];
    expect(found).toEqual(expected ? [expected] : []);
  },
);

describeVectors('SGX quotes are said to be SGX', 1, vectors('evidence/tdx', ['sgx-quote']), ({ file }) => {
  const bytes = readVector(file);
  expect(tdx.evidence.recognise(bytes)).toBe(true);
  const { issues, registers, trailing } = tdx.evidence.decode(bytes);
  expect(issues.map(({ code, offset, length }) => [code, offset, length])).toEqual([['tdx.not-tdx', 4, 4]]);
  expect(issues[0]?.message).toContain('SGX');
  expect({ registers, trailing }).toEqual({ registers: [], trailing: 0 });
});

describeVectors(
  'a quote without a PEM chain keeps its claims',
  1,
  quotes.filter(({ file }) => file.includes('intel_testroot')),
  (vector) => {
    const { certificates, issues } = pckChain(tdx.evidence.decode(bytesOf(vector)));
    expect(certificates).toEqual([]);
    expect(issues.map(({ code, offset }) => [code, offset > 636])).toEqual([['pem.no-block', true]]);
  },
);

const pck = vectors('evidence/tdx', ['cert-pem']).filter(({ file }) => file.endsWith('/pckCert.pem'));

describeVectors('PCK certificates of a Processor CA are read', 1, pck, ({ file }) => {
  const [certificate] = parseCertificates(readVector(file)).certificates;
  const { extension, issues } = pckExtension(certificate!);
  expect(issues).toEqual([]);
  expect(certificate?.issuer).toContain('CN=Intel SGX PCK Processor CA');
  expect(extension?.tcbComponents).toEqual([...(extension?.cpuSvn ?? [])]);
});
