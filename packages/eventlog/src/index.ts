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
export { decodeLog, isLog, type DecodeLogOptions } from './decode.ts';
export type { Divergence, DivergenceReason } from './divergence.ts';
export type { EventContent } from './event-data/content.ts';
export { decodeContent } from './event-data/decode.ts';
export { checkDigest, digestCandidates, type DigestCheck } from './event-data/digest-check.ts';
export { EVENT_TYPES, eventType, eventTypeName } from './event-types.ts';
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
