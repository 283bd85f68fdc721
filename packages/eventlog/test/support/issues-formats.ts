/** An input for each issue of the formats beside the TCG's and the text log, and the bytes that the issue is about. */
import { concat, utf8Bytes } from '@tsm/core';
import {
  encodeCelTlv,
  encodeDstackLog,
  encodeSystemdLog,
  type DecodeLogOptions,
  type LOG_ISSUES,
} from '../../src/index.ts';
import { CEL, celRecord, DSTACK, LOGS, SYSTEMD } from './formats.ts';

type Code = Extract<
  (typeof LOG_ISSUES.codes)[number],
  `${'record' | 'cel' | 'cbor' | 'systemd' | 'ima' | 'dstack'}.${string}`
>;

const cel = (index: 'pcr' | 'ccmr', changes: object = {}) => ({
  ...celRecord(0, { kind: index, value: 1 }, 'cos', { type: 8, data: new Uint8Array(0) }),
  ...changes,
});
const ONE = encodeCelTlv([cel('pcr')]);
const small = { tcgId: 11, digest: new Uint8Array(3) };
const sha256 = { tcgId: 11, digest: new Uint8Array(32) };
const odd = { tcgId: 0x42, digest: new Uint8Array(3) };
const RECORD = '{"pcr":1,"digests":[],"content_type":"systemd","content":{}}';
const VIOLATION = `10 ${'0'.repeat(40)} ima-ng sha1:00 /x`;
const UNKNOWN = `10 ${'1'.repeat(40)} ima-x a`;
const BAD_FIELDS = `10 ${'1'.repeat(40)} ima-ng nothing`;
/** An array of one map: {0: 0, 0: 0, 1: 1, 3: [], 9: 8, 10: h''}. */
const TWICE = Uint8Array.of(0x81, 0xa6, 0, 0, 0, 0, 1, 1, 3, 0x80, 9, 8, 10, 0x40);
const NUL = '\x1e{}\0\n';
const SEQUENCE = encodeSystemdLog(SYSTEMD.slice(0, 1));
const STRIPPED = encodeDstackLog([{ ...DSTACK[1]!, digest: new Uint8Array(0) }]);
const inList = (list: Uint8Array): readonly [Uint8Array, number, number] => [list, 1, list.length - 2];
const whole = (bytes: Uint8Array): readonly [Uint8Array, number, number] => [bytes, 0, bytes.length];

/** Input, offset and length of the issue, and options. */
export const FORMAT_FIXTURES: Readonly<
  Record<Code, readonly [Uint8Array | string, number, number, DecodeLogOptions?]>
> = {
  'record.truncated': [LOGS['cel-tlv'].subarray(0, 15), 13, 2, { format: 'cel-tlv' }],
  'record.syntax': [`[${RECORD},{x}]`, RECORD.length + 2, 3],
  'record.too-deep': [`[${RECORD},${'['.repeat(40)}${']'.repeat(40)}]`, RECORD.length + 2, 80],
  'record.field': [`[${RECORD},1]`, RECORD.length + 2, 1],
  'record.trailing': [`[${RECORD}] x`, RECORD.length + 3, 1],
  'record.unknown-algorithm': whole(encodeCelTlv([cel('pcr', { digests: [odd] })])),
  'record.digest-size': whole(encodeCelTlv([cel('pcr', { digests: [small] })])),
  'record.duplicate-digest': whole(encodeCelTlv([cel('pcr', { digests: [sha256, sha256] })])),
  'cel.recnum': [concat(ONE, encodeCelTlv([cel('pcr', { recnum: 5 })])), ONE.length, ONE.length],
  'cel.mixed-index': [concat(ONE, encodeCelTlv([cel('ccmr', { recnum: 1 })])), ONE.length, ONE.length],
  'cel.content': [encodeCelTlv([{ ...CEL[0]!, content: { data: new Uint8Array(3) } }]), 119, 3],
  'cbor.malformed': [TWICE.subarray(0, -3), 1, TWICE.length - 4, { format: 'cel-cbor' }],
  'cbor.duplicate-key': [TWICE, 1, TWICE.length - 1],
  'systemd.nul-record': [concat(SEQUENCE, utf8Bytes(NUL)), SEQUENCE.length + 1, 3],
  'ima.template': [UNKNOWN, 0, UNKNOWN.length],
  'ima.fields': [BAD_FIELDS, 0, BAD_FIELDS.length],
  'ima.violation': [VIOLATION, 0, VIOLATION.length],
  'ima.hash-missing': [UNKNOWN, 0, UNKNOWN.length, { algorithm: 'sha384' }],
  'dstack.runtime-imr': inList(encodeDstackLog([{ ...DSTACK[2]!, imr: 1 }])),
  'dstack.preimage': inList(encodeDstackLog([{ ...DSTACK[2]!, version: 2 }])),
  'dstack.no-digest': inList(STRIPPED),
};
