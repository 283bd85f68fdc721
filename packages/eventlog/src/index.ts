/** Event logs of confidential VMs: decode, encode, replay, compare. */
export {
  replayChain,
  type ChainedRegister,
  type ChainLink,
  type ChainPart,
  type ChainReplay,
  type LoggedPart,
  type UnloggedPart,
} from './chain.ts';
export {
  compare,
  type CompareOptions,
  type Comparison,
  type ComparisonStatus,
  type ExpectedRegister,
  type RegisterComparison,
} from './compare.ts';
export { encodeCelCbor } from './cel/cbor.ts';
export { encodeCelJson } from './cel/json.ts';
export {
  CONTENT_TYPES,
  type CelContent,
  type CelDigest,
  type CelIndex,
  type CelIndexKind,
  type CelRecord,
} from './cel/model.ts';
export { celRecords } from './cel/records.ts';
export { contentTlv, encodeCelTlv } from './cel/tlv.ts';
export { convert } from './convert/convert.ts';
export type { LossKind } from './convert/losses.ts';
export type {
  Conversion,
  Converted,
  ConvertOptions,
  ConvertTarget,
  HeldRegister,
  Loss,
  Refusal,
  Refused,
} from './convert/model.ts';
export type { RefusalCode } from './convert/refusal.ts';
export { decodeLog, isLog, type DecodeLogOptions } from './decode.ts';
export { diffLogs, type DiffOptions } from './diff/diff.ts';
export {
  DIFFERENCE_CLASSES,
  type Change,
  type DiffEvent,
  type Difference,
  type DifferenceClass,
  type FinalValues,
  type LogDiff,
  type LogsDiff,
  type RegisterDiff,
} from './diff/model.ts';
export { diffText, logText } from './diff/text.ts';
export type { Divergence, DivergenceReason } from './divergence.ts';
export type { EventContent } from './event-data/content.ts';
export { decodeContent } from './event-data/decode.ts';
export { checkDigest, digestCandidates, type DigestCheck } from './event-data/digest-check.ts';
export { dstackEvent, type DstackEvent } from './dstack/event.ts';
export { dstackEvents, encodeDstackLines, encodeDstackLog } from './dstack/log.ts';
export { EVENT_TYPES, eventType, eventTypeName } from './event-types.ts';
export { encodeImaAscii, imaEvents, type ImaEvent } from './ima/ascii.ts';
export { encodeImaBinary, type ImaBinaryForm } from './ima/binary.ts';
export type { ImaOptions, ImaRule } from './ima/entry.ts';
export { explain, explainPart, explainSteps } from './explain/explain.ts';
export { isBeaten, mergeExplanations, type Standing } from './explain/merge.ts';
export {
  EDIT_KINDS,
  type Edit,
  type EditKind,
  type Explanation,
  type ExplainOptions,
  type ExplainProgress,
  type ExplainRun,
  type KnownDigest,
  type NotSearched,
  type Part,
  type PartExplanation,
  type PartProgress,
  type ProofStep,
  type Rank,
  type Searched,
  type Solution,
} from './explain/model.ts';
export { LOG_ISSUES } from './issues.ts';
export {
  LOG_FORMATS,
  TEXT_DIALECTS,
  type EventDigest,
  type EventLog,
  type ExtendVisitor,
  type LogEvent,
  type LogFormat,
  type Numbering,
  type SyncVisitor,
  type Tail,
  type TextDialect,
} from './log.ts';
export { expectedRegisters, logCheck, runtimeRegisters } from './log-check.ts';
export { checkEvent } from './records/check.ts';
export {
  registerIdentity,
  replay,
  startOf,
  trace,
  type Replay,
  type ReplayedRegister,
  type ReplayOptions,
  type TraceVisitor,
} from './replay.ts';
export { encodeSystemdLog } from './systemd/log.ts';
export {
  encodeAgileLog,
  encodeSha1Log,
  specIdData,
  type TcgEvent,
  type TcgLogOptions,
} from './tcg/encode.ts';
export {
  appendText,
  APPEND_MAX,
  extendText,
  openText,
  resumeText,
  startText,
  type TextStep,
  type TextWriter,
} from './text/append.ts';
export { replayStream, type StreamOptions, type StreamReplay } from './tcg/stream.ts';
export { detectText, type DetectedText } from './text/detect.ts';
export { lineKind, splitEvent, statedValue, type LineKind, type StatedValue } from './text/line.ts';
export {
  readRecord,
  type AddIssue,
  type ReadRecord,
  type RecordKind,
  type RecordPlace,
} from './text/record.ts';
export { textAsCel, textAsTcg } from './text/wrapped.ts';
export {
  encodeTrustAuthorityLog,
  trustAuthorityEvents,
  type TrustAuthorityEvent,
} from './trust-authority/log.ts';
