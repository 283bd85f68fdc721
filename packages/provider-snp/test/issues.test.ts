/** Every issue of the provider is produced by a fixture, at the place that is wrong; and tables read without a tree as with one. */
import { concat, utf8Bytes, type Issue } from '@tsm/core';
import {
  bytes,
  decode,
  encode,
  field,
  reserved,
  rest,
  struct,
  u16le,
  u32le,
  u64le,
  u8,
} from '@tsm/core/layout';
import { sampleValue, seededRandom } from '@tsm/core/testing';
import { encodeCertificate, encodeDer, parseCertificate, type CertificateExtension } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import {
  decodeEvidence,
  encodeServicesManifest,
  encodeVekExtension,
  readCertificateTable,
  readServicesManifest,
  snpLaunch,
  SNP_ISSUES,
  vekExtension,
} from '../src/index.ts';
import { fixedReader } from '../src/fixed-reader.ts';
import { REPORT_LAYOUTS } from '../src/layout/report.ts';
import { mint, tools } from './support/guests.ts';

const { outblob, auxblob } = mint();

function edited(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, offset);
  return copy;
}

const reportIssues = (offset: number, ...values: number[]): readonly Issue[] =>
  decodeEvidence(edited(outblob, offset, ...values)).issues;
const launchIssues = (inputs: Parameters<typeof snpLaunch.calculate>[0]): readonly Issue[] =>
  snpLaunch.calculate(inputs, tools.digests).issues;

/** A page that ends in a table of GUIDs with these entries. */
function firmware(...entries: (readonly [string, number])[]): Uint8Array {
  const guid = (text: string): number[] => {
    const hex = text
      .replaceAll('-', '')
      .match(/../g)!
      .map((pair) => parseInt(pair, 16));
    return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((i) => hex[i]!);
  };
  const body = entries.flatMap(([name, value]) => [value & 0xff, value >> 8, 0, 0, 22, 0, ...guid(name)]);
  const size = body.length + 18;
  const table = [...body, size & 0xff, size >> 8, ...guid('96b582de-1fb2-45f7-baea-a366c55a082d')];
  return edited(new Uint8Array(4096), 4096 - 32 - table.length, ...table);
}

const METADATA = 'dc886566-984a-4798-a75e-5585a7bf67cc';
const metadata = concat(
  utf8Bytes('ASEV'),
  ...[28, 1, 1, 0x800000, 4096, 1].map((value) => new Uint8Array(Uint32Array.of(value).buffer)),
);
const sound = edited(firmware([METADATA, 4096]), 0, ...metadata);

function certificateWith(...extensions: CertificateExtension[]) {
  const name = { CN: 'SEV-VCEK' };
  const der = encodeCertificate(
    {
      ...{
        serial: 1n,
        issuer: name,
        subject: name,
        notBefore: new Date(0),
        notAfter: new Date(0),
        extensions,
      },
      publicKey: { curve: 'p256', point: new Uint8Array(65).fill(4) },
    },
    () => new Uint8Array(64).fill(1),
  );
  return parseCertificate(der, { path: 'vek', offset: 1000, length: der.length }).certificate!;
}

interface Fixture {
  readonly issues: readonly Issue[];
  readonly path: string;
  readonly offset: number;
}

const FIXTURES: Record<string, Fixture> = {
  'snp.report-version': { issues: reportIssues(0, 6), path: 'version', offset: 0 },
  'snp.processor': { issues: reportIssues(0x188, 0x1b), path: 'cpuidFamily', offset: 0x188 },
  'snp.signature-algorithm': { issues: reportIssues(0x34, 0), path: 'signatureAlgo', offset: 0x34 },
  'snp.policy': { issues: reportIssues(10, 0), path: 'policy', offset: 8 },
  'snp.certificate-table': {
    issues: readCertificateTable(edited(auxblob, 16, 0)).issues,
    path: 'certificates.rows[0]',
    offset: 0,
  },
  'snp.services-manifest': {
    issues: readServicesManifest(edited(encodeServicesManifest([]), 16, 99)).issues,
    path: '',
    offset: 0,
  },
  'snp.azure': {
    issues: decodeEvidence(utf8Bytes('{"report": [], "quote": {}}')).issues,
    path: '',
    offset: 0,
  },
  'snp.kds-extension': {
    issues: vekExtension(
      certificateWith(
        ...encodeVekExtension({
          structVersion: 0,
          productName: 'Milan-B0',
          tcb: { bootLoader: 1, tee: 1, snp: 1, microcode: 1 },
          hwId: new Uint8Array(63),
        }),
      ),
    ).issues,
    path: 'vek',
    offset: 1000,
  },
  'snp.firmware-size': { issues: launchIssues({ firmware: new Uint8Array(5) }), path: 'firmware', offset: 0 },
  'snp.firmware-table': {
    issues: launchIssues({ firmware: new Uint8Array(4096) }),
    path: 'firmware',
    offset: 0,
  },
  'snp.firmware-entry': { issues: launchIssues({ firmware: firmware() }), path: 'firmware', offset: 0 },
  'snp.firmware-metadata': {
    issues: launchIssues({ firmware: firmware([METADATA, 256]) }),
    path: 'firmware',
    offset: 0,
  },
  'snp.kernel-hashes': {
    issues: launchIssues({ firmware: sound, kernel: sound }),
    path: 'firmware',
    offset: 0,
  },
  'snp.key': {
    issues: launchIssues({ firmware: sound, 'id-key': utf8Bytes('no key') }),
    path: 'id-key',
    offset: 0,
  },
};

test('every code has a fixture', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual([...SNP_ISSUES.codes].sort());
});

test.each(Object.entries(FIXTURES))('%s', (code, { issues, path, offset }) => {
  expect(issues.filter((issue) => issue.code === code)).toEqual([
    expect.objectContaining({ code, path, offset, message: expect.stringMatching(/\w/) as string }),
  ]);
});

describe('extensions of signing keys', () => {
  const tcb = { bootLoader: 1, tee: 2, snp: 3, microcode: 219 };
  const full = { structVersion: 0, productName: 'Milan-B0', tcb, hwId: new Uint8Array(64).fill(7) };
  const rows = encodeVekExtension(full);
  const without = (oid: string) => rows.filter((row) => row.oid !== oid);
  const changed = (oid: string, value: Uint8Array) =>
    rows.map((row) => (row.oid === oid ? { ...row, value } : row));
  const ARC = '1.3.6.1.4.1.3704.1';

  test('are read as they are written', () => {
    expect(vekExtension(certificateWith(...rows)).extension).toEqual(full);
    const turin = {
      ...full,
      structVersion: 1,
      productName: 'Turin',
      tcb: { fmc: 9, ...tcb },
      hwId: new Uint8Array(8).fill(1),
    };
    expect(vekExtension(certificateWith(...encodeVekExtension(turin))).extension).toEqual(turin);
  });

  test('a hardware id may stand in an OCTET STRING', () => {
    const tagged = changed(`${ARC}.4`, encodeDer({ kind: 'octets', value: full.hwId }));
    expect(vekExtension(certificateWith(...tagged)).extension).toEqual(full);
  });

  test.each<[string, CertificateExtension[]]>([
    ['none at all', []],
    ['no product', without(`${ARC}.2`)],
    ['no SVN of the boot loader', without(`${ARC}.3.1`)],
    ['no hardware id', without(`${ARC}.4`)],
    ['an SVN of 16 bits', changed(`${ARC}.3.8`, encodeDer({ kind: 'integer', value: 256n }))],
    ['a negative SVN', changed(`${ARC}.3.8`, encodeDer({ kind: 'integer', value: -1n }))],
    ['an SVN with bytes after it', changed(`${ARC}.3.8`, Uint8Array.of(2, 1, 5, 0))],
    ['a product that is no text', changed(`${ARC}.2`, Uint8Array.of(2, 1, 5))],
    ['a Turin without FMC', changed(`${ARC}.2`, encodeDer({ kind: 'text', value: 'Turin', tag: 0x16 }))],
  ])('%s is an issue', (_, extensions) => {
    const { extension, issues } = vekExtension(certificateWith(...extensions));
    expect(extension).toBeUndefined();
    expect(issues.length).toBeGreaterThan(0);
  });
});

describe('fixed reader', () => {
  test.each(REPORT_LAYOUTS.map((layout) => [layout.name, layout] as const))(
    '%s reads as decode does',
    (_, layout) => {
      const reader = fixedReader(layout);
      const random = seededRandom(11);
      for (let round = 0; round < 20; round++) {
        const wire = encode(layout, sampleValue(layout, random) as never);
        const shifted = concat(Uint8Array.of(1, 2, 3), wire);
        expect(reader.read(shifted, 3)).toEqual(decode(layout, wire).value);
        expect(reader.clean(shifted, 3)).toBe(true);
      }
      const { tree } = decode(layout, new Uint8Array(1184));
      expect([...reader.ranges]).toEqual(
        tree.children.map(({ name, offset, length }) => [name, { offset, length }]),
      );
    },
  );

  test('finds every reserved byte that is not zero', () => {
    const table = struct('T', 'test', {
      a: field(u8, 'a'),
      b: field(reserved(3), 'b'),
      c: field(u16le, 'c'),
    });
    const reader = fixedReader(table);
    expect([0, 1, 2, 3, 4, 5].map((at) => reader.clean(edited(new Uint8Array(6), at, 1), 0))).toEqual([
      true,
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  test('takes numbers of every size, and refuses what has none', () => {
    const table = struct('T', 'test', {
      a: field(u8, 'a'),
      b: field(u16le, 'b'),
      c: field(u32le, 'c'),
      d: field(u64le, 'd'),
      e: field(bytes(2), 'e'),
    });
    const wire = Uint8Array.from({ length: 17 }, (_, i) => i + 1);
    expect(fixedReader(table).read(wire, 0)).toEqual(decode(table, wire).value);
    expect(() => fixedReader(struct('T', 'test', { a: field(rest, 'a') }))).toThrow(TypeError);
  });
});
