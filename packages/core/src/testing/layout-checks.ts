/** Checks that hold for every byte-layout table, and values made from the table to check them with. */
import { equalBytes, guidText, latin1Text, toHex, utf16Text } from '../bytes.ts';
import type { Codec, Count } from '../layout/codec.ts';
import { Sink, type Siblings } from '../layout/cursor.ts';
import { decode, encode, type Layout } from '../layout/struct.ts';
import { leaves } from '../layout/tree.ts';
import { seededRandom, type Check, type Random } from './random.ts';

const ROUNDS = 50;
const MAX_COUNT = 5;

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}

/** Fields that say how many of another: they must stay small and true. */
function countNames(codec: Codec<unknown>): string[] {
  const { shape } = codec;
  if (shape.kind !== 'struct') return [];
  return Object.values(shape.rows).flatMap((row) => {
    const inner = row.codec.shape;
    return 'count' in inner && typeof inner.count === 'string' ? [inner.count] : [];
  });
}

function countOf(count: Count, siblings: Siblings): number {
  return Number(
    typeof count === 'string' ? siblings[count] : typeof count === 'function' ? count(siblings) : count,
  );
}

/** A random value that fits the codec. Enumerations take a known value, reserved bytes are zero. */
export function sampleValue(codec: Codec<unknown>, random: Random, siblings: Siblings = {}): unknown {
  const { shape } = codec;
  switch (shape.kind) {
    case 'uint': {
      if (shape.size === 8) return (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
      return random(2 ** (8 * shape.size));
    }
    case 'bytes':
      return randomBytes(random, countOf(shape.count, siblings));
    case 'ascii':
      return latin1Text(randomBytes(random, countOf(shape.count, siblings)));
    case 'utf16':
      return utf16Text(randomBytes(random, 2 * countOf(shape.count, siblings)));
    case 'reserved':
      return new Uint8Array(shape.size);
    case 'guid':
      return guidText(randomBytes(random, 16));
    case 'rest':
      return randomBytes(random, random(MAX_COUNT));
    case 'enum':
      return shape.table[random(shape.table.length)]?.value ?? 0;
    case 'flags': {
      const bits = Object.values(shape.table).filter(() => random(2) === 1);
      const value = bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
      return shape.base.size === 8 ? value : Number(value);
    }
    case 'prefixed':
      return sampleValue(shape.item, random, siblings);
    case 'window':
      return sampleValue(shape.item, random, siblings);
    case 'array':
      return Array.from({ length: countOf(shape.count, siblings) }, () =>
        sampleValue(shape.item, random, siblings),
      );
    case 'choice':
      return sampleValue(shape.pick(siblings), random, siblings);
    case 'struct': {
      const counts = new Set(countNames(codec));
      const value: Record<string, unknown> = {};
      for (const [name, row] of Object.entries(shape.rows)) {
        const small = counts.has(name) ? random(MAX_COUNT) : undefined;
        value[name] =
          small === undefined
            ? sampleValue(row.codec, random, value)
            : row.codec.size === 8
              ? BigInt(small)
              : small;
      }
      return fitWindows(codec, value);
    }
  }
}

/** A window's length field must equal what its item encodes to: set it after the item is known. */
function fitWindows(codec: Codec<unknown>, value: Record<string, unknown>): Record<string, unknown> {
  const { shape } = codec;
  if (shape.kind !== 'struct') return value;
  for (const [name, row] of Object.entries(shape.rows)) {
    const inner = row.codec.shape;
    if (inner.kind !== 'window' || typeof inner.count !== 'string') continue;
    const sink = new Sink();
    sink.siblings = value;
    inner.item.write(sink, value[name]);
    const { length } = sink;
    value[inner.count] = shape.rows[inner.count]?.codec.size === 8 ? BigInt(length) : length;
  }
  return value;
}

function expectTiles(layout: Layout<unknown>, bytes: Uint8Array): void {
  const { tree } = decode(layout, bytes);
  let offset = 0;
  for (const leaf of leaves(tree)) {
    if (leaf.length === 0) continue;
    if (leaf.offset !== offset)
      throw new Error(`${leaf.path} starts at byte ${String(leaf.offset)}, expected ${String(offset)}`);
    offset += leaf.length;
  }
  if (offset !== bytes.length)
    throw new Error(`fields cover ${String(offset)} of ${String(bytes.length)} bytes`);
}

/** For every table: fields tile the bytes, encode and decode are inverse, and no truncation throws. */
export function layoutChecks(table: Layout<unknown>, seed = 1): Check[] {
  const samples = (): Uint8Array[] => {
    const random = seededRandom(seed);
    return Array.from({ length: ROUNDS }, () => encode(table, sampleValue(table, random)));
  };
  return [
    {
      name: `${table.name}: fields tile the bytes with no gap and no overlap`,
      run() {
        for (const bytes of samples()) expectTiles(table, bytes);
      },
    },
    {
      name: `${table.name}: encode(decode(bytes)) is the bytes`,
      run() {
        for (const bytes of samples()) {
          const { value, issues } = decode(table, bytes);
          if (value === undefined)
            throw new Error(`decode failed: ${issues[0]?.message ?? ''} for ${toHex(bytes)}`);
          if (!equalBytes(encode(table, value), bytes))
            throw new Error(`not the same bytes for ${toHex(bytes)}`);
        }
      },
    },
    {
      name: `${table.name}: a cut at any byte gives an issue and never throws`,
      run() {
        for (const bytes of samples().slice(0, 5)) {
          for (let length = 0; length < bytes.length; length++) {
            const { value, issues } = decode(table, bytes.subarray(0, length));
            if (value !== undefined && !equalBytes(encode(table, value), bytes.subarray(0, length))) {
              throw new Error(`cut at ${String(length)}: a value that is not in the bytes`);
            }
            if (value === undefined && issues.length === 0)
              throw new Error(`cut at ${String(length)}: no issue`);
          }
        }
      },
    },
  ];
}
