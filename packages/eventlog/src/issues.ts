/** Every issue that event logs can raise. */
import { issueTable } from '@tsm/core';

const PFP = 'TCG PC Client Platform Firmware Profile 1.06 §10';
const RFC = 'linux-coco, tsm: Unified Measurement Register ABI for TVMs, RFC patch 2/3 (2024-09-07)';
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
