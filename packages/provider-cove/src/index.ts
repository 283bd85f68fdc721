/** RISC-V CoVE: registers, a model that mints evidence under a test root, decoding, verification and launch prediction. */
import { createCove } from './provider.ts';

export {
  ATST_FUNCTION,
  CERTIFICATE_FORMAT,
  CHALLENGE_SIZE,
  COVG_FUNCTION,
  COVH_FUNCTION,
  EXTENSION_ID,
  SBI_ERROR,
  type CertificateFormat,
  type SbiError,
} from './abi.ts';
export { CLAIMS, LABEL, PLATFORM_STATE, PROFILE, type ClaimSpec, type TokenName } from './claims.ts';
export {
  encodeRequest,
  parseRequest,
  verifyRequest,
  type CertificateRequest,
  type ParsedRequest,
} from './decode/csr.ts';
export { coveEvidence, decodeEvidence } from './evidence.ts';
export { COVE_ISSUES } from './issues.ts';
export type { CoveModel } from './model.ts';
export {
  createCove,
  type CoveOptions,
  type CoveProvider,
  type SalusOptions,
  type SpecOptions,
} from './provider.ts';
export {
  registersOf,
  SALUS_MAP,
  SPEC_MAP,
  TCB_ELEMENTS,
  type CoveHash,
  type CoveRegister,
  type InitialRegister,
  type RegisterMap,
  type RuntimeRegister,
  type TcbElement,
} from './registers.ts';
export { coveGuest, salusGuest } from './report.ts';
export { DICE_OID, readTcbInfo, type Fwid, type TcbInfo } from './decode/tcb-info.ts';
export { verifyEvidence } from './verify/verify.ts';

/** The specification's TSM: six initial and four runtime registers, CBOR certificates. */
export default createCove();
