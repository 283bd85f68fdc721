/** X.509 certificates, parsed to plain data. Source: RFC 5280 §4.1. */
import type { Issue, Place } from '@tsm/core';
import { attempt } from '../der/der.ts';
import { readInteger, readSmall, readTime } from '../der/der-primitives.ts';
import { DerError, TAG, type DerReader, type Tlv } from '../der/der-reader.ts';
import {
  EXTENSION,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readExtensions,
  readKeyIdentifier,
  readKeyUsage,
  type BasicConstraints,
  type CertificateExtension,
} from './extension-list.ts';
import { EVIDENCE_ISSUES } from '../issues.ts';
import { readName } from './name.ts';
import { parsePem, type Origin } from './pem.ts';
import { publicKeyAt, type PublicKey } from '../keys/public-key.ts';
import {
  partRange,
  readSigned,
  signedIssues,
  stopPlace,
  type PartRange,
  type Signed,
  type SignatureField,
} from './signed.ts';

export type CertificatePart =
  'tbs' | 'serial' | 'issuer' | 'validity' | 'subject' | 'publicKey' | 'extensions' | 'signature';

/** A certificate. All bytes in it are views of one copy of the input. */
export interface Certificate {
  readonly der: Uint8Array;
  /** Where it stands in the input as given. */
  readonly place: Place;
  /** RFC 4514 text, the last part of the encoding first. */
  readonly subject: string;
  readonly issuer: string;
  /** The names as they are encoded: what decides whether two are the same. */
  readonly subjectDer: Uint8Array;
  readonly issuerDer: Uint8Array;
  readonly serial: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  /** By OID. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  readonly basicConstraints: BasicConstraints | undefined;
  /** Bit n of KeyUsage is bit n of the number; undefined without the extension. */
  readonly keyUsage: number | undefined;
  readonly subjectKeyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
  /** The signed bytes, as they stand in the certificate. */
  readonly tbs: Uint8Array;
  readonly signature: SignatureField;
  readonly parts: Readonly<Partial<Record<CertificatePart, PartRange>>>;
  /** What is wrong with it. */
  readonly issues: readonly Issue[];
}

export interface ParsedCertificate {
  /** Undefined when the bytes are not a certificate. */
  readonly certificate: Certificate | undefined;
  readonly issues: readonly Issue[];
}

const VERSION_3 = 2;

/** Version 1 is the default and is not encoded; only version 3 has extensions. */
function readVersion(reader: DerReader): number {
  const field = reader.optional(TAG.CONTEXT_CONSTRUCTED, 'version');
  if (!field) return 0;
  const inner = reader.into(field);
  const version = readSmall(inner, inner.expect(TAG.INTEGER, 'version'), 'version');
  inner.done('version');
  if (version > VERSION_3) throw new DerError(field.start, `version ${String(version + 1)}`);
  return version;
}

function readValidity(reader: DerReader, tlv: Tlv): { notBefore: Date; notAfter: Date } {
  const inner = reader.into(tlv);
  const notBefore = readTime(inner, inner.next('notBefore'));
  const notAfter = readTime(inner, inner.next('notAfter'));
  inner.done('validity');
  return { notBefore, notAfter };
}

/** Where the fields of the signed part stand, in its order. Found first, so that the object is made in one piece: that is most of the speed. */
function readTbs(reader: DerReader) {
  const version = readVersion(reader);
  const serial = reader.expect(TAG.INTEGER, 'serialNumber');
  const algorithm = reader.expect(TAG.SEQUENCE, 'signature');
  const issuer = reader.expect(TAG.SEQUENCE, 'issuer');
  const validity = reader.expect(TAG.SEQUENCE, 'validity');
  const subject = reader.expect(TAG.SEQUENCE, 'subject');
  const publicKey = reader.expect(TAG.SEQUENCE, 'subjectPublicKeyInfo');
  reader.optional(TAG.CONTEXT + 1, 'issuerUniqueID');
  reader.optional(TAG.CONTEXT + 2, 'subjectUniqueID');
  const list = version === VERSION_3 ? reader.optional(TAG.CONTEXT_CONSTRUCTED + 3, 'extensions') : undefined;
  reader.done('the certificate');
  return { serial, algorithm, issuer, validity, subject, publicKey, list };
}

type Fields = ReturnType<typeof readTbs>;

function partsOf({ tbs, value }: Signed, fields: Fields): Certificate['parts'] {
  const { serial, issuer, validity, subject, publicKey, list } = fields;
  return {
    serial: partRange(serial),
    issuer: partRange(issuer),
    validity: partRange(validity),
    subject: partRange(subject),
    publicKey: partRange(publicKey),
    tbs: partRange(tbs),
    signature: partRange(value),
    ...(list && { extensions: partRange(list) }),
  };
}

/** The value of the extension, read; undefined where there is none. */
function extensionValue<T>(
  extensions: ReadonlyMap<string, CertificateExtension>,
  oid: string,
  read: (value: Uint8Array) => T,
): T | undefined {
  const extension = extensions.get(oid);
  return extension && read(extension.value);
}

function certificateOf(given: Uint8Array, place: Place): Certificate {
  const signed = readSigned(given, 'certificate');
  const { der, reader, tbs, signature } = signed;
  const fields = readTbs(reader.into(tbs));
  const { algorithm, issuer, subject, list } = fields;
  const duplicates: Issue[] = [];
  const extensions = list
    ? readExtensions('certificate', reader.into(list).sequence('extensions'), place, duplicates)
    : new Map<string, CertificateExtension>();
  const { notBefore, notAfter } = readValidity(reader, fields.validity);
  return {
    der,
    place,
    subject: readName(reader, subject),
    issuer: readName(reader, issuer),
    subjectDer: reader.view(subject),
    issuerDer: reader.view(issuer),
    serial: readInteger(reader, fields.serial),
    notBefore,
    notAfter,
    publicKey: publicKeyAt(reader, fields.publicKey),
    extensions,
    basicConstraints: extensionValue(extensions, EXTENSION.basicConstraints, readBasicConstraints),
    keyUsage: extensionValue(extensions, EXTENSION.keyUsage, readKeyUsage),
    subjectKeyId: extensionValue(extensions, EXTENSION.subjectKeyIdentifier, readKeyIdentifier),
    authorityKeyId: extensionValue(extensions, EXTENSION.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    tbs: reader.view(tbs),
    signature,
    parts: partsOf(signed, fields),
    issues: [...signedIssues('certificate', given, signed, algorithm, place), ...duplicates],
  };
}

/** One DER certificate. Never throws on data: what is wrong comes back as issues. `place`: where it stands in its input. */
export function parseCertificate(
  der: Uint8Array,
  place: Place = { path: '', offset: 0, length: der.length },
): ParsedCertificate {
  const read = attempt(() => certificateOf(der, place));
  if (read.reason === undefined) return { certificate: read.value, issues: read.value.issues };
  const { reason, offset } = read;
  const issue = EVIDENCE_ISSUES.make('certificate.malformed', stopPlace(der, place, offset), { reason });
  return { certificate: undefined, issues: [issue] };
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
