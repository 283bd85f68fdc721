/** DER: values survive the round trip, nothing but DER is read, and certificates read as @peculiar/asn1 reads them. */
import { AsnConvert } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import { concat, fromHex, toHex } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { describeVectors, vectors, type Vector } from '../../core/test/support/vectors.ts';
import {
  encodeDer,
  parseCertificate,
  parseCrl,
  parseDer,
  type Certificate,
  type Crl,
  type DerValue,
} from '../src/index.ts';
import { derIn, type Found } from './support/corpus.ts';
import { FROM, mint, mintCrl, testKey, TO } from './support/pki.ts';

/** Without the ranges, which only what was read has. */
function bare(value: DerValue): unknown {
  const rest = Object.fromEntries(
    Object.entries(value).filter(([name]) => name !== 'offset' && name !== 'length'),
  );
  return Array.isArray(value.value) ? { ...rest, value: (value.value as DerValue[]).map(bare) } : rest;
}

describe('DER values', () => {
  const value: DerValue = {
    kind: 'sequence',
    value: [
      { kind: 'boolean', value: true },
      { kind: 'integer', value: -129n },
      { kind: 'enumerated', value: 2 },
      { kind: 'octets', value: Uint8Array.of(1, 2, 3) },
      { kind: 'bits', value: Uint8Array.of(0xa0), unused: 5 },
      { kind: 'null' },
      { kind: 'oid', value: '1.2.840.113741.1.13.1' },
      { kind: 'oid', value: '2.25.329800735698586629295641978511506172918' },
      { kind: 'text', value: 'Grüße', tag: 0x0c },
      { kind: 'text', value: 'Genoa', tag: 0x16 },
      { kind: 'time', value: new Date('2049-12-31T23:59:59Z') },
      { kind: 'time', value: new Date('9999-12-31T23:59:59Z') },
      { kind: 'set', value: [{ kind: 'tagged', number: 6, value: Uint8Array.of(7) }] },
      { kind: 'tagged', number: 0, value: [{ kind: 'boolean', value: false }] },
      { kind: 'sequence', value: [] },
    ],
  };

  test('survive the round trip', () => {
    expect(bare(parseDer(encodeDer(value)).value!)).toEqual(value);
  });

  test('are written as X.690 says', () => {
    const written = (value.value as DerValue[]).slice(0, 7).map((one) => toHex(encodeDer(one)));
    expect(written.join(' ')).toBe('0101ff 0202ff7f 0a0102 0403010203 030205a0 0500 06092a864886f84d010d01');
  });

  test.each([
    0n,
    1n,
    127n,
    128n,
    255n,
    256n,
    -1n,
    -128n,
    -129n,
    -32768n,
    2n ** 64n,
    -(2n ** 63n),
    2n ** 159n,
  ])('INTEGER %s has the fewest octets', (number) => {
    const der = encodeDer({ kind: 'integer', value: number });
    expect(parseDer(der).value).toMatchObject({ kind: 'integer', value: number, length: der.length });
  });

  test('know where they stand, header included', () => {
    const der = encodeDer(value);
    const parts = parseDer(der).value?.value as DerValue[];
    for (const [i, part] of parts.entries()) {
      const cut = der.slice(part.offset, part.offset! + part.length!);
      expect(toHex(cut)).toBe(toHex(encodeDer((value.value as DerValue[])[i]!)));
    }
  });

  test.each([
    ['a kind that is not known here', '0900'],
    ['an indefinite length', '30800000'],
    ['a length that is not minimal', '04810100'],
    ['a length with a leading zero', '0482000100'],
    ['a length of five octets', '04850000000001'],
    ['a length beyond the end', '0405010203'],
    ['a tag number above 30', '1f2000'],
    ['an INTEGER that is not minimal', '02020001'],
    ['a negative INTEGER that is not minimal', '0202ff80'],
    ['an INTEGER without content', '0200'],
    ['a BOOLEAN of 1', '010101'],
    ['a BOOLEAN of two octets', '0102ffff'],
    ['a NULL with content', '050100'],
    ['an OID whose arc is not minimal', '0603550480'],
    ['an OID that ends inside an arc', '06025580'],
    ['an OID without content', '0600'],
    ['a BIT STRING without a count of unused bits', '0300'],
    ['a BIT STRING with eight unused bits', '03020800'],
    ['a BIT STRING with unused bits set', '03020101'],
    ['a time without seconds', '170b323630313031303030305a'],
    ['a time in another zone', '17113236303130313030303030302b30313030'],
    ['the 30th of February', '170d3236303233303030303030305a'],
    ['the 29th of February where there is none', '170d3236303232393030303030305a'],
    ['hour 24', '170d3236303130313234303030305a'],
    ['nothing at all', ''],
  ])('%s is a reason', (_, text) => {
    const { reason, offset } = parseDer(fromHex(text)!);
    expect(reason).toMatch(/\w/);
    expect(offset).toBeGreaterThanOrEqual(0);
  });

  test('an OID with an arc above 128 bits is a reason, not a long calculation', () => {
    const arc = new Uint8Array(1_000_000).fill(0x81);
    arc[arc.length - 1] = 1;
    const header = fromHex('06830f4240')!;
    expect(parseDer(concat(header, arc)).reason).toMatch(/128 bits/);
  });

  test('nesting is limited', () => {
    let der = fromHex('0500')!;
    for (let i = 0; i < 40; i++) der = concat(Uint8Array.of(0x30, der.length), der);
    expect(parseDer(der).reason).toMatch(/deep/);
  });

  test('an OID that is none is the caller’s mistake', () => {
    expect(() => encodeDer({ kind: 'oid', value: 'commonName' })).toThrow(TypeError);
  });
});

/** What both readers must agree on. */
interface Reading {
  readonly [field: string]: unknown;
}

const hex = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('hex');

function oursOfCertificate({
  serial,
  notBefore,
  notAfter,
  publicKey,
  extensions,
  tbs,
  signature,
  issuerDer,
  subjectDer,
}: Certificate): Reading {
  return {
    ...{ serial: serial.toString(), notBefore, notAfter, spki: hex(publicKey.spki), tbs: hex(tbs) },
    ...{ issuer: hex(issuerDer), subject: hex(subjectDer), algorithm: signature.algorithm },
    signature: hex(signature.value),
    extensions: [...extensions.values()].map((one) => [one.oid, one.critical, hex(one.value)]),
  };
}

const serialText = (content: ArrayBuffer): string =>
  BigInt.asIntN(8 * content.byteLength, BigInt(`0x${hex(content)}`)).toString();
const extensionsOf = (extensions: Iterable<x509.Extension> | undefined) =>
  Array.from(extensions ?? [], (one) => [one.extnID, one.critical, hex(one.extnValue.buffer)]);

function theirsOfCertificate(der: Uint8Array): Reading {
  const parsed = AsnConvert.parse(der, x509.Certificate);
  const { tbsCertificate: tbs } = parsed;
  return {
    ...{ serial: serialText(tbs.serialNumber), notBefore: tbs.validity.notBefore.getTime() },
    ...{
      notAfter: tbs.validity.notAfter.getTime(),
      spki: hex(AsnConvert.serialize(tbs.subjectPublicKeyInfo)),
    },
    ...{ tbs: hex(parsed.tbsCertificateRaw!), algorithm: parsed.signatureAlgorithm.algorithm },
    ...{ issuer: hex(AsnConvert.serialize(tbs.issuer)), subject: hex(AsnConvert.serialize(tbs.subject)) },
    signature: hex(parsed.signatureValue),
    extensions: extensionsOf(tbs.extensions),
  };
}

function oursOfCrl(crl: Crl, serials: readonly string[]): Reading {
  return {
    ...{ issuer: hex(crl.issuerDer), thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate },
    ...{ algorithm: crl.signature.algorithm, signature: hex(crl.signature.value), count: crl.count },
    extensions: [...crl.extensions.values()].map((one) => [one.oid, one.critical, hex(one.value)]),
    revoked: serials.map((serial) => [serial, crl.revoked(BigInt(serial))?.date]),
  };
}

function theirsOfCrl(der: Uint8Array): Reading & { revoked: [string, Date][] } {
  const { tbsCertList: tbs, signatureAlgorithm, signature } = AsnConvert.parse(der, x509.CertificateList);
  const list = tbs.revokedCertificates ?? [];
  return {
    ...{ issuer: hex(AsnConvert.serialize(tbs.issuer)), thisUpdate: tbs.thisUpdate.getTime() },
    ...{ nextUpdate: tbs.nextUpdate?.getTime(), algorithm: signatureAlgorithm.algorithm },
    ...{ signature: hex(signature), count: list.length, extensions: extensionsOf(tbs.crlExtensions) },
    revoked: list.map((one) => [serialText(one.userCertificate), one.revocationDate.getTime()]),
  };
}

/** Ours, or undefined where it refuses: with an error, or with bytes left over. */
function readOurs(
  { kind, der }: Pick<Found, 'kind' | 'der'>,
  serials: readonly string[],
): Reading | undefined {
  const certificate = kind === 'certificate' ? parseCertificate(der) : undefined;
  const crl = kind === 'crl' ? parseCrl(der) : undefined;
  if ((certificate ?? crl)!.issues.length > 0) return undefined;
  return certificate ? oursOfCertificate(certificate.certificate!) : oursOfCrl(crl!.crl!, serials);
}

/** Theirs, or undefined where it throws. */
function readTheirs({ kind, der }: Pick<Found, 'kind' | 'der'>): Reading | undefined {
  try {
    return kind === 'certificate' ? theirsOfCertificate(der) : theirsOfCrl(der);
  } catch {
    return undefined;
  }
}

const serialsOf = (theirs: Reading | undefined): string[] =>
  ((theirs?.['revoked'] ?? []) as [string, Date][]).map(([serial]) => serial);

function expectSame(found: Pick<Found, 'kind' | 'der'>): void {
  const theirs = readTheirs(found);
  expect(theirs).toBeDefined();
  expect(readOurs(found, serialsOf(theirs))).toEqual(theirs);
}

const holder = { CN: 'Holder', key: testKey('ecdsa-p384-sha384') };
const revoked = Array.from({ length: 20 }, (_, i) => ({ serial: 3n ** BigInt(3 * i), date: FROM }));
const MINTED: readonly Pick<Found, 'kind' | 'der'>[] = [
  { kind: 'certificate', der: mint(holder, holder, { ca: true, pathLength: 3 }).der },
  {
    kind: 'certificate',
    der: mint(
      holder,
      { CN: 'RSA', key: testKey('rsa-pss-sha384') },
      { ca: false },
      { serial: 2n ** 158n, notAfter: new Date('2999-12-31T23:59:59Z') },
    ).der,
  },
  { kind: 'crl', der: mintCrl(holder, { revoked }).der },
  { kind: 'crl', der: mintCrl(holder, { nextUpdate: TO, extensions: [] }).der },
];

describe('what is minted', () => {
  test.each(MINTED.map((one, i) => [i, one] as const))('%i reads as the library reads it', (_, one) => {
    expectSame(one);
  });

  test('and damaged is refused, or means the same to the library', () => {
    const random = seededRandom(20260601);
    let read = 0;
    for (const { kind, der } of MINTED) {
      for (let at = random(3); at < der.length; at += 3) {
        const edited = der.slice();
        edited[at]! ^= 1 << random(8);
        const damaged = { kind, der: edited };
        const theirs = readTheirs(damaged);
        const ours = readOurs(damaged, serialsOf(theirs));
        if (!ours || !theirs) continue;
        read++;
        // An identifier that the library does not keep, such as the type of a string, is part of the names compared here.
        expect({ ...ours, issuer: 0, subject: 0 }, `byte ${String(at)}`).toEqual({
          ...theirs,
          issuer: 0,
          subject: 0,
          ...(kind === 'crl' ? { subject: 0 } : {}),
        });
      }
    }
    expect(read).toBeGreaterThan(300);
  });
});

const files: Vector[] = ['tdx', 'snp', 'cca', 'cove']
  .flatMap((area) => vectors(`evidence/${area}`))
  .filter((vector) => derIn(vector).length > 0);

describeVectors('real certificates and lists read as the library reads them', 51, files, (vector) => {
  for (const found of derIn(vector)) expectSame(found);
});
