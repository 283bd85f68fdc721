/** X.509 certificates, minted: version 3, ECDSA P-256 with SHA-256. Source: RFC 5280 §4.1; RFC 5480; RFC 3279 §2.2.3. */
import { OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import { concat, fromHex, toHex } from '@tsm/core';
import { CURVES, EC_PUBLIC_KEY, type CertificateExtension, type Curve } from './certificate.ts';
import { encodeDer, writeAsn1 } from './der.ts';
import { encodeName, type DistinguishedName } from './name.ts';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

/** What a new certificate says. */
export interface CertificateTemplate {
  readonly serial: bigint;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Whole seconds are kept. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: { readonly curve: Curve; readonly point: Uint8Array };
  readonly extensions: readonly CertificateExtension[];
}

/** Big-endian two's complement with the fewest octets, as INTEGER content. */
function integerContent(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const magnitude = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`) ?? new Uint8Array(1);
  return (magnitude[0] ?? 0) < 0x80 ? magnitude : concat(new Uint8Array(1), magnitude);
}

/** An ECDSA signature as X.509 has it: SEQUENCE of r and s (RFC 3279 §2.2.3), from raw r‖s. */
export function ecdsaSignatureToDer(raw: Uint8Array): Uint8Array {
  const hex = toHex(raw);
  const half = hex.length / 2;
  const integer = (text: string) => ({ kind: 'integer', value: BigInt(`0x${text}`) }) as const;
  return encodeDer({ kind: 'sequence', value: [integer(hex.slice(0, half)), integer(hex.slice(half))] });
}

/**
 * A version 3 certificate, DER, signed with ECDSA P-256 and SHA-256. `sign` gets the bytes to be signed and returns
 * raw r‖s, 64 bytes.
 */
export function encodeCertificate(
  template: CertificateTemplate,
  sign: (tbs: Uint8Array) => Uint8Array,
): Uint8Array {
  const { serial, issuer, subject, notBefore, notAfter, publicKey, extensions } = template;
  const algorithm = new x509.AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const curve = encodeDer({ kind: 'oid', value: CURVES[publicKey.curve] });
  const tbs = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: integerContent(serial).slice().buffer,
    signature: algorithm,
    issuer: encodeName(issuer),
    validity: new x509.Validity({ notBefore, notAfter }),
    subject: encodeName(subject),
    subjectPublicKeyInfo: new x509.SubjectPublicKeyInfo({
      algorithm: new x509.AlgorithmIdentifier({ algorithm: EC_PUBLIC_KEY, parameters: curve.slice().buffer }),
      subjectPublicKey: publicKey.point.slice().buffer,
    }),
    extensions: new x509.Extensions(
      extensions.map(
        ({ oid, critical, value }) =>
          new x509.Extension({ extnID: oid, critical, extnValue: new OctetString(value) }),
      ),
    ),
  });
  const signature = ecdsaSignatureToDer(sign(writeAsn1(tbs)));
  return writeAsn1(
    new x509.Certificate({
      tbsCertificate: tbs,
      signatureAlgorithm: algorithm,
      signatureValue: signature.slice().buffer,
    }),
  );
}
