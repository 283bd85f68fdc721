/** The journal of a machine: one line a change. The machine is what its journal replays to, so there is no other state. */
import { fromHex, toHex, TsmError, utf8Bytes, utf8Text, type Issue, type Launch } from '@tsm/core';

/** How a machine came to be; the first entry of every journal. */
export interface Created {
  readonly op: 'create';
  readonly version: 1;
  readonly id: string;
  /** Provider id or module, as it was named. */
  readonly provider: string;
  readonly seed: Uint8Array;
  readonly now: Date;
  readonly values: Readonly<Record<string, Uint8Array>>;
  /** The initial memory image, where the machine was launched with one. */
  readonly image?: Uint8Array;
  /** Whether the sample firmware boot was measured at launch. */
  readonly boot: boolean;
}

/** A direct extend: nothing says what was measured. */
export interface Extended {
  readonly op: 'extend';
  readonly register: string;
  readonly digest: Uint8Array;
}

/** An event appended to a register's log. */
export interface Logged {
  readonly op: 'append';
  readonly register: string;
  readonly event: string;
}

/** An event of the attestation agent: `domain operation content`. */
export interface Tagged {
  readonly op: 'aael';
  readonly register: string;
  readonly event: string;
}

/** What changes a machine. */
export type Entry = Extended | Logged | Tagged;

export type JournalEntry = Created | Entry;

/**
 * Where entries are kept. Others may write to the same journal, in this process or another one: whoever uses it follows
 * it, and writes only while nobody else does.
 */
export interface Journal {
  /** Entries of others since the last call, in order. */
  follow(): readonly JournalEntry[];
  /** Returns once the entry cannot be lost; when it throws, the journal is as it was. Only inside a step. */
  write(entry: JournalEntry): void;
  /** Runs the step when nobody else writes, and keeps others from writing until it is done. */
  exclusive<T>(step: () => T): Promise<T>;
  /** As `exclusive`, but the thread waits. */
  exclusiveSync<T>(step: () => T): T;
  /** The error `journal.corrupt` for a line that cannot be replayed: where it is, why, and the way out. */
  corrupt(line: number, why: string): TsmError;
}

/** A journal that nobody else writes to. */
export function privateJournal(write: (entry: JournalEntry) => void = () => undefined): Journal {
  return {
    follow: () => [],
    write,
    exclusive: (step) => new Promise((resolve) => resolve(step())),
    exclusiveSync: (step) => step(),
    corrupt: (line, why) => new TsmError('journal.corrupt', `journal line ${String(line)}: ${why}`),
  };
}

/** The launch that a `create` entry describes. */
export function launchOf({ seed, now, values, image }: Created): Launch {
  return { seed, now, values, ...(image ? { image } : {}) };
}

/** One line of JSON, without the line feed. Bytes are hex, dates ISO 8601. */
export function formatEntry(entry: JournalEntry): string {
  return JSON.stringify(entry, function (this: Record<string, unknown>, key, shown: unknown) {
    const value = this[key];
    return value instanceof Uint8Array ? toHex(value) : shown;
  });
}

type Json = Readonly<Record<string, unknown>>;

function text(json: Json, key: string): string {
  const value = json[key];
  if (typeof value !== 'string') throw new TypeError(`${key} must be a string`);
  return value;
}

function bytes(json: Json, key: string): Uint8Array {
  const value = fromHex(text(json, key));
  if (!value) throw new TypeError(`${key} must be hex`);
  return value;
}

function created(json: Json): Created {
  if (json['version'] !== 1) throw new TypeError(`version ${String(json['version'])} is not known`);
  const now = new Date(text(json, 'now'));
  if (Number.isNaN(now.getTime())) throw new TypeError('now must be a date');
  const values = (json['values'] ?? {}) as Json;
  return {
    op: 'create',
    version: 1,
    id: text(json, 'id'),
    provider: text(json, 'provider'),
    seed: bytes(json, 'seed'),
    now,
    values: Object.fromEntries(Object.keys(values).map((key) => [key, bytes(values, key)])),
    boot: json['boot'] === true,
    ...(json['image'] === undefined ? {} : { image: bytes(json, 'image') }),
  };
}

function parseEntry(line: string): JournalEntry {
  const json = JSON.parse(line) as Json | null;
  if (typeof json !== 'object' || json === null) throw new TypeError('an entry must be an object');
  const op = text(json, 'op');
  if (op === 'create') return created(json);
  if (op === 'extend') return { op, register: text(json, 'register'), digest: bytes(json, 'digest') };
  if (op === 'append' || op === 'aael')
    return { op, register: text(json, 'register'), event: text(json, 'event') };
  throw new TypeError(`op ${JSON.stringify(op)} is not known`);
}

/** Entries of a journal with their places, up to the first line that is none. */
export interface DecodedJournal {
  readonly entries: readonly JournalEntry[];
  /** Offset of the end of each entry, line feed included. */
  readonly ends: readonly number[];
  /** The line that is no entry: `journal.corrupt`, with its path `line N`, offset and length. */
  readonly issue?: Issue;
}

const LINE_FEED = 0x0a;

/**
 * Reads a journal, or its continuation from line `firstLine` on. What follows the last line feed was cut while it was
 * written and never took effect: it is left out. Never throws.
 */
export function decodeJournal(bytes: Uint8Array, firstLine = 1): DecodedJournal {
  const entries: JournalEntry[] = [];
  const ends: number[] = [];
  for (let from = 0; ;) {
    const end = bytes.indexOf(LINE_FEED, from) + 1;
    if (end === 0) return { entries, ends };
    const line = firstLine + entries.length;
    try {
      const entry = parseEntry(utf8Text(bytes.subarray(from, end)));
      if ((entry.op === 'create') !== (line === 1))
        throw new TypeError(line === 1 ? 'expected the create entry' : 'only the first entry is a create');
      entries.push(entry);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const place = { path: `line ${String(line)}`, offset: from, length: end - from };
      return { entries, ends, issue: { code: 'journal.corrupt', severity: 'error', ...place, message: why } };
    }
    ends.push(end);
    from = end;
  }
}

/** The entries of a journal file. A line that is none is a TsmError `journal.corrupt` that names it. */
export function parseJournal(content: string): readonly JournalEntry[] {
  const { entries, issue } = decodeJournal(utf8Bytes(content));
  if (issue) throw new TsmError(issue.code, `journal ${issue.path}: ${issue.message}`, issue);
  return entries;
}
