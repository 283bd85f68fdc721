/** Replays a TCG log that does not fit into memory: block by block, with what a block cuts carried into the next. */
import { concatAll, portableDigests, type Digests, type Issue } from '@tsm/core';
import type { LogFormat, Tail } from '../log.ts';
import { Registers, type ReplayedRegister } from '../replay.ts';
import { decodeAgileLog, decodeSha1Log, isAgileLog } from './decode.ts';
import type { TcgLog } from './tcg-log.ts';

export interface StreamOptions {
  readonly digests?: Digests;
  /** Reads as this format. Default: what the first block suggests. */
  readonly format?: 'ccel' | 'tcg2' | 'tcg1';
  /** Bytes that are decoded at a time. Default 4 MiB; a longer event makes its block as long as it is. */
  readonly block?: number;
}

export interface StreamReplay {
  readonly format: LogFormat;
  readonly registers: readonly ReplayedRegister[];
  readonly count: number;
  readonly tail: Tail;
  readonly issues: readonly Issue[];
}

const BLOCK = 4 << 20;
/** No firmware logs an event of this size: the length field is damaged. */
const MAX_RECORD = 256 << 20;

function onlyByte(bytes: Uint8Array): number | undefined {
  const [first] = bytes;
  return (first === 0x00 || first === 0xff) && bytes.every((byte) => byte === first) ? first : undefined;
}

/** Issue of a block, in terms of the whole log. */
function moved(issue: Issue, bytes: number, events: number): Issue {
  const path = issue.path.replace(/^events\[(\d+)\]/, (_, number) => `events[${Number(number) + events}]`);
  return { ...issue, path, offset: issue.offset + bytes };
}

/** The state between two blocks. */
class StreamReader {
  count = 0;
  readonly issues: Issue[] = [];
  /** The log cannot be read on from here. */
  stopped = false;
  first: TcgLog | undefined;
  carry: Uint8Array = new Uint8Array(0);
  /** Offset of the carry in the whole log. */
  offset = 0;
  private header: Uint8Array = new Uint8Array(0);
  private registers: Registers | undefined;
  private readonly digests: Digests;
  private readonly format: StreamOptions['format'];

  constructor({ digests = portableDigests, format }: StreamOptions) {
    this.digests = digests;
    this.format = format;
  }

  /** Reads all whole events of the carry and this; `last`: nothing follows. */
  add(bytes: Uint8Array, last: boolean): void {
    const block = concatAll([this.header, this.carry, bytes]);
    const log = this.decode(block);
    const fresh = this.first === undefined;
    this.first ??= log;
    this.registers ??= new Registers(log, this.digests);
    this.registers.extend(log);
    this.note(log, last, fresh);
    if (fresh && log.format !== 'tcg1')
      this.header = block.slice(0, log.count > 1 ? log.event(1).offset : log.tail.offset);
    const events = log.count - (fresh || log.format === 'tcg1' ? 0 : 1);
    const used = log.tail.offset - (fresh ? 0 : this.header.length);
    this.carry = block.slice(log.tail.offset);
    this.count += events;
    this.offset += used;
    if (this.carry.length > MAX_RECORD && onlyByte(this.carry) === undefined) this.stopped = true;
  }

  all(): ReplayedRegister[] {
    return this.registers?.all() ?? [];
  }

  /** Tail of the whole log; `more` bytes of padding were dropped while it was read. */
  tail(more: number): Tail {
    const byte = onlyByte(this.carry);
    const length = this.carry.length + more;
    const kind =
      length === 0 ? 'none' : byte === undefined ? 'unread' : byte === 0 ? 'padding-00' : 'padding-ff';
    return { offset: this.offset, length, kind };
  }

  private decode(block: Uint8Array): TcgLog {
    const format = this.first?.format ?? this.format ?? (isAgileLog(block) ? undefined : 'tcg1');
    return format === 'tcg1' ? decodeSha1Log(block) : decodeAgileLog(block, format);
  }

  /** An event that a block cuts is no issue: it goes on in the next. The header is said once. */
  private note(log: TcgLog, last: boolean, fresh: boolean): void {
    const inHeader = (issue: Issue): boolean => issue.path.startsWith('events[0]') && log.format !== 'tcg1';
    const events = fresh ? 0 : this.count - (log.format === 'tcg1' ? 0 : 1);
    const bytes = fresh ? 0 : this.offset - this.header.length;
    for (const issue of log.issues) {
      const cut = issue.code === 'tcg.truncated';
      if ((cut && !last) || (!fresh && inHeader(issue))) continue;
      if (!cut && issue.severity === 'error') this.stopped = true;
      this.issues.push(moved(issue, bytes, events));
    }
  }
}

/**
 * Replays a crypto-agile or SHA-1 log from its bytes as they come. Memory stays at a few blocks, whatever the log's size;
 * the result is that of `replay(decodeLog(all))`. Never throws on data; errors of the source are passed on.
 */
export async function replayStream(
  source: AsyncIterable<Uint8Array>,
  options: StreamOptions = {},
): Promise<StreamReplay> {
  const { block = BLOCK } = options;
  const reader = new StreamReader(options);
  let parts: Uint8Array[] = [];
  let size = 0;
  let dropped = 0;
  for await (const part of source) {
    if (reader.stopped) continue;
    const padding = onlyByte(reader.carry);
    if (size === 0 && reader.carry.length >= block && padding !== undefined && onlyByte(part) === padding) {
      dropped += part.length;
      continue;
    }
    parts.push(part);
    size += part.length;
    if (size < block) continue;
    reader.add(concatAll(parts), false);
    parts = [];
    size = 0;
  }
  if (!reader.stopped) reader.add(concatAll(parts), true);
  const { first, count, issues } = reader;
  return {
    format: first?.format ?? 'tcg2',
    registers: reader.all(),
    count,
    tail: reader.tail(dropped),
    issues,
  };
}
