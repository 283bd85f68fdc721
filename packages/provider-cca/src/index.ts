/** Arm CCA: registers, a hardware model that mints tokens under a test key, the RIM calculator, decoding and verification. */
import { createCca } from './provider.ts';

export {
  LIFECYCLE,
  lifecycleOf,
  PLATFORM_CLAIMS,
  PLATFORM_PROFILE,
  REALM_CLAIMS,
  REALM_PROFILE,
  type ClaimRow,
  type ClaimType,
} from './claims.ts';
export { ccaEvidence } from './evidence.ts';
export { CCA_ISSUES } from './issues.ts';
export { ccaLaunch } from './launch/calculator.ts';
export { measureRealm, type RealmCall, type RealmDescription } from './launch/realm.ts';
export { createRim, type RealmParameters, type RealmRec, type Rim } from './launch/rim.ts';
export { blockSizes } from './launch/ripas.ts';
export { planVm, type VmImages, type VmmName, type VmmPlan } from './launch/vmm.ts';
export type { ProfileName, TokenForm } from './mint.ts';
export type { CcaLaunch, CcaModel, RealmForm } from './model.ts';
export { createCca, type CcaOptions, type CcaProvider } from './provider.ts';
export { REALM_HASHES, registersOf, type RealmHash } from './registers.ts';
export { armCcaGuest } from './report.ts';
export { verifyToken } from './verify/verify.ts';

/** Realms with SHA-256, profiles 1.0, in a CMW collection. */
export default createCca();
