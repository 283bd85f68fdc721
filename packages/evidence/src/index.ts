/** What evidence formats share: certificates and chains, revocation, COSE, keys, collateral, and the list of checks. */
export { ecdsaSignatureFromDer, ecdsaSignatureToDer, type Curve } from './keys/algorithms.ts';
export { keep, recall } from './by-content.ts';
export { createVerifyCache, remembered } from './cache.ts';
export { cborGet, readCbor, type CborItem, type CborKey, type ReadCbor } from './cose/cbor.ts';
export { cborNode, type CborName, type CborNames } from './cose/cbor-node.ts';
export {
  parseCertificate,
  parseCertificates,
  type Certificate,
  type CertificatePart,
  type ParsedCertificate,
} from './x509/certificate.ts';
export { verifyChain, type ChainContext, type ChainTitles } from './x509/chain.ts';
export { CheckList, type CheckDetails } from './checks.ts';
export {
  checkCollateral,
  readCollateral,
  type Collateral,
  type JsonFile,
  type KeyFile,
} from './collateral.ts';
export {
  decodeSign1,
  encodeSign1,
  sign1Names,
  verifySign1,
  type Sign1,
  type Sign1Template,
} from './cose/cose.ts';
export { coseKey, encodeCoseKey } from './cose/cose-key.ts';
export { parseCrl, type Crl, type CrlPart, type RevokedCertificate } from './x509/crl.ts';
export { certificateNode, derNode } from './der/der-node.ts';
export { encodeDer, parseDer, type DerValue, type Read } from './der/der.ts';
export { encodeCbor, type CborValue } from './cose/encode-cbor.ts';
export {
  encodeCertificate,
  type CertificateSigner,
  type CertificateTemplate,
  type Sign,
} from './x509/encode-certificate.ts';
export { encodeCrl, type CrlTemplate } from './x509/encode-crl.ts';
export type { BasicConstraints, CertificateExtension } from './x509/extension-list.ts';
export {
  authorityKeyIdentifier,
  basicConstraints,
  keyUsage,
  subjectKeyIdentifier,
} from './x509/extensions.ts';
export { EVIDENCE_ISSUES } from './issues.ts';
export { publicKeyFrom, publicKeyFromJwk } from './keys/key-file.ts';
export type { DistinguishedName } from './x509/name.ts';
export { withParts, type Part } from './parts.ts';
export { orderChain, type Anchor } from './x509/path.ts';
export { encodePem, parsePem, type Origin, type Pem, type PemBlock } from './x509/pem.ts';
export {
  ecPublicKey,
  ed25519PublicKey,
  parsePublicKey,
  rsaNumbers,
  rsaPublicKey,
  type KeyKind,
  type PublicKey,
} from './keys/public-key.ts';
export { keyFits, webCryptoVerifier } from './keys/signature.ts';
export type { PartRange, SignatureField } from './x509/signed.ts';
export {
  appraise,
  claimsOf,
  earOf,
  exportCorim,
  exportRvps,
  importCorim,
  importRvps,
  parsePolicy,
  POLICY_FORMATS,
  POLICY_ISSUES,
  POLICY_SCHEMA,
  readPolicy,
  type AppraisalClaims,
  type ClaimedRegister,
  type Constraint,
  type EarOptions,
  type Exported,
  type Imported,
  type Policy,
  type PolicyFormat,
  type PolicyValue,
  type ReferenceValue,
} from './policy/index.ts';
