/** Every issue of the provider is produced by a fixture, at the place that is wrong. */
import { portableDigests, type Issue } from '@tsm/core';
import {
  basicConstraints,
  ed25519PublicKey,
  encodeCbor,
  encodeCertificate,
  encodeCoseKey,
  encodeDer,
  encodeSign1,
  type CborKey,
  type CborValue,
  type CertificateExtension,
  type DerValue,
} from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { keyPairOf } from '../src/dice.ts';
import cove, { COVE_ISSUES, DICE_OID, LABEL, parseRequest, readTcbInfo } from '../src/index.ts';
import { cborCertificate } from '../src/tsm/tokens.ts';
import { bare, challenge, cwt, launchOf, partsOf } from './support/machines.ts';

const anybody = keyPairOf(new Uint8Array(32).fill(4));
const key = encodeCoseKey('ed25519', anybody.publicKey);
const parts = partsOf(key);
const { tokens } = parts;

const issuesOf = (bytes: Uint8Array): readonly Issue[] => cove.evidence.decode(bytes).issues;
const map = (...entries: readonly (readonly [CborKey, CborValue])[]) => new Map(entries);

const measurement = (index: CborValue, value: CborValue, algorithm: CborValue): CborValue =>
  map([1, index], [2, value], [3, algorithm]);
const good = measurement(0, new Uint8Array(48), 'sha-384');

/** A TVM token with these claims in place of, or beside, the right ones. */
function tvmWith(...claims: readonly (readonly [CborKey, CborValue])[]): Uint8Array {
  const right: readonly (readonly [CborKey, CborValue])[] = [
    [LABEL.nonce, challenge],
    [LABEL.tvmPublicKey, key],
    [LABEL.tvmInitialMeasurements, [good]],
  ];
  const tvm = cwt([...new Map([...right, ...claims])], anybody);
  return bare({ ...tokens, tvm });
}

function certificateWith(...extensions: readonly CertificateExtension[]): Uint8Array {
  return encodeCertificate(
    {
      serial: 1n,
      issuer: { CN: 'issuer' },
      subject: { CN: 'subject' },
      notBefore: launchOf().now,
      notAfter: launchOf().now,
      publicKey: { spki: ed25519PublicKey(anybody.publicKey) },
      extensions,
    },
    { scheme: 'ed25519', sign: anybody.sign },
  );
}

const tcbInfo = (...fields: readonly DerValue[]): CertificateExtension => ({
  oid: DICE_OID.tcbInfo,
  critical: false,
  value: encodeDer({ kind: 'sequence', value: fields }),
});
const fwid = (hash: string, size: number): DerValue => ({
  kind: 'sequence',
  value: [
    { kind: 'oid', value: hash },
    { kind: 'octets', value: new Uint8Array(size) },
  ],
});
const SHA384 = '2.16.840.1.101.3.4.2.2';
const launch = (inputs: Record<string, Uint8Array | number>): readonly Issue[] =>
  cove.launch.calculate({ image: new Uint8Array(4096), ...inputs }, portableDigests).issues;

const FIXTURES: Record<string, { readonly issues: readonly Issue[]; readonly path: string }> = {
  'cove.not-evidence': { issues: issuesOf(encodeCbor([1])), path: '' },
  'cove.evidence-missing': { issues: issuesOf(certificateWith()), path: 'certificate.extensions' },
  'cove.token-missing': {
    issues: issuesOf(encodeCbor(map([266, map(['tsm', 1], ['tvm', 2])]))),
    path: 'submodules',
  },
  'cove.token-unknown': {
    issues: issuesOf(encodeCbor(map([266, map(['tsm', 1], ['realm', 2])]))),
    path: 'submodules',
  },
  'cove.not-cwt': {
    issues: issuesOf(
      bare({
        ...tokens,
        tvm: encodeSign1({ algorithm: -8, payload: encodeCbor(map([1, 2])) }, anybody.sign),
      }),
    ),
    path: 'tvm.payload',
  },
  'cove.claim-missing': {
    issues: issuesOf(bare({ ...tokens, tsm: cwt([[LABEL.tsmPublicKey, key]], anybody) })),
    path: 'tsm',
  },
  'cove.claim-type': { issues: issuesOf(tvmWith([LABEL.nonce, 'text'])), path: 'tvm.tvm-challenge' },
  'cove.claim-unknown': { issues: issuesOf(tvmWith([-99, 1])), path: 'tvm' },
  'cove.register-twice': {
    issues: issuesOf(tvmWith([LABEL.tvmInitialMeasurements, [good, good]])),
    path: 'tvm.tvm-initial-measurements[1]',
  },
  'cove.hash-unknown': {
    issues: issuesOf(tvmWith([LABEL.tvmInitialMeasurements, [measurement(0, new Uint8Array(48), 'md5')]])),
    path: 'tvm',
  },
  'cove.digest-size': {
    issues: issuesOf(
      tvmWith([LABEL.tvmInitialMeasurements, [measurement(0, new Uint8Array(47), 'sha-384')]]),
    ),
    path: 'tvm.tvm-initial-measurements[0]',
  },
  'cove.tcb-info': {
    issues: issuesOf(certificateWith({ oid: DICE_OID.arc, critical: true, value: Uint8Array.of(5, 0) })),
    path: 'tcbInfo',
  },
  'cove.fwid-count': {
    issues: issuesOf(certificateWith(tcbInfo({ kind: 'tagged', number: 6, value: [fwid(SHA384, 48)] }))),
    path: 'tcbInfo.fwids',
  },
  'cove.request': { issues: parseRequest(Uint8Array.of(0x30, 0)).issues, path: '' },
  'cove.gpa-alignment': { issues: launch({ gpa: 1 }), path: 'the image' },
  'cove.pages-overlap': {
    issues: cove.launch.calculate(
      { image: [new Uint8Array(4096), new Uint8Array(4096)], gpa: [0, 0] },
      portableDigests,
    ).issues,
    path: 'image 1',
  },
  'cove.page-padded': { issues: launch({ image: new Uint8Array(1) }), path: 'the image' },
};

test('every code has a fixture', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual([...COVE_ISSUES.codes].sort());
});

test.each(Object.entries(FIXTURES))('%s', (code, { issues, path }) => {
  expect(issues.filter((issue) => issue.code === code)).toEqual([
    expect.objectContaining({ code, path, message: expect.stringMatching(/\w/) as string }),
  ]);
});

describe('claims of wrong types', () => {
  test.each<readonly [string, CborKey, CborValue]>([
    ['a challenge that is too short', LABEL.nonce, new Uint8Array(63)],
    ['a key that is no COSE_Key', LABEL.tvmPublicKey, new Uint8Array(5)],
    ['an identity of another size', LABEL.tvmIdentity, new Uint8Array(32)],
    ['measurements that are no array', LABEL.tvmInitialMeasurements, 1],
    ['no measurements', LABEL.tvmInitialMeasurements, []],
    ['nine initial measurements', LABEL.tvmInitialMeasurements, Array<CborValue>(9).fill(good)],
    ['a negative index', LABEL.tvmInitialMeasurements, [measurement(-1, new Uint8Array(48), 'sha-384')]],
    ['a value that is text', LABEL.tvmInitialMeasurements, [measurement(0, 'value', 'sha-384')]],
    ['an algorithm that is a number', LABEL.tvmInitialMeasurements, [measurement(0, new Uint8Array(48), 1)]],
    ['a measurement that is no map', LABEL.tvmInitialMeasurements, [7]],
  ])('%s', (_, label, value) => {
    const codes = issuesOf(tvmWith([label, value])).map(({ code }) => code);
    expect(codes).toContain('cove.claim-type');
  });

  test('components want their fields, and digests of their hash', () => {
    const tsm = (components: CborValue) =>
      bare({
        ...tokens,
        tsm: cwt(
          [
            [LABEL.tsmPublicKey, key],
            [LABEL.tsmSwComponents, components],
          ],
          anybody,
        ),
      });
    const component = (digest: number, signer: CborValue) =>
      map([1, 'x'], [2, new Uint8Array(digest)], [3, '1'], [5, signer], [6, 'sha-384']);
    const codes = (components: CborValue) => issuesOf(tsm(components)).map(({ code }) => code);
    const right = component(48, new Uint8Array(48));
    expect(codes([right, right])).toEqual([]);
    expect(codes([right])).toEqual(['cove.claim-type']);
    expect(codes([right, component(47, new Uint8Array(48))])).toEqual(['cove.digest-size']);
    expect(codes([right, component(48, 'signer')])).toEqual(['cove.claim-type']);
  });
});

describe('certificates', () => {
  test('the names of a CBOR certificate are wanted', () => {
    const certified = { tokens, tsm: parts.layers.tsm, tvmId: new Uint8Array(20) };
    expect(issuesOf(cborCertificate(certified))).toEqual([]);
    const nameless = encodeSign1(
      { algorithm: -8, payload: encodeCbor({ tag: 61, value: map([5, map([266, map(['tsm', 1])])]) }) },
      anybody.sign,
    );
    const found = issuesOf(nameless).filter(({ code }) => code === 'cove.claim-missing');
    expect(found.map(({ path }) => path)).toEqual(['certificate.issuer', 'certificate.subject']);
  });

  test('a UCCS extension is read as CoVE writes it and as DICE does', () => {
    const uccs = bare(tokens);
    const wrapped = encodeDer({ kind: 'sequence', value: [{ kind: 'octets', value: uccs }] });
    for (const value of [uccs, wrapped]) {
      const evidence = certificateWith({ oid: DICE_OID.uccsEvidence, critical: true, value });
      const { issues, registers, format } = cove.evidence.decode(evidence);
      expect(issues).toEqual([]);
      expect(format).toBe('x509-certificate');
      for (const { value: register, offset } of registers)
        expect(evidence.slice(offset, offset + register.length)).toEqual(register);
    }
  });

  test('a UCCS extension of others is said', () => {
    const value = encodeCbor(map([266, map(['other', 1])]));
    const issues = issuesOf(certificateWith({ oid: DICE_OID.uccsEvidence, critical: true, value }));
    expect(issues.map(({ code }) => code)).toContain('cove.evidence-missing');
  });

  test('a certificate of others is not recognised, one with the registers of salus is', () => {
    const eight = Array.from({ length: 8 }, () => fwid(SHA384, 48));
    const salus = tcbInfo({ kind: 'tagged', number: 6, value: eight });
    expect(cove.evidence.recognise(certificateWith(basicConstraints(false)))).toBe(false);
    expect(cove.evidence.recognise(certificateWith(tcbInfo()))).toBe(false);
    expect(cove.evidence.recognise(certificateWith(salus))).toBe(true);
  });
});

describe('TcbInfo', () => {
  const place = { path: 'x', offset: 100, length: 0 };
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const full: DerValue = {
    kind: 'sequence',
    value: [
      { kind: 'tagged', number: 0, value: text('vendor') },
      { kind: 'tagged', number: 1, value: text('model') },
      { kind: 'tagged', number: 2, value: text('1.2') },
      { kind: 'tagged', number: 3, value: Uint8Array.of(5) },
      { kind: 'tagged', number: 4, value: Uint8Array.of(1) },
      { kind: 'tagged', number: 5, value: Uint8Array.of(0) },
      { kind: 'tagged', number: 6, value: [fwid(SHA384, 48), fwid('1.2.3', 4), fwid(SHA384, 47)] },
      { kind: 'tagged', number: 7, value: Uint8Array.of(4, 0x90) },
      { kind: 'tagged', number: 8, value: Uint8Array.of(1, 2) },
      { kind: 'tagged', number: 9, value: Uint8Array.of(3) },
    ],
  };

  test('every field is read', () => {
    const { infos, issues } = readTcbInfo(encodeDer(full), false, place);
    expect(infos).toEqual([
      expect.objectContaining({
        vendor: 'vendor',
        model: 'model',
        version: '1.2',
        svn: 5n,
        layer: 1n,
        index: 0n,
        flags: ['notConfigured', 'debug'],
        vendorInfo: Uint8Array.of(1, 2),
        type: Uint8Array.of(3),
      }),
    ]);
    expect(issues.map(({ code, path }) => [code, path])).toEqual([
      ['cove.hash-unknown', 'x.fwids[1]'],
      ['cove.digest-size', 'x.fwids[2]'],
    ]);
  });

  test('several in a MultiTcbInfo give the registers of all', () => {
    const { infos, issues } = readTcbInfo(encodeDer({ kind: 'sequence', value: [full, full] }), true, place);
    expect(infos).toHaveLength(2);
    expect(issues).toHaveLength(4);
    const half = (): DerValue => ({
      kind: 'sequence',
      value: [{ kind: 'tagged', number: 6, value: Array.from({ length: 4 }, () => fwid(SHA384, 48)) }],
    });
    const value = encodeDer({ kind: 'sequence', value: [half(), half()] });
    const evidence = certificateWith({ oid: DICE_OID.multiTcbInfo, critical: true, value });
    const { registers, claims, issues: found } = cove.evidence.decode(evidence);
    expect(found).toEqual([]);
    expect(registers.map(({ name }) => name)).toContain('pcr20');
    expect(claims?.['debug']).toBe(false);
  });

  test.each<readonly [string, DerValue]>([
    ['no sequence', { kind: 'null' }],
    ['a field that is not tagged', { kind: 'sequence', value: [{ kind: 'null' }] }],
    [
      'fields out of order',
      {
        kind: 'sequence',
        value: [
          { kind: 'tagged', number: 1, value: text('b') },
          { kind: 'tagged', number: 0, value: text('a') },
        ],
      },
    ],
    [
      'fwids that are primitive',
      { kind: 'sequence', value: [{ kind: 'tagged', number: 6, value: text('x') }] },
    ],
    [
      'a fwid that is none',
      { kind: 'sequence', value: [{ kind: 'tagged', number: 6, value: [{ kind: 'null' }] }] },
    ],
    ['text that is constructed', { kind: 'sequence', value: [{ kind: 'tagged', number: 0, value: [] }] }],
    [
      'a number without octets',
      { kind: 'sequence', value: [{ kind: 'tagged', number: 3, value: new Uint8Array(0) }] },
    ],
  ])('%s', (_, value) => {
    const { infos, issues } = readTcbInfo(encodeDer(value), false, place);
    expect(infos).toEqual([]);
    expect(issues.map(({ code }) => code)).toEqual(['cove.tcb-info']);
  });

  test('bytes after it, and a MultiTcbInfo that is none', () => {
    const after = Uint8Array.of(...encodeDer(full), 0);
    expect(readTcbInfo(after, false, place).issues[0]?.message).toContain('bytes after');
    expect(readTcbInfo(encodeDer({ kind: 'null' }), true, place).infos).toEqual([]);
  });
});
