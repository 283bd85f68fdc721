/** The one event model: what a log is, whatever format it came in. */
import type { AlgorithmName, Digests, Issue } from '@tsm/core';
import type { EventContent } from './event-data/content.ts';
import type { DigestCheck } from './event-data/digest-check.ts';

/** Format ids, as printed and as accepted by options. */
export const LOG_FORMATS = [
  ...(['ccel', 'tcg2', 'tcg1', 'tsm-text', 'cel-tlv', 'cel-json', 'cel-cbor'] as const),
  ...(['systemd-json', 'ima-ascii', 'ima-binary', 'dstack-json', 'trust-authority-json'] as const),
] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Dialects of the text log: Linux RFC (SYNC), issue 495 of the CoCo guest components (INIT), attestation-agent lines. */
export const TEXT_DIALECTS = ['rfc', 'issue-495', 'aael'] as const;
export type TextDialect = (typeof TEXT_DIALECTS)[number];

/** How register numbers in the log are meant. `single`: the whole log is of one register, which it does not name. */
export type Numbering = 'pcr' | 'ccMr' | 'single';

/** One digest of an event. `algorithm` is undefined for a TPM_ALG_ID this library does not know. */
export interface EventDigest {
  readonly tcgId: number;
  readonly algorithm: AlgorithmName | undefined;
  readonly digest: Uint8Array;
  /** Byte offset of the digest in the log; -1 where the format does not store it. */
  readonly offset: number;
}

/** One record, as a view into the log's bytes. */
export interface LogEvent {
  /** Position in the log, from 0; a Spec ID header is event 0. */
  readonly number: number;
  /** Register number in the log's numbering; 0 in a log of a single register. */
  readonly register: number;
  /** Event type id; for text records 0. */
  readonly type: number;
  /** `EV_SEPARATOR`, or for text `SYNC`, `INIT`, `.EXTEND`, `event`; `0x…` for an unknown type. Claimed, not proven. */
  readonly typeName: string;
  /** One a bank. */
  readonly digests: readonly EventDigest[];
  /** The event data; for text the measured bytes of the line; where the format says which bytes are hashed, those. */
  readonly data: Uint8Array;
  /** -1 where the data do not stand in the log as they are: as hex, or computed. */
  readonly dataOffset: number;
  readonly offset: number;
  readonly length: number;
  /** False where the record extends nothing (EV_NO_ACTION). */
  readonly measured: boolean;
  /** The data, decoded as its type says. */
  content(): EventContent;
  /** The format's own rule for what a digest covers; without it the rule of the event type counts. */
  readonly check?:
    ((digests: Digests, algorithm: AlgorithmName, digest: Uint8Array) => DigestCheck) | undefined;
}

/** What stands after the last event. */
export interface Tail {
  readonly offset: number;
  readonly length: number;
  readonly kind: 'none' | 'padding-00' | 'padding-ff' | 'unread';
}

/** Called for each extend, in order of the log. The digest is the algorithm's size, at `offset` of `bytes`. */
export type ExtendVisitor = (
  event: number,
  register: number,
  algorithm: AlgorithmName,
  bytes: Uint8Array,
  offset: number,
) => void;

/** Called where the log states the value that the register must have just before this event (SYNC). */
export type SyncVisitor = (
  event: number,
  register: number,
  algorithm: AlgorithmName,
  value: Uint8Array,
) => void;

/** A decoded log. Events are views, made when asked for. */
export interface EventLog extends Iterable<LogEvent> {
  readonly format: LogFormat;
  readonly dialect?: TextDialect;
  readonly bytes: Uint8Array;
  readonly numbering: Numbering;
  /** Banks of the log, in its own order; only algorithms this library knows. */
  readonly algorithms: readonly AlgorithmName[];
  /** Number of events, a Spec ID header included. */
  readonly count: number;
  readonly issues: readonly Issue[];
  readonly tail: Tail;
  /** The event with this number; a RangeError outside 0…count − 1. */
  event(number: number): LogEvent;
  /** Value that the log says a register had before its first extend; undefined where it says nothing. */
  start(register: number, algorithm: AlgorithmName): Uint8Array | undefined;
  /** Visits every extend of the log once, in order: O(bytes). `digests` computes those the format does not store. */
  scan(digests: Digests, extend: ExtendVisitor, sync?: SyncVisitor): void;
}
