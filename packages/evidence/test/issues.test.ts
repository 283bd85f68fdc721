/** Every code of the issue table has an input that produces it, with the bytes it is about. */
import { concat, fromHex, toHex, utf8Bytes, type Issue } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import {
  decodeSign1,
  encodeCbor,
  encodeSign1,
  EVIDENCE_ISSUES,
  parseCertificate,
  parseCrl,
  parsePem,
  readCbor,
  readCollateral,
  encodePem,
} from '../src/index.ts';
import { mint, mintCrl, testKey } from './support/pki.ts';

const holder = { CN: 'Holder', key: testKey() };
const der = mint(holder, holder, { ca: true }).der;
const extension = { oid: '1.3.6.1.4.1.99999.1', critical: false, value: fromHex('0500')! };
const list = mintCrl(holder).der;
const hex = (text: string): Uint8Array => fromHex(text)!;

/** The last of several places that hold these bytes, edited. */
function edited(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = toHex(bytes);
  const at = text.lastIndexOf(from);
  return hex(text.slice(0, at) + to + text.slice(at + from.length));
}

/** The outer algorithm says SHA-384. */
const otherAlgorithm = (bytes: Uint8Array): Uint8Array =>
  edited(bytes, '2a8648ce3d040302', '2a8648ce3d040303');

const sign1 = (algorithm: number, headers?: ReadonlyMap<number, never>): Uint8Array =>
  encodeSign1(
    { algorithm, payload: Uint8Array.of(1), ...(headers && { headers }) },
    () => new Uint8Array(64),
  );
const parts = (header: Uint8Array, unprotected = new Map<number, number>()) =>
  encodeCbor({ tag: 18, value: [header, unprotected, Uint8Array.of(1), new Uint8Array(64)] });
const es256 = encodeCbor(new Map([[1, -7]]));

const FIXTURES: Record<string, readonly Issue[]> = {
  'pem.no-block': parsePem('nothing here').issues,
  'pem.unterminated': parsePem(`-----BEGIN CERTIFICATE-----\nAAAA\n${encodePem('CERTIFICATE', der)}`).issues,
  'pem.not-base64': parsePem('-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----').issues,
  'certificate.malformed': parseCertificate(der.slice(0, 100)).issues,
  'certificate.trailing': parseCertificate(concat(der, new Uint8Array(3))).issues,
  'certificate.algorithm-mismatch': parseCertificate(otherAlgorithm(der)).issues,
  'certificate.duplicate-extension': mint(
    holder,
    holder,
    { ca: true },
    { extensions: [extension, extension] },
  ).issues,
  'crl.malformed': parseCrl(list.slice(0, 100)).issues,
  'crl.trailing': parseCrl(concat(list, new Uint8Array(3))).issues,
  'crl.algorithm-mismatch': parseCrl(otherAlgorithm(list)).issues,
  'crl.duplicate-extension': mintCrl(holder, { extensions: [extension, extension] }).issues,
  'cbor.malformed': readCbor(hex('8301')).issues,
  'cbor.trailing': readCbor(hex('0102')).issues,
  'cbor.duplicate-key': readCbor(hex('a201001801f6')).issues,
  'cbor.not-utf8': readCbor(hex('62c328')).issues,
  'cose.not-sign1': decodeSign1(hex('d2834040a0')).issues,
  'cose.untagged': decodeSign1(sign1(-7).slice(1)).issues,
  'cose.no-algorithm': decodeSign1(parts(new Uint8Array(0), new Map([[1, -7]]))).issues,
  'cose.unknown-algorithm': decodeSign1(sign1(-999)).issues,
  'cose.header-twice': decodeSign1(parts(es256, new Map([[1, -7]]))).issues,
  'cose.critical': decodeSign1(sign1(-7, new Map([[2, [99] as never]]))).issues,
  'collateral.unknown': readCollateral([utf8Bytes('a note')]).issues,
  'collateral.malformed': readCollateral([hex('3003020100')]).issues,
};

describe('issues', () => {
  test('every code has a fixture', () => {
    expect(Object.keys(FIXTURES).sort()).toEqual([...EVIDENCE_ISSUES.codes].sort());
  });

  test.each(Object.entries(FIXTURES))('%s', (code, issues) => {
    expect(issues.map((issue) => issue.code)).toEqual([code]);
    expect(issues[0]?.length).toBeGreaterThan(0);
  });

  test.each([
    ['certificate.trailing', der.length],
    ['crl.trailing', list.length],
    ['cbor.trailing', 1],
    ['cbor.duplicate-key', 3],
  ])('%s says where', (code, offset) => {
    expect(FIXTURES[code]?.[0]?.offset).toBe(offset);
  });

  test('a malformed certificate is placed where reading stopped', () => {
    const broken = edited(der, '06035504030c06486f6c646572', '07035504030c06486f6c646572');
    const [issue] = parseCertificate(broken, { path: 'x', offset: 1000, length: broken.length }).issues;
    expect(issue?.offset).toBe(1000 + toHex(der).lastIndexOf('06035504030c06486f6c646572') / 2);
    expect(issue?.message).toMatch(/expected attribute type \(tag 0x06\), found tag 0x07/);
  });
});
