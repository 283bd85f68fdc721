/** AMD SEV-SNP: registers, a hardware model that mints reports under a test root, their verification, and launch digests. */
import { createSnp } from './provider.ts';

export {
  encodeCertificateTable,
  isCertificateTable,
  readCertificateTable,
  type CertificateRole,
  type CertificateTable,
  type TableCertificate,
} from './certificate-table.ts';
export { decodeEvidence, snpEvidence, type SnpEvidence } from './evidence.ts';
export { SNP_ISSUES } from './issues.ts';
export { snpLaunch } from './launch/calculator.ts';
export { createIdBlock, ownerKeyDigest, type OwnerKeys } from './launch/id-block.ts';
export type { SnpModel } from './model.ts';
export { createSnp, type SnpOptions, type SnpProvider } from './provider.ts';
export { REGISTERS } from './registers.ts';
export { sevGuest } from './report.ts';
export {
  encodeServicesManifest,
  isServicesManifest,
  readServicesManifest,
  type Service,
} from './services-manifest.ts';
export { encodeVekExtension, vekExtension, type VekExtension, type VekKind } from './vek-extension.ts';
export { verifySnp } from './verify/verify.ts';

/** Milan, reports of version 3 signed by a VCEK, guest at VMPL 0. */
export default createSnp();
