/** Every issue that event logs can raise. */
import { issueTable } from '@tsm/core';

const PFP = 'TCG PC Client Platform Firmware Profile 1.06 §10';
const RFC = 'linux-coco, tsm: Unified Measurement Register ABI for TVMs, RFC patch 2/3 (2024-09-07)';
const CEL = 'TCG Canonical Event Log Format 1.1';
const IMA = 'linux-integrity, ima-doc: event-log-format';
const DSTACK = 'Dstack-TEE/dstack, cc-eventlog';
const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;

export const LOG_ISSUES = issueTable({
  'log.empty': {
    severity: 'error',
    message: () =>
      'the log is empty: no bytes, or nothing but padding — some clouds serve such a file; read it inside the guest instead',
  },
  'log.unknown-format': {
    severity: 'error',
    message: () =>
      'no known log format — name one with the format option if the start of the file is damaged',
  },
  'log.ambiguous': {
    severity: 'warning',
    message: (a: { candidates: readonly string[]; used: string }) =>
      `ambiguous: reads as ${a.candidates.join(' and as ')}; ${a.used} is used — name one with an option`,
  },
  'log.more-issues': {
    severity: 'info',
    message: (a: { code: string; shown: number }) =>
      `more issues ${a.code} follow; the first ${String(a.shown)} are listed`,
  },
  'log.register-range': {
    severity: 'warning',
    message: (a: { register: number; max: number }) =>
      `register ${String(a.register)} does not exist (0…${String(a.max)}); the event is not replayed`,
  },
  'tcg.truncated': {
    severity: 'error',
    message: (a: { field: string; needed: number; left: number }) =>
      `the log ends inside ${a.field}: ${String(a.needed)} bytes needed, ${String(a.left)} left`,
    spec: PFP,
  },
  'tcg.spec-id': {
    severity: 'error',
    message: (a: { why: string }) => `the Spec ID header cannot be used: ${a.why}`,
    spec: `${PFP}.4.5.1`,
  },
  'tcg.unknown-algorithm': {
    severity: 'error',
    message: (a: { id: number; known: readonly number[] }) =>
      `unknown algorithm ${hex(a.id)} — the Spec ID header lists ${a.known.map(hex).join(', ') || 'none'}; nothing after it can be read`,
    spec: `${PFP}.2.2`,
  },
  'tcg.unsupported-algorithm': {
    severity: 'warning',
    message: (a: { id: number; size: number }) =>
      `algorithm ${hex(a.id)} with ${String(a.size)}-byte digests is not known here; its bank is skipped`,
  },
  'tcg.duplicate-digest': {
    severity: 'warning',
    message: (a: { id: number }) =>
      `a second digest for algorithm ${hex(a.id)} in one event; the first is used`,
  },
  'tcg.no-action-digest': {
    severity: 'warning',
    message: () => 'EV_NO_ACTION carries a digest that is not zero; it extends nothing all the same',
    spec: `${PFP}.4.1`,
  },
  'text.bad-digest': {
    severity: 'error',
    message: (a: { what: string; expected: number; got: number }) =>
      `${a.what}: expected ${String(a.expected)} hex digits, got ${String(a.got)} characters; the line is not replayed`,
    spec: RFC,
  },
  'text.unknown-algorithm': {
    severity: 'error',
    message: (a: { name: string }) =>
      `unknown algorithm ${JSON.stringify(a.name)} — expected sha1, sha256, sha384, sha512 or sm3`,
    spec: RFC,
  },
  'text.algorithm-changed': {
    severity: 'error',
    message: (a: { first: string; here: string }) =>
      `the log is of ${a.first}, and this line says ${a.here}; its value is not used`,
  },
  'text.short-init': {
    severity: 'warning',
    message: (a: { expected: number; got: number }) =>
      `INIT has ${String(a.got)} of ${String(a.expected)} hex digits, as old attestation agents wrote it; zeros are added`,
  },
  'text.dialect-mix': {
    severity: 'warning',
    message: (a: { word: string; dialect: string }) =>
      `${a.word} has no meaning in dialect ${a.dialect}; the line is hashed as an event`,
  },
  'text.init-again': {
    severity: 'warning',
    message: () =>
      'INIT stands in the middle of the log, as after a restart of the agent; the line is hashed as an event',
  },
  'text.missing-sync': {
    severity: 'warning',
    message: () => 'an event follows a direct extend without a SYNC line between',
    spec: RFC,
  },
  'text.untrimmed': {
    severity: 'warning',
    message: () =>
      'white space at an end of the line, which the kernel never stores; every byte of it is hashed',
    spec: RFC,
  },
  'text.not-an-event-line': {
    severity: 'warning',
    message: () => 'not of the form "domain operation content"; it is hashed all the same',
  },
  'record.truncated': {
    severity: 'error',
    message: (a: { what: string }) => `the log ends inside ${a.what}; the events before it are read`,
  },
  'record.syntax': {
    severity: 'error',
    message: (a: { what: string }) => `this is not ${a.what}; the record is left out`,
  },
  'record.too-deep': {
    severity: 'error',
    message: (a: { max: number }) => `nested deeper than ${String(a.max)} levels; the record is left out`,
  },
  'record.field': {
    severity: 'error',
    message: (a: { expected: string; got: string }) =>
      `expected ${a.expected}, got ${a.got}; the record is left out`,
  },
  'record.trailing': {
    severity: 'warning',
    message: (a: { count: number }) => `${String(a.count)} bytes after the last record are not read`,
  },
  'record.unknown-algorithm': {
    severity: 'warning',
    message: (a: { name: string }) => `algorithm ${a.name} is not known here; its bank is skipped`,
  },
  'record.digest-size': {
    severity: 'error',
    message: (a: { algorithm: string; expected: number; got: number }) =>
      `a ${a.algorithm} digest has ${String(a.expected)} bytes, this one ${String(a.got)}; it is not replayed`,
  },
  'record.duplicate-digest': {
    severity: 'warning',
    message: (a: { algorithm: string }) => `a second ${a.algorithm} digest in one record; the first is used`,
  },
  'cel.recnum': {
    severity: 'warning',
    message: (a: { got: number }) =>
      `record number ${String(a.got)} follows neither the one before of this register nor of the log: a record is missing, repeated or moved`,
    spec: CEL,
  },
  'cel.mixed-index': {
    severity: 'warning',
    message: (a: { first: string; here: string }) =>
      `the log numbers registers as ${a.first}, and this record as ${a.here}; it is not replayed`,
    spec: CEL,
  },
  'cel.content': {
    severity: 'warning',
    message: (a: { type: string }) => `the content is not of the form of ${a.type}; it is kept as bytes`,
    spec: CEL,
  },
  'cbor.malformed': {
    severity: 'error',
    message: (a: { why: string }) => `not CBOR as a log has it: ${a.why}; nothing after it is read`,
    spec: 'RFC 8949 §3',
  },
  'cbor.duplicate-key': {
    severity: 'warning',
    message: (a: { key: string }) => `key ${a.key} occurs twice in one map; the last one is used`,
    spec: 'RFC 8949 §5.6',
  },
  'systemd.nul-record': {
    severity: 'warning',
    message: () =>
      'a record with NUL bytes, as a crash in the middle of a write leaves; it is left out, and the log may lack an event',
    spec: 'systemd, pcrlock: event log in user space',
  },
  'ima.template': {
    severity: 'info',
    message: (a: { name: string }) => `template ${a.name} is not known here; its fields are kept as they are`,
    spec: IMA,
  },
  'ima.fields': {
    severity: 'warning',
    message: (a: { name: string }) =>
      `the fields are not those of template ${a.name}; they are kept as they are`,
    spec: IMA,
  },
  'ima.violation': {
    severity: 'warning',
    message: () =>
      'a violation: the file changed while it was measured; the register is extended with all ones',
    spec: IMA,
  },
  'ima.hash-missing': {
    severity: 'error',
    message: (a: { algorithm: string }) =>
      `no ${a.algorithm} digest of this entry: its template data is not in the list; that bank cannot be replayed`,
    spec: IMA,
  },
  'dstack.runtime-imr': {
    severity: 'warning',
    message: (a: { imr: number }) =>
      `a runtime event of IMR ${String(a.imr)}: dstack extends RTMR3 alone, so its name proves nothing`,
    spec: DSTACK,
  },
  'dstack.preimage': {
    severity: 'error',
    message: () => 'version 2 of an event must carry its preimage; this one is missing, or of another event',
    spec: DSTACK,
  },
  'dstack.no-digest': {
    severity: 'error',
    message: () => 'an event without a digest, and without what it would be of; it is not replayed',
    spec: DSTACK,
  },
  'replay.no-backend': {
    severity: 'error',
    message: (a: { algorithm: string }) =>
      `no digest backend for ${a.algorithm}; its bank is not replayed — pass one in`,
  },
  'replay.sync-mismatch': {
    severity: 'error',
    message: (a: { stated: string; replayed: string }) =>
      `SYNC states ${a.stated}, the replay gives ${a.replayed}: an extend between is missing from the log, or an event before was changed`,
  },
  'replay.unlogged-extend': {
    severity: 'warning',
    message: () => 'extended directly, without an event: what was measured is not in the log',
  },
  'replay.start-unknown': {
    severity: 'warning',
    message: (a: { skipped: number }) =>
      a.skipped === 0
        ? 'the log does not say which value the register started from; zero is assumed'
        : `the log does not say which value the register started from; its first ${a.skipped} records, up to the first stated value, cannot be replayed, and nothing vouches for them`,
  },
});
