/** What evidence formats share. Now: certificates and PEM, parsed and minted. */
export {
  parseCertificate,
  parseCertificates,
  type Certificate,
  type CertificateExtension,
  type Curve,
  type ParsedCertificate,
  type PublicKey,
} from './certificate.ts';
export { encodeDer, parseDer, type DerValue, type Read } from './der.ts';
export { ecdsaSignatureToDer, encodeCertificate, type CertificateTemplate } from './encode-certificate.ts';
export { authorityKeyIdentifier, basicConstraints, keyUsage, subjectKeyIdentifier } from './extensions.ts';
export { EVIDENCE_ISSUES } from './issues.ts';
export type { DistinguishedName } from './name.ts';
export { encodePem, parsePem, type Origin, type Pem, type PemBlock } from './pem.ts';
