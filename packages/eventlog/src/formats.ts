/** The table of log formats: how each is recognised and decoded. A new format is one row. */
import type { AlgorithmName, Issue } from '@tsm/core';
import { decodeCelCbor, isCelCbor } from './cel/cbor.ts';
import { decodeCelJson, isCelJson } from './cel/json.ts';
import { decodeCelTlv } from './cel/log.ts';
import { isCelTlv } from './cel/tlv.ts';
import { decodeDstackLog, isDstackLog } from './dstack/log.ts';
import { decodeImaAscii, isImaAscii } from './ima/ascii.ts';
import { decodeImaBinary, isImaBinary } from './ima/binary.ts';
import type { ImaOptions } from './ima/entry.ts';
import { LOG_ISSUES } from './issues.ts';
import type { EventLog, LogFormat, TextDialect } from './log.ts';
import { decodeSystemdLog, isSystemdLog } from './systemd/log.ts';
import { decodeBareAael, isBareAael } from './tcg/bare.ts';
import { decodeAgileLog, decodeSha1Log, isAgileLog, isSha1Log } from './tcg/decode.ts';
import { detectText } from './text/detect.ts';
import { TextLog } from './text/text-log.ts';
import { decodeTrustAuthorityLog, isTrustAuthorityLog } from './trust-authority/log.ts';

export interface DecodeLogOptions {
  /** Reads the bytes as this format, whatever they look like. */
  readonly format?: LogFormat;
  /** Dialect of a text log. */
  readonly dialect?: TextDialect;
  /** Algorithm of a text log that does not say one, default sha384; bank to replay an IMA list for, beside its own. */
  readonly algorithm?: AlgorithmName;
  /** How an IMA list extends other banks, and how it numbers registers. */
  readonly ima?: ImaOptions;
}

/** One way to write a log. A format may have several rows: the first that recognises the bytes reads them. */
interface FormatRow {
  readonly id: LogFormat;
  /** Looks at the start only. */
  readonly recognise: (bytes: Uint8Array) => boolean;
  readonly decode: (bytes: Uint8Array, options: DecodeLogOptions, before: readonly Issue[]) => EventLog;
  /** Later rows that the same bytes may fit as well; then an issue says so. Others are told apart by the order of rows. */
  readonly rivals?: readonly LogFormat[];
}

function decodeText(bytes: Uint8Array, options: DecodeLogOptions): TextLog {
  const detected = detectText(bytes);
  const dialect = options.dialect ?? detected?.dialect ?? 'rfc';
  const candidates = detected?.candidates ?? [];
  const ambiguous = options.dialect === undefined && candidates.length > 1;
  const place = { path: '', offset: 0, length: bytes.length };
  const issues = ambiguous ? [LOG_ISSUES.make('log.ambiguous', place, { candidates, used: dialect })] : [];
  return new TextLog(bytes, dialect, options.algorithm, issues);
}

/** In the order in which they are tried: signatures first, what merely looks alike last. */
const FORMATS: readonly FormatRow[] = [
  {
    id: 'ccel',
    recognise: isAgileLog,
    decode: (bytes, { format }) => decodeAgileLog(bytes, format === 'ccel' ? format : undefined),
  },
  // The row above tells the two apart; this one is for those who name the format.
  { id: 'tcg2', recognise: () => false, decode: (bytes) => decodeAgileLog(bytes, 'tcg2') },
  { id: 'ccel', recognise: isBareAael, decode: (bytes, _options, before) => decodeBareAael(bytes, before) },
  { id: 'cel-tlv', recognise: isCelTlv, decode: (bytes, _options, before) => decodeCelTlv(bytes, before) },
  {
    id: 'ima-binary',
    recognise: isImaBinary,
    decode: (bytes, { ima, algorithm }, before) => decodeImaBinary(bytes, ima, algorithm, before),
  },
  { id: 'tcg1', recognise: isSha1Log, decode: (bytes) => decodeSha1Log(bytes) },
  {
    id: 'cel-json',
    recognise: isCelJson,
    decode: (bytes, _options, before) => decodeCelJson(bytes, before),
    rivals: ['dstack-json', 'trust-authority-json'],
  },
  {
    id: 'dstack-json',
    recognise: isDstackLog,
    decode: (bytes, _options, before) => decodeDstackLog(bytes, before),
    rivals: ['trust-authority-json'],
  },
  {
    id: 'trust-authority-json',
    recognise: isTrustAuthorityLog,
    decode: (bytes, _options, before) => decodeTrustAuthorityLog(bytes, before),
  },
  {
    id: 'systemd-json',
    recognise: isSystemdLog,
    decode: (bytes, _options, before) => decodeSystemdLog(bytes, before),
  },
  {
    id: 'ima-ascii',
    recognise: isImaAscii,
    decode: (bytes, { ima, algorithm }, before) => decodeImaAscii(bytes, ima, algorithm, before),
  },
  { id: 'cel-cbor', recognise: isCelCbor, decode: (bytes, _options, before) => decodeCelCbor(bytes, before) },
  { id: 'tsm-text', recognise: (bytes) => detectText(bytes) !== undefined, decode: decodeText },
];

/** The row that reads the bytes: of the format that is named, or the first that recognises them. */
export function formatOf(bytes: Uint8Array, named?: LogFormat): FormatRow | undefined {
  const rows = named === undefined ? FORMATS : FORMATS.filter(({ id }) => id === named);
  return rows.find(({ recognise }) => recognise(bytes)) ?? (named === undefined ? undefined : rows[0]);
}

/** What the row and its rivals that fit the bytes too are called. */
export function candidatesOf({ id, rivals = [] }: FormatRow, bytes: Uint8Array): readonly LogFormat[] {
  const fit = FORMATS.filter((row) => rivals.includes(row.id) && row.recognise(bytes));
  return [id, ...fit.map((row) => row.id)];
}
