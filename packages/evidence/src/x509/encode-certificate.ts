/** X.509 certificates, minted: version 3. Source: RFC 5280 §4.1. */
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import type { SignatureScheme } from '@tsm/core';
import {
  ecdsaSignatureToDer,
  SIGNATURE_ALGORITHMS,
  signatureParameters,
  type Curve,
} from '../keys/algorithms.ts';
import { writeAsn1 } from '../der/asn1.ts';
import { integerContent } from '../der/der.ts';
import type { CertificateExtension } from './extension-list.ts';
import { encodeName, type DistinguishedName } from './name.ts';
import { ecPublicKey } from '../keys/public-key.ts';

/** What a new certificate says. */
export interface CertificateTemplate {
  readonly serial: bigint;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Whole seconds are kept. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** A point on a curve, or any SubjectPublicKeyInfo. */
  readonly publicKey: { readonly curve: Curve; readonly point: Uint8Array } | { readonly spki: Uint8Array };
  readonly extensions: readonly CertificateExtension[];
}

/** Gets the bytes to be signed; ECDSA signatures are raw r‖s. */
export type Sign = (message: Uint8Array) => Uint8Array;

/** Who signs, and by which scheme; a bare function is ECDSA P-256 with SHA-256. */
export type CertificateSigner = Sign | { readonly scheme: SignatureScheme; readonly sign: Sign };

const ownBuffer = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer;

/** The algorithm, and the signature as the BIT STRING has it. */
export function signing(signer: CertificateSigner) {
  const { scheme, sign } =
    typeof signer === 'function' ? { scheme: 'ecdsa-p256-sha256' as const, sign: signer } : signer;
  const parameters = signatureParameters(scheme);
  const algorithm = new x509.AlgorithmIdentifier({
    algorithm: SIGNATURE_ALGORITHMS[scheme].oid,
    ...(parameters && { parameters: ownBuffer(parameters) }),
  });
  const signature = (message: Uint8Array): ArrayBuffer => {
    const made = sign(message);
    return ownBuffer(scheme.startsWith('ecdsa') ? ecdsaSignatureToDer(made) : made);
  };
  return { algorithm, signature };
}

export function asnExtensions(extensions: readonly CertificateExtension[]): x509.Extension[] {
  return extensions.map(
    ({ oid, critical, value }) =>
      new x509.Extension({ extnID: oid, critical, extnValue: new OctetString(value) }),
  );
}

/** A version 3 certificate, DER. */
export function encodeCertificate(template: CertificateTemplate, signer: CertificateSigner): Uint8Array {
  const { serial, issuer, subject, notBefore, notAfter, publicKey, extensions } = template;
  const { algorithm, signature } = signing(signer);
  const spki = 'spki' in publicKey ? publicKey.spki : ecPublicKey(publicKey.curve, publicKey.point);
  const tbs = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: ownBuffer(integerContent(serial)),
    signature: algorithm,
    issuer: encodeName(issuer),
    validity: new x509.Validity({ notBefore, notAfter }),
    subject: encodeName(subject),
    subjectPublicKeyInfo: AsnConvert.parse(spki, x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions(asnExtensions(extensions)),
  });
  return writeAsn1(
    new x509.Certificate({
      tbsCertificate: tbs,
      signatureAlgorithm: algorithm,
      signatureValue: signature(writeAsn1(tbs)),
    }),
  );
}
