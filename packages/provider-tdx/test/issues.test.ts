/** Every issue of the provider is produced by a fixture, at the place that is wrong. */
import { concat, portableDigests, utf8Bytes, type Issue } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { seededRandom } from '@tsm/core/testing';
import {
  encodeCertificate,
  parseCertificate,
  type Certificate,
  type CertificateExtension,
} from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import tdx, {
  createTdx,
  decodeTdReport,
  encodePckExtension,
  pckChain,
  pckExtension,
  SGX_EXTENSION,
  TDX_ISSUES,
} from '../src/index.ts';
import { PpidCleartext } from '../src/layout/index.ts';

const launch = { seed: utf8Bytes('issues'), now: new Date('2026-01-01T00:00:00Z') };
const tools = { digests: portableDigests };
const model = tdx.model(launch, tools);
const v4 = model.report({ inblob: new Uint8Array(64) }).outblob;
const v5 = createTdx({ quoteVersion: 5 })
  .model(launch, tools)
  .report({ inblob: new Uint8Array(64) }).outblob;
const tdReport = model.tdReport(new Uint8Array(64));

function edited(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, offset);
  return copy;
}

/** A quote whose inner certification data is this. */
function certifiedBy(type: number, data: Uint8Array): Uint8Array {
  const qe = v4.slice(636 + 128 + 6, 636 + 128 + 6 + 448);
  const head = (kind: number, size: number) => Uint8Array.of(kind, 0, size & 0xff, size >> 8, 0, 0);
  const inner = concat(qe, Uint8Array.of(0, 0), head(type, data.length), data);
  const auth = concat(v4.slice(636, 636 + 128), head(6, inner.length), inner);
  const size = new Uint8Array(Uint32Array.of(auth.length).buffer);
  return concat(v4.slice(0, 632), size, auth);
}

function certificateWith(...extensions: CertificateExtension[]): Certificate {
  const name = { CN: 'someone' };
  const der = encodeCertificate(
    {
      serial: 1n,
      issuer: name,
      subject: name,
      notBefore: launch.now,
      notAfter: launch.now,
      publicKey: { curve: 'p256', point: new Uint8Array(65).fill(4) },
      extensions,
    },
    () => new Uint8Array(64).fill(1),
  );
  const { certificate } = parseCertificate(der, { path: 'chain', offset: 1000, length: der.length });
  if (!certificate) throw new Error('the certificate of the fixture cannot be read');
  return certificate;
}

const wrongPck = encodePckExtension({
  ppid: new Uint8Array(16),
  tcbComponents: Array<number>(16).fill(1),
  pceSvn: 1,
  cpuSvn: new Uint8Array(16),
  pceId: new Uint8Array(2),
  fmspc: new Uint8Array(5),
});
const malformedPck = { oid: SGX_EXTENSION, critical: false, value: Uint8Array.of(0x30, 5) };

const decodeIssues = (bytes: Uint8Array): readonly Issue[] => tdx.evidence.decode(bytes).issues;
const chainIssues = (bytes: Uint8Array): readonly Issue[] => pckChain(tdx.evidence.decode(bytes)).issues;
const pckIssues = (...extensions: CertificateExtension[]): readonly Issue[] =>
  pckExtension(certificateWith(...extensions)).issues;

interface Fixture {
  readonly issues: readonly Issue[];
  readonly path: string;
  readonly offset: number;
}

const PCK_DATA = 'authData.data.certificationData.data.certificationData';

const FIXTURES: Record<string, Fixture> = {
  'tdx.not-tdx': { issues: decodeIssues(edited(v4, 4, 0)), path: 'header.teeType', offset: 4 },
  'tdx.quote-version': { issues: decodeIssues(edited(v4, 0, 6)), path: 'header.version', offset: 0 },
  'tdx.key-type': { issues: decodeIssues(edited(v4, 2, 3)), path: 'header.keyType', offset: 2 },
  'tdx.body-type': { issues: decodeIssues(edited(v5, 48, 9)), path: 'bodyType', offset: 48 },
  'tdx.certification-data': {
    issues: decodeIssues(edited(v4, 636 + 128, 5)),
    path: 'authData.data.certificationData.type',
    offset: 764,
  },
  'tdx.no-pck-chain': {
    issues: chainIssues(certifiedBy(1, new Uint8Array(36))),
    path: `${PCK_DATA}.type`,
    offset: 1220,
  },
  'tdx.report-type': {
    issues: decodeTdReport(edited(tdReport, 0, 0)).issues,
    path: 'mac.reportType.type',
    offset: 0,
  },
  'tdx.report-hash': {
    issues: decodeTdReport(edited(tdReport, 530, 1)).issues,
    path: 'mac.teeInfoHash',
    offset: 80,
  },
  'tdx.pck-no-extension': { issues: pckIssues(), path: 'chain', offset: 1000 },
  'tdx.pck-malformed': { issues: pckIssues(malformedPck), path: 'chain', offset: 1000 },
  'tdx.pck-field': { issues: pckIssues(wrongPck), path: 'chain', offset: 1000 },
};

test('every code has a fixture', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual([...TDX_ISSUES.codes].sort());
});

test.each(Object.entries(FIXTURES))('%s', (code, { issues, path, offset }) => {
  expect(issues.filter((issue) => issue.code === code)).toEqual([
    expect.objectContaining({ code, path, offset, message: expect.stringMatching(/\w/) as string }),
  ]);
});

describe('quotes that are out of the ordinary', () => {
  test('an SGX body in a version 5 quote is read, and said to be none of a TD', () => {
    const { issues } = tdx.evidence.decode(edited(v5, 48, 1));
    expect(issues.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['layout.unread', 'tdx.body-type']),
    );
  });

  test('a huge authentication size is a truncation at the data it announces', () => {
    const found = decodeIssues(edited(v4, 632, 0xff, 0xff, 0xff, 0xff));
    expect(found).toEqual([
      expect.objectContaining({ code: 'layout.truncated', path: 'authData.data', offset: 636 }),
    ]);
  });

  test('reserved bytes of the header are reported where they are', () => {
    expect(decodeIssues(edited(v4, 9, 1))).toEqual([
      expect.objectContaining({
        code: 'layout.reserved-not-zero',
        path: 'header.reserved',
        offset: 8,
        length: 4,
      }),
    ]);
  });

  test('bytes after the quote are counted, not read', () => {
    const { trailing, issues } = tdx.evidence.decode(concat(v4, new Uint8Array(3065)));
    expect({ trailing, issues }).toEqual({ trailing: 3065, issues: [] });
  });

  test.each([
    [1, 36],
    [2, 276],
    [3, 404],
    [4, 10],
    [7, 10],
  ])('certification data type %i is decoded without a chain', (type, size) => {
    const evidence = tdx.evidence.decode(certifiedBy(type, new Uint8Array(size)));
    expect(evidence.issues).toEqual([]);
    expect(pckChain(evidence).certificates).toEqual([]);
  });

  test('a PPID in clear text shows its fields', () => {
    const data = encode(PpidCleartext, {
      ppid: new Uint8Array(16).fill(7),
      cpuSvn: new Uint8Array(16),
      pceSvn: 11,
      pceId: 0,
    });
    expect(JSON.stringify(tdx.evidence.decode(certifiedBy(1, data)).tree, stringified)).toContain(
      '"pceSvn":11',
    );
  });

  test('what is no TDX evidence is not recognised', () => {
    const other = [
      new Uint8Array(0),
      new Uint8Array(2000),
      utf8Bytes('#'.repeat(2000)),
      tdReport.slice(0, 1000),
    ];
    expect(other.map((bytes) => tdx.evidence.recognise(bytes))).toEqual([false, false, false, false]);
  });

  test('random edits never throw, whatever they hit', () => {
    const random = seededRandom(2026);
    for (let round = 0; round < 200; round++) {
      const bytes = [v4, v5, tdReport][random(3)]!.slice();
      for (let edits = 1 + random(4); edits > 0; edits--) bytes[random(bytes.length)] = random(256);
      const evidence = tdx.evidence.decode(bytes);
      for (const certificate of pckChain(evidence).certificates) pckExtension(certificate);
      expect(evidence.technology).toBe('tdx');
    }
  });
});

function stringified(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
