/** The contracts of TSM, and the values they are made of. Byte layouts are in `@tsm/core/layout`. */
export {
  concat,
  concatAll,
  equalBytes,
  fromBase64,
  fromHex,
  guidBytes,
  guidText,
  isFilledWith,
  latin1Bytes,
  latin1Text,
  shortHex,
  toBase64,
  toHex,
  utf16Bytes,
  utf16Text,
  utf8Bytes,
  utf8Text,
} from './bytes.ts';
export { kernelChain } from './chain/wasm-chain.ts';
export type {
  DeviceEvidence,
  DevsecTsm,
  IdeStream,
  IdeStreams,
  LinkTsm,
  PciFunction,
  PciKind,
  TdiState,
} from './device.ts';
export {
  ALGORITHMS,
  algorithmOfTcgId,
  algorithmOfText,
  createDigests,
  extendDigest,
  portableDigests,
  type Algorithm,
  type AlgorithmName,
  type Chain,
  type DigestBackend,
  type Digests,
  type HashFunction,
} from './digest.ts';
export {
  formatIssue,
  issueTable,
  TsmError,
  type Issue,
  type IssueKind,
  type Place,
  type Severity,
} from './issue.ts';
export type {
  LaunchCalculator,
  LaunchInput,
  LaunchInputs,
  LaunchPrediction,
  LaunchStep,
  LaunchValue,
  PredictedEvent,
  PredictedRegister,
} from './launch.ts';
export type { Node } from './layout/tree.ts';
export { printable } from './printable.ts';
export type { Appended, Machine, MachineChange, Report } from './machine.ts';
export {
  assertProvider,
  defineProvider,
  type Evidence,
  type EvidenceFormat,
  type EvidenceRegister,
  type Launch,
  type Model,
  type ModelTools,
  type Provider,
  type ReportAttribute,
  type ReportBlobs,
  type ReportDriver,
  type ReportRequest,
  type Signer,
} from './provider.ts';
export {
  defineRegister,
  findRegister,
  numberingOfCcMr,
  REGISTER_NUMBERING,
  registerAddress,
  registerFullName,
  type InitialLog,
  type RegisterKind,
  type RegisterNumbering,
  type RegisterNumbers,
  type RegisterRole,
  type RegisterSpec,
} from './register.ts';
export { INBLOB_MAX, PRIVLEVEL_MAX, ReportItem, type BlobName, type ReportSource } from './report-item.ts';
export { createTsm, type MeasurementSource, type TextLog, type Tsm, type TsmOptions } from './tsm.ts';
export { unwrap, unwrapAll, type Unwrapped } from './unwrap.ts';
export {
  conclude,
  firstFailure,
  type Check,
  type CheckStatus,
  type Claims,
  type ClaimValue,
  type MintedCollateral,
  type NotChecked,
  type SignatureScheme,
  type SignatureVerifier,
  type Verdict,
  type VerifyCache,
  type VerifyOptions,
} from './verdict.ts';
