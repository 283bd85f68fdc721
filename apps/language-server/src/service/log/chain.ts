/** The register's value over blocks: kept where each block begins, computed when and as far as it is asked for. */
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
 * states none; a SYNC after that is compared, and is an extend like any other line. It runs as far as somebody asks.
 */
export class ChainOverBlocks {
  private readonly reading: Reading;
  private readonly blocks: readonly Block[];
  /** What was computed last of each block, now or before an edit. */
  private readonly known: WeakMap<Block, Link>;
  /** The links of the first blocks. */
  private readonly links: Link[] = [];
  /** Number of the block that the chain starts in; -1 where it starts at zero before the first. */
  private readonly started: number;
  /** One for all blocks, where it can be set to a value. */
  private runner: Chain | undefined;

  constructor(
    reading: Reading,
    blocks: readonly Block[] = [],
    known: WeakMap<Block, Link> = new WeakMap<Block, Link>(),
  ) {
    this.reading = reading;
    this.blocks = reading.digests.has(reading.algorithm) ? blocks.slice() : [];
    this.known = known;
    this.started = this.blocks.findIndex((block) => block.stated().length > 0);
  }

  /** The chain over other blocks; those that stayed, and begin at the value they had, are not computed again. */
  over(blocks: readonly Block[], reading?: Reading): ChainOverBlocks {
    return reading
      ? new ChainOverBlocks(reading, blocks)
      : new ChainOverBlocks(this.reading, blocks, this.known);
  }

  /** What the chain says of a block: runs to there from where it stands. */
  private link(number: number): Link | undefined {
    for (let next = this.links.length; next <= number; next++) {
      const block = this.blocks[next];
      if (!block) return undefined;
      const value = next === 0 ? this.before0() : this.links[next - 1]?.end;
      const anchor = next === this.started ? block.stated()[0]?.[0] : undefined;
      const old = this.known.get(block);
      const fits = old?.reads === block.reads && old.anchor === anchor && same(old.start, value);
      const link = fits ? old : this.compute(block, value, anchor);
      this.known.set(block, link);
      this.links.push(link);
    }
    return this.links[number];
  }

  /** Value before the first block; undefined where a later line states the first one. */
  private before0(): Uint8Array | undefined {
    return this.started < 0 ? new Uint8Array(ALGORITHMS[this.reading.algorithm].size) : undefined;
  }

  /** A chain that stands at this value. */
  private from(start: Uint8Array): Chain {
    const { digests, algorithm } = this.reading;
    if (this.runner?.reset) this.runner.reset(start);
    else this.runner = digests.chain(algorithm, start);
    return this.runner;
  }

  private compute(block: Block, start: Uint8Array | undefined, anchor: number | undefined): Link {
    const stated = block.stated();
    const begin = anchor === undefined ? start : stated[0]?.[1];
    const link = { block, reads: block.reads, start, end: undefined, mismatches: NONE, anchor };
    if (!begin) return link;
    const chain = this.from(begin);
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

  /** Value at the end of the log. */
  get final(): Uint8Array | undefined {
    return this.link(this.blocks.length - 1)?.end;
  }

  /** Block and record that the chain starts at; undefined where it starts at zero before the first. */
  get anchor(): readonly [block: number, record: number] | undefined {
    const record = this.blocks[this.started]?.stated()[0]?.[0];
    return record === undefined ? undefined : [this.started, record];
  }

  /** Runs to the block only where it states something to compare. */
  mismatches(block: number): readonly Mismatch[] {
    const states = this.blocks[block]?.statesSync ?? false;
    return states ? (this.link(block)?.mismatches ?? NONE) : NONE;
  }

  before(block: number, record: number): Uint8Array | undefined {
    const link = this.link(block);
    if (!link) return undefined;
    const { anchor } = link;
    if (anchor !== undefined && record < anchor) return undefined;
    const start = anchor === undefined ? link.start : link.block.record(anchor)?.value;
    if (!start) return undefined;
    const from = anchor === undefined ? 0 : link.block.row(anchor);
    const chain = this.from(start);
    extendBy(chain, link.block, from, link.block.row(record));
    return chain.value();
  }

  /** The first record that has this value before it, in block and number. O(n). */
  find(value: Uint8Array): readonly [block: number, record: number] | undefined {
    for (const number of this.blocks.keys()) {
      const link = this.link(number);
      if (!link) return undefined;
      for (const [record, before] of valuesBefore(link, this.reading))
        if (equalBytes(before, value)) return [number, record];
    }
    return undefined;
  }

  after(block: number, record: number): Uint8Array | undefined {
    const link = this.link(block);
    if (record + 1 < (link?.block.count ?? 0)) {
      const anchored = link?.anchor;
      return anchored !== undefined && record < anchored ? undefined : this.before(block, record + 1);
    }
    return link?.end;
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
