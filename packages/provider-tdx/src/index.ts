/** Intel TDX: registers, a hardware model that mints quotes under a test root, and the decoding of real ones. */
import { createTdx } from './provider.ts';

export { decodeQuote, decodeTdReport, INTEL_QE_VENDOR_ID, pckChain, tdxEvidence } from './evidence.ts';
export { TDX_ISSUES } from './issues.ts';
export type { TdxModel } from './model.ts';
export { authenticodeDigest, type ImageDigest } from './launch/authenticode.ts';
export { tdxLaunch } from './launch/calculator.ts';
export { TDX_LAUNCH_ISSUES } from './launch/issues.ts';
export { measureImage } from './launch/mrtd.ts';
export { encodePckExtension, pckExtension, SGX_EXTENSION, type PckExtension } from './pck-extension.ts';
export { createTestPki, type TestPki } from './pki.ts';
export type { PlatformTcb, TdxPlatform } from './platform.ts';
export { createTdx, type TdxOptions, type TdxProvider } from './provider.ts';
export { REGISTERS } from './registers.ts';
export { tdxGuest } from './report.ts';
export type { TcbStatus } from './verify/tcb-status.ts';

/** TD 1.0, quotes of version 4. */
export default createTdx();
