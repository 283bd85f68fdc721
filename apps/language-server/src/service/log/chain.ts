/** The register's value over blocks: kept where each block begins, computed inside one when asked. */
import { ALGORITHMS, equalBytes, type Chain } from '@tsm/core';
import type { Block, Reading } from './block.ts';

/** A SYNC that states another value than the replay. */
export interface Mismatch {
  /** Number of the record in its block. */
  readonly record: number;
  readonly stated: Uint8Array;
  readonly replayed: Uint8Array;
}

/** What the chain says of one block. */
interface Link {
  readonly block: Block;
  /** Which reading of the block. */
  readonly reads: number;
  /** Value before its first record; undefined where nothing is known. */
  readonly start: Uint8Array | undefined;
  readonly end: Uint8Array | undefined;
  readonly mismatches: readonly Mismatch[];
  /** Number of the record that the chain starts at, where it starts in this block. */
  readonly anchor: number | undefined;
}

const NONE: readonly Mismatch[] = [];
const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && equalBytes(a, b));

/**
 * As the replay of the event-log package does it: the chain starts at the first stated value, or at zero where the log
 * states none; a SYNC after that is compared, and is an extend like any other line.
 */
export class ChainOverBlocks {
  private readonly reading: Reading;
  private readonly links: readonly Link[];

  constructor(reading: Reading, links: readonly Link[] = []) {
    this.reading = reading;
    this.links = links;
  }

  /** The chain over other blocks; those that stayed, and begin at the value they had, are not computed again. */
  over(blocks: readonly Block[], reading?: Reading): ChainOverBlocks {
    const next = reading ?? this.reading;
    if (!next.digests.has(next.algorithm)) return new ChainOverBlocks(next);
    const known = new Map(reading ? [] : this.links.map((link) => [link.block, link]));
    const started = blocks.findIndex((block) => block.stated().length > 0);
    const links: Link[] = [];
    const zero = new Uint8Array(ALGORITHMS[next.algorithm].size);
    let value: Uint8Array | undefined = started < 0 ? zero : undefined;
    for (const [number, block] of blocks.entries()) {
      const anchor = number === started ? block.stated()[0]?.[0] : undefined;
      const old = known.get(block);
      const link =
        old?.reads === block.reads && old.anchor === anchor && same(old.start, value)
          ? old
          : linkOf(block, value, anchor, next);
      links.push(link);
      value = link.end;
    }
    return new ChainOverBlocks(next, links);
  }

  /** Value at the end of the log. */
  get final(): Uint8Array | undefined {
    return this.links.at(-1)?.end;
  }

  /** Block and record that the chain starts at; undefined where it starts at zero before the first. */
  get anchor(): readonly [block: number, record: number] | undefined {
    const block = this.links.findIndex(({ anchor }) => anchor !== undefined);
    const record = this.links[block]?.anchor;
    return record === undefined ? undefined : [block, record];
  }

  mismatches(block: number): readonly Mismatch[] {
    return this.links[block]?.mismatches ?? NONE;
  }

  before(block: number, record: number): Uint8Array | undefined {
    const link = this.links[block];
    if (!link) return undefined;
    const { anchor } = link;
    if (anchor !== undefined && record < anchor) return undefined;
    const start = anchor === undefined ? link.start : link.block.record(anchor)?.value;
    if (!start) return undefined;
    const from = anchor === undefined ? 0 : link.block.row(anchor);
    const chain = this.reading.digests.chain(this.reading.algorithm, start);
    extendBy(chain, link.block, from, link.block.row(record));
    return chain.value();
  }

  /** The first record that has this value before it, in block and number. O(n). */
  find(value: Uint8Array): readonly [block: number, record: number] | undefined {
    for (const [number, link] of this.links.entries()) {
      for (const [record, before] of valuesBefore(link, this.reading))
        if (equalBytes(before, value)) return [number, record];
    }
    return undefined;
  }

  after(block: number, record: number): Uint8Array | undefined {
    const count = this.links[block]?.block.count ?? 0;
    if (record + 1 < count) {
      const anchored = this.links[block]?.anchor;
      return anchored !== undefined && record < anchored ? undefined : this.before(block, record + 1);
    }
    return this.links[block]?.end;
  }
}

/** Value before each record from the one that the chain starts at. */
function* valuesBefore({ block, start, anchor }: Link, { digests, algorithm }: Reading) {
  const begin = anchor === undefined ? start : block.record(anchor)?.value;
  if (!begin) return;
  const chain = digests.chain(algorithm, begin);
  for (let record = anchor ?? 0; record < block.count; record++) {
    yield [record, chain.value()] as const;
    const digest = block.digest(record);
    if (digest) chain.extend(digest);
  }
}

/** Extends by the rows `from`…`to` of a block. */
function extendBy(chain: Chain, { digests, extends: count }: Block, from: number, to: number): void {
  if (to <= from) return;
  const size = digests.length / count;
  if (chain.run) chain.run(digests, from * size, to - from);
  else for (let i = from; i < to; i++) chain.extend(digests.subarray(i * size, (i + 1) * size));
}

function linkOf(
  block: Block,
  start: Uint8Array | undefined,
  anchor: number | undefined,
  { digests, algorithm }: Reading,
): Link {
  const stated = block.stated();
  const begin = anchor === undefined ? start : stated[0]?.[1];
  const link = { block, reads: block.reads, start, end: undefined, mismatches: NONE, anchor };
  if (!begin) return link;
  const chain = digests.chain(algorithm, begin);
  const mismatches: Mismatch[] = [];
  let row = anchor === undefined ? 0 : block.row(anchor);
  for (const [record, value] of stated) {
    if (record === anchor || block.kind(record) !== 'sync') continue;
    extendBy(chain, block, row, block.row(record));
    row = block.row(record);
    const replayed = chain.value();
    if (!equalBytes(replayed, value)) mismatches.push({ record, stated: value, replayed });
  }
  extendBy(chain, block, row, block.extends);
  return { ...link, end: chain.value(), mismatches };
}
