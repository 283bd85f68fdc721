/** X.509 certificates, parsed to plain data. Source: RFC 5280 §4.1; RFC 5480 §2.1. */
import { AsnConvert } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import { toHex, type Issue, type Place } from '@tsm/core';
import { bytes, decode, field, struct, u8 } from '@tsm/core/layout';
import { attempt, parseDer, writeAsn1 } from './der.ts';
import { EVIDENCE_ISSUES } from './issues.ts';
import { nameText } from './name.ts';
import { parsePem, type Origin } from './pem.ts';

/** Curves by name (RFC 5480 §2.1.1.1). */
export const CURVES = { p256: '1.2.840.10045.3.1.7', p384: '1.3.132.0.34' } as const;
export const EC_PUBLIC_KEY = '1.2.840.10045.2.1';

export type Curve = keyof typeof CURVES;

export interface PublicKey {
  /** Undefined for a key that is not on one of these curves, such as RSA. */
  readonly curve: Curve | undefined;
  /** On a curve the uncompressed point 04‖x‖y, else the content of the BIT STRING. */
  readonly point: Uint8Array;
  /** SubjectPublicKeyInfo, DER, as WebCrypto imports it. */
  readonly spki: Uint8Array;
}

export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of the OCTET STRING, DER. */
  readonly value: Uint8Array;
}

export interface Certificate {
  readonly der: Uint8Array;
  /** Where it stands in the input as given. */
  readonly place: Place;
  /** RFC 4514 text, the last part of the encoding first. */
  readonly subject: string;
  readonly issuer: string;
  readonly serial: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  /** By OID. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  /** The signed bytes, as they stand in the certificate. */
  readonly tbs: Uint8Array;
  /** OID of the algorithm; an ECDSA signature is DER. */
  readonly signature: { readonly algorithm: string; readonly value: Uint8Array };
}

export interface ParsedCertificate {
  /** Undefined when the bytes are not a certificate. */
  readonly certificate: Certificate | undefined;
  readonly issues: readonly Issue[];
}

const DerHeader = struct('DerHeader', 'ITU-T X.690 §8.1.2, §8.1.3', {
  tag: field(u8, 'Identifier octet'),
  length: field(u8, 'Length, or 0x80 plus the number of length octets that follow'),
  longLength: field(
    bytes(({ length }) => Math.max(0, Number(length) - 0x80)),
    'Length in the long form, big-endian',
  ),
});

/** Bytes of the DER value that starts the input, by its header; 0 where there is no header. */
function derSize(der: Uint8Array): number {
  const { value: header, length: headerSize } = decode(DerHeader, der);
  if (!header) return 0;
  const { length, longLength } = header;
  return headerSize + (length < 0x80 ? length : longLength.reduce((sum, byte) => 256 * sum + byte, 0));
}

function publicKeyOf(spki: x509.SubjectPublicKeyInfo): PublicKey {
  const { algorithm, parameters } = spki.algorithm;
  const named =
    algorithm === EC_PUBLIC_KEY && parameters ? parseDer(new Uint8Array(parameters)).value : undefined;
  const curve = (Object.keys(CURVES) as Curve[]).find((name) => named?.value === CURVES[name]);
  return { curve, point: new Uint8Array(spki.subjectPublicKey), spki: writeAsn1(spki) };
}

function serialOf(content: ArrayBuffer): bigint {
  return BigInt.asIntN(8 * content.byteLength, BigInt(`0x${toHex(new Uint8Array(content))}`));
}

function duplicates(oids: readonly string[]): Set<string> {
  return new Set(oids.filter((oid, i) => oids.indexOf(oid) < i));
}

function extensionsOf(extensions: Iterable<x509.Extension>): CertificateExtension[] {
  return Array.from(extensions, ({ extnID, critical, extnValue }) => ({
    oid: extnID,
    critical,
    value: new Uint8Array(extnValue.buffer),
  }));
}

function certificateOf(parsed: x509.Certificate, der: Uint8Array, place: Place): ParsedCertificate {
  const { tbsCertificate: tbs, tbsCertificateRaw, signatureAlgorithm, signatureValue } = parsed;
  const extensions = extensionsOf(tbs.extensions ?? []);
  const size = derSize(der);
  const certificate: Certificate = {
    der: der.slice(0, size),
    place,
    subject: nameText(tbs.subject),
    issuer: nameText(tbs.issuer),
    serial: serialOf(tbs.serialNumber),
    notBefore: tbs.validity.notBefore.getTime(),
    notAfter: tbs.validity.notAfter.getTime(),
    publicKey: publicKeyOf(tbs.subjectPublicKeyInfo),
    extensions: new Map(extensions.map((one) => [one.oid, one])),
    tbs: new Uint8Array(tbsCertificateRaw ?? writeAsn1(tbs)),
    signature: { algorithm: signatureAlgorithm.algorithm, value: new Uint8Array(signatureValue) },
  };
  const issues: Issue[] = [];
  const trailing = der.length - size;
  if (trailing > 0) {
    const after = { ...place, offset: place.offset + place.length - trailing, length: trailing };
    issues.push(EVIDENCE_ISSUES.make('certificate.trailing', after, { count: trailing }));
  }
  const names = { inner: tbs.signature.algorithm, outer: signatureAlgorithm.algorithm };
  if (names.inner !== names.outer)
    issues.push(EVIDENCE_ISSUES.make('certificate.algorithm-mismatch', place, names));
  for (const oid of duplicates(extensions.map((one) => one.oid))) {
    issues.push(EVIDENCE_ISSUES.make('certificate.duplicate-extension', place, { oid }));
  }
  return { certificate, issues };
}

/** One DER certificate. Never throws on data: what is wrong comes back as issues. `place`: where it stands in its input. */
export function parseCertificate(
  der: Uint8Array,
  place: Place = { path: '', offset: 0, length: der.length },
): ParsedCertificate {
  const { value, reason } = attempt(() => certificateOf(AsnConvert.parse(der, x509.Certificate), der, place));
  if (reason === undefined) return value;
  return {
    certificate: undefined,
    issues: [EVIDENCE_ISSUES.make('certificate.malformed', place, { reason })],
  };
}

/** All certificates of a PEM text, in its order; blocks of other kinds are passed over. */
export function parseCertificates(
  pem: Uint8Array | string,
  origin?: Origin,
): { certificates: Certificate[]; issues: Issue[] } {
  const { blocks, issues } = parsePem(pem, origin);
  const parsed = blocks
    .filter(({ label }) => label.endsWith('CERTIFICATE'))
    .map(({ der, offset, length }) => parseCertificate(der, { path: origin?.path ?? '', offset, length }));
  return {
    certificates: parsed.flatMap(({ certificate }) => certificate ?? []),
    issues: [...issues, ...parsed.flatMap((one) => one.issues)],
  };
}
