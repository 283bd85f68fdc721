/** What evidence formats share: certificates and chains, revocation, COSE, keys, collateral, and the list of checks. */
export { ecdsaSignatureFromDer, ecdsaSignatureToDer, type Curve } from './algorithms.ts';
export { createVerifyCache, remembered } from './cache.ts';
export { cborGet, readCbor, type CborItem, type CborKey, type ReadCbor } from './cbor.ts';
export { cborNode, type CborName, type CborNames } from './cbor-node.ts';
export {
  parseCertificate,
  parseCertificates,
  type Certificate,
  type CertificatePart,
  type ParsedCertificate,
} from './certificate.ts';
export { verifyChain, type ChainContext, type ChainTitles } from './chain.ts';
export { CheckList, type CheckDetails } from './checks.ts';
export {
  checkCollateral,
  readCollateral,
  type Collateral,
  type JsonFile,
  type KeyFile,
} from './collateral.ts';
export { decodeSign1, encodeSign1, sign1Names, verifySign1, type Sign1, type Sign1Template } from './cose.ts';
export { coseKey, encodeCoseKey } from './cose-key.ts';
export { parseCrl, type Crl, type CrlPart, type RevokedCertificate } from './crl.ts';
export { certificateNode, derNode } from './der-node.ts';
export { encodeDer, parseDer, type DerValue, type Read } from './der.ts';
export { encodeCbor, type CborValue } from './encode-cbor.ts';
export {
  encodeCertificate,
  type CertificateSigner,
  type CertificateTemplate,
  type Sign,
} from './encode-certificate.ts';
export { encodeCrl, type CrlTemplate } from './encode-crl.ts';
export type { BasicConstraints, CertificateExtension } from './extension-list.ts';
export { authorityKeyIdentifier, basicConstraints, keyUsage, subjectKeyIdentifier } from './extensions.ts';
export { EVIDENCE_ISSUES } from './issues.ts';
export { publicKeyFrom, publicKeyFromJwk } from './key-file.ts';
export type { DistinguishedName } from './name.ts';
export { orderChain, type Anchor } from './path.ts';
export { encodePem, parsePem, type Origin, type Pem, type PemBlock } from './pem.ts';
export { ecPublicKey, ed25519PublicKey, rsaPublicKey, type KeyKind, type PublicKey } from './public-key.ts';
export { keyFits, webCryptoVerifier } from './signature.ts';
export type { PartRange, SignatureField } from './signed.ts';
export {
  appraise,
  claimsOf,
  earOf,
  exportCorim,
  exportRvps,
  importCorim,
  importRvps,
  parsePolicy,
  POLICY_ISSUES,
  POLICY_SCHEMA,
  type AppraisalClaims,
  type ClaimedRegister,
  type Constraint,
  type EarOptions,
  type Exported,
  type Imported,
  type Policy,
  type PolicyValue,
  type ReferenceValue,
} from './policy/index.ts';
