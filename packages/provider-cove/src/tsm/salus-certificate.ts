/** The certificate that salus issues: X.509 version 3, Ed25519, with the registers in DiceTcbInfo. Source: rivosinc/rice src/x509/certificate.rs. */
import { toHex, utf8Bytes } from '@tsm/core';
import {
  authorityKeyIdentifier,
  basicConstraints,
  encodeDer,
  keyUsage,
  parseDer,
  type CertificateExtension,
  type DerValue,
} from '@tsm/evidence';
import { cdiId, type Sign } from '../dice.ts';
import { DICE_OID, encodeTcbInfo } from '../decode/tcb-info.ts';

/** Attribute of the issuer's name: `SN` of RFC 4519, which is the surname; what was meant is serialNumber (2.5.4.5). */
export const SURNAME = '2.5.4.4';
const ED25519 = '1.3.101.112';

/** The day on which TCG published DICE, and the last second that UTCTime has. */
const NOT_BEFORE = new Date('2018-03-22T23:59:59Z');
const NOT_AFTER = new Date('2049-12-31T23:59:59Z');

const sequence = (...value: readonly DerValue[]): DerValue => ({ kind: 'sequence', value });

/** A name of one attribute, UTF-8. */
export function nameOf(oid: string, text: string): DerValue {
  const attribute = sequence({ kind: 'oid', value: oid }, { kind: 'text', value: text });
  return sequence({ kind: 'set', value: [attribute] });
}

function extensionOf({ oid, critical, value }: CertificateExtension): DerValue {
  const flag: readonly DerValue[] = critical ? [{ kind: 'boolean', value: true }] : [];
  return sequence({ kind: 'oid', value: oid }, ...flag, { kind: 'octets', value });
}

export interface SalusTemplate {
  /** CDI_ID of the TSM, 20 bytes. */
  readonly issuerId: Uint8Array;
  readonly subject: DerValue;
  readonly spki: Uint8Array;
  /** The key in `spki`: the serial number is made of it. */
  readonly key: Uint8Array;
  /** Eight SHA-384 digests, in the order of the register map. */
  readonly registers: readonly Uint8Array[];
}

/** Identifiers go in as the ASCII of their hex digits: so do the serial number, 40 bytes, and the key identifier. */
export function encodeSalusCertificate(template: SalusTemplate, sign: Sign): Uint8Array {
  const { issuerId, subject, spki, key, registers } = template;
  const issuer = toHex(issuerId);
  const serial = BigInt(`0x${toHex(utf8Bytes(toHex(cdiId(key))))}`);
  const publicKey = parseDer(spki).value;
  if (!publicKey) throw new TypeError('spki: expected a SubjectPublicKeyInfo');
  const algorithm = sequence({ kind: 'oid', value: ED25519 });
  const extensions = [
    keyUsage('keyEncipherment', 'keyAgreement'),
    basicConstraints(false),
    authorityKeyIdentifier(utf8Bytes(issuer)),
    { oid: DICE_OID.arc, critical: true, value: encodeTcbInfo(registers) },
  ];
  const tbs = sequence(
    { kind: 'tagged', number: 0, value: [{ kind: 'integer', value: 2n }] },
    { kind: 'integer', value: serial },
    algorithm,
    nameOf(SURNAME, issuer),
    sequence({ kind: 'time', value: NOT_BEFORE }, { kind: 'time', value: NOT_AFTER }),
    subject,
    publicKey,
    { kind: 'tagged', number: 3, value: [sequence(...extensions.map(extensionOf))] },
  );
  const signature = sign(encodeDer(tbs));
  return encodeDer(sequence(tbs, algorithm, { kind: 'bits', value: signature }));
}
