/** The journal of a machine: one line a change. The machine is what its journal replays to, so there is no other state. */
import { fromHex, toHex, TsmError, type Launch } from '@tsm/core';

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

export type JournalEntry = Created | Extended | Logged;

/** Where entries are kept. `write` resolves once the entry cannot be lost. */
export interface Journal {
  write(entry: JournalEntry): Promise<void>;
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
  const json = JSON.parse(line) as Json;
  const op = text(json, 'op');
  if (op === 'create') return created(json);
  if (op === 'extend') return { op, register: text(json, 'register'), digest: bytes(json, 'digest') };
  if (op === 'append') return { op, register: text(json, 'register'), event: text(json, 'event') };
  throw new TypeError(`op ${JSON.stringify(op)} is not known`);
}

/**
 * The entries of a journal file. A last line without a line feed was cut while it was written and never took effect: it
 * is left out. Any other line that does not parse is a TsmError `journal.corrupt` that names the line.
 */
export function parseJournal(content: string): JournalEntry[] {
  const lines = content.split('\n').slice(0, -1);
  return lines.map((line, i) => {
    try {
      return parseEntry(line);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new TsmError('journal.corrupt', `journal line ${i + 1}: ${why}`);
    }
  });
}
