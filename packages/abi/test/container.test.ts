/** Containers: many report items, a part of the tree for each container, and writers that get in each other's way. */
import { containerTree, createGuest, type AbiTree } from '@tsm/abi';
import { equalBytes, utf8Text } from '@tsm/core';
import tdx from '@tsm/provider-tdx';
import { describe, expect, it } from 'vitest';
import { change, code, guestOf, names, read, REPORT, text, write } from './support/trees.ts';

const filled = (value: number): Uint8Array => new Uint8Array(64).fill(value);
const RTMR = (index: number): string =>
  `/sys/devices/virtual/misc/tdx_guest/measurements/rtmr${index}:sha384`;

/** A guest whose reports are what was asked for. */
function echo() {
  const guest = createGuest();
  guest.tsm.registerReport({
    driver: { name: 'echo', inblob: { min: 1, max: 64 }, attributes: [] },
    produce: ({ inblob }) => ({ outblob: inblob }),
  });
  return guest;
}

/** Steps on maps while the action runs: look-ups, changes, and entries that are walked over. */
function stepsOf(action: () => void): number {
  const prototype = Map.prototype as unknown as Record<string | symbol, (...args: unknown[]) => unknown>;
  const plain = ['get', 'has', 'set', 'delete'] as const;
  const walks = ['entries', 'values', 'keys', Symbol.iterator] as const;
  const original = new Map([...plain, ...walks].map((name) => [name, prototype[name]!] as const));
  const saved = [...original];
  let steps = 0;
  for (const [name, own] of saved) {
    prototype[name] = function (this: unknown, ...args: unknown[]) {
      steps++;
      const result = own.apply(this, args);
      if (!walks.includes(name as never)) return result;
      const iterator = result as { next: () => unknown };
      const next = iterator.next.bind(iterator);
      return Object.assign(iterator, { next: () => (steps++, next()) });
    };
  }
  try {
    action();
  } finally {
    for (const [name, own] of saved) prototype[name] = own;
  }
  return steps;
}

/** The life of one item. */
function life(tree: AbiTree, name: string, value: number): void {
  change(tree, 'mkdir', `${REPORT}/${name}`);
  write(tree, `${REPORT}/${name}/inblob`, filled(value));
  if (!equalBytes(read(tree, `${REPORT}/${name}/outblob`), filled(value))) throw new Error('another report');
  if (text(tree, `${REPORT}/${name}/generation`) !== '1\n') throw new Error('another generation');
}

describe('many report items', () => {
  it('cost the same each, beside ten and beside ten thousand others', { timeout: 60_000 }, () => {
    const cost = (others: number): number => {
      const { tree } = echo();
      for (let i = 0; i < others; i++) life(tree, `item${i}`, i % 256);
      return stepsOf(() => {
        life(tree, 'one', 7);
        change(tree, 'rmdir', `${REPORT}/one`);
      });
    };
    const few = cost(10);
    expect(few).toBeGreaterThan(10);
    expect(cost(10_000)).toBe(few);
  });

  it('cost the same in containers, however many those are', { timeout: 60_000 }, () => {
    const cost = (others: number): number => {
      const { tree } = echo();
      for (let i = 0; i < others; i++) life(containerTree(tree, { name: `c${i}` }), 'item', i % 256);
      const container = containerTree(tree, { name: 'one' });
      return stepsOf(() => {
        life(container, 'item', 7);
        change(container, 'rmdir', `${REPORT}/item`);
      });
    };
    expect(cost(2000)).toBe(cost(10));
  });

  it('keep apart what they were asked', { timeout: 60_000 }, () => {
    const { tree } = echo();
    for (let i = 0; i < 1000; i++) change(tree, 'mkdir', `${REPORT}/i${i}`);
    for (let i = 0; i < 1000; i++) write(tree, `${REPORT}/i${i}/inblob`, filled(i % 256));
    for (let i = 0; i < 1000; i++)
      expect(equalBytes(read(tree, `${REPORT}/i${i}/outblob`), filled(i % 256))).toBe(true);
  });
});

describe('a container', () => {
  it('sees its own report items and no others, by its own names', () => {
    const { tree } = echo();
    const [a, b] = [containerTree(tree, { name: 'a' }), containerTree(tree, { name: 'b' })];
    life(a, 'report0', 1);
    life(b, 'report0', 2);
    change(tree, 'mkdir', `${REPORT}/host`);
    expect(names(a, REPORT)).toEqual(['report0']);
    expect(names(b, REPORT)).toEqual(['report0']);
    expect(names(tree, REPORT)).toEqual(['a.report0', 'b.report0', 'host']);
    expect(read(a, `${REPORT}/report0/outblob`)).toEqual(filled(1));
    expect(code(() => a.resolve(`${REPORT}/b.report0`))).toBe('ENOENT');
    expect(code(() => change(a, 'mkdir', `${REPORT}/report0`))).toBe('EEXIST');
    change(a, 'rmdir', `${REPORT}/report0`);
    expect(names(tree, REPORT)).toEqual(['b.report0', 'host']);
    expect(names(a, '/sys')).toEqual(['kernel']);
  });

  it('sees the registers that it was handed, and no others', () => {
    const { tree } = guestOf(tdx);
    const byClass = '/sys/class/misc/tdx_guest/measurements/rtmr3:sha384';
    const container = containerTree(tree, { name: 'a', paths: [RTMR(3), byClass], readOnly: [RTMR(2)] });
    expect(names(container, '/sys/devices/virtual/misc/tdx_guest/measurements')).toEqual([
      'rtmr3:sha384',
      'rtmr2:sha384',
    ]);
    write(container, byClass, new Uint8Array(48));
    expect(read(tree, RTMR(3))).toEqual(read(container, RTMR(3)));
    expect(read(container, RTMR(3)).some((byte) => byte !== 0)).toBe(true);
    expect(code(() => write(container, RTMR(2), new Uint8Array(48)))).toBe('EROFS');
    expect(read(container, RTMR(2))).toEqual(new Uint8Array(48));
    expect(code(() => container.resolve(RTMR(0)))).toBe('ENOENT');
  });

  it('may be handed a register with its log, or may only read it', () => {
    const { tree } = guestOf(tdx, { profile: 'unified' });
    const own = '/sys/kernel/tsm/tdx_guest/rtmr3';
    const writer = containerTree(tree, { name: 'a', paths: [own] });
    const reader = containerTree(tree, { name: 'b', readOnly: [own] });
    write(writer, `${own}/append_event`, 'example.com/app start v1');
    expect(text(reader, `${own}/event_log`)).toContain('example.com/app start v1');
    expect(code(() => write(reader, `${own}/append_event`, 'x'))).toBe('EROFS');
    expect(names(writer, '/sys/kernel/tsm')).toEqual(['tdx_guest']);
    expect(names(reader, own)).toEqual(names(tree, own));
    expect(reader.resolve(own)).toEqual(reader.resolve(own));
  });

  it('may be handed an item that the host made, and cannot remove it', () => {
    const { tree } = echo();
    change(tree, 'mkdir', `${REPORT}/for-a`);
    const container = containerTree(tree, { name: 'a', paths: [`${REPORT}/for-a`] });
    write(container, `${REPORT}/for-a/inblob`, filled(5));
    expect(read(tree, `${REPORT}/for-a/outblob`)).toEqual(filled(5));
    expect(code(() => change(container, 'rmdir', `${REPORT}/for-a`))).toBe('EBUSY');
    change(tree, 'rmdir', `${REPORT}/for-a`);
    expect(code(() => read(container, `${REPORT}/for-a/generation`))).toBe('ENOENT');
  });

  it('outlives what the host takes away', () => {
    const { tree } = echo();
    const container = containerTree(tree, { name: 'a' });
    life(container, 'x', 1);
    change(tree, 'rmdir', `${REPORT}/a.x`);
    expect(code(() => read(container, `${REPORT}/x/outblob`))).toBe('ENOENT');
    change(container, 'rmdir', `${REPORT}/x`);
    life(container, 'x', 2);
  });

  it('can have containers of its own', () => {
    const { tree } = echo();
    const inner = containerTree(containerTree(tree, { name: 'a' }), { name: 'b' });
    life(inner, 'x', 1);
    expect(names(tree, REPORT)).toEqual(['a.b.x']);
  });

  it('refuses what cannot be', () => {
    const { tree } = echo();
    for (const name of ['', 'a/b', 'a.b']) expect(() => containerTree(tree, { name })).toThrow(RangeError);
    expect(code(() => containerTree(tree, { name: 'a', paths: ['/none'] }))).toBe('ENOENT');
    change(tree, 'mkdir', `${REPORT}/x`);
    const twice = [`${REPORT}/x`, `${REPORT}/x`];
    expect(() => containerTree(tree, { name: 'a', paths: twice })).toThrow(RangeError);
    for (const path of ['sys', '/sys/../sys', '/sys/', `${REPORT}/x/inblob`])
      expect(() => containerTree(tree, { name: 'a', paths: [path] })).toThrow(RangeError);
    const container = containerTree(tree, { name: 'abc' });
    expect(code(() => change(container, 'mkdir', `${REPORT}/${'n'.repeat(252)}`))).toBe('ENAMETOOLONG');
    change(container, 'mkdir', `${REPORT}/${'n'.repeat(251)}`);
    const { tree: none } = createGuest();
    expect(code(() => change(containerTree(none, { name: 'a' }), 'mkdir', `${REPORT}/x`))).toBe('ENXIO');
  });
});

describe('two writers of one item', () => {
  /** A client of the protocol: remembers the generation, counts its writes, and compares after it has read. */
  class Writer {
    private readonly tree: AbiTree;
    private readonly path: string;
    private expected: number;

    constructor(tree: AbiTree, path: string) {
      this.tree = tree;
      this.path = path;
      this.expected = this.generation();
    }

    write(value: number): void {
      write(this.tree, `${this.path}/inblob`, filled(value));
      this.expected++;
    }

    /** The report, or undefined when somebody interfered. */
    report(): Uint8Array | undefined {
      const outblob = read(this.tree, `${this.path}/outblob`);
      return this.generation() === this.expected ? outblob : undefined;
    }

    private generation(): number {
      return Number(text(this.tree, `${this.path}/generation`));
    }
  }

  it('the loser sees another generation than it expects, in whichever order they write', () => {
    const { tree } = echo();
    change(tree, 'mkdir', `${REPORT}/shared`);
    const options = { paths: [`${REPORT}/shared`] };
    const views = ['a', 'b'].map((name) => containerTree(tree, { name, ...options }));
    const [first, second] = views.map((view) => new Writer(view, `${REPORT}/shared`));
    first!.write(1);
    second!.write(2);
    // Both wrote: what is read is the last one's, and neither takes it for an answer to its own request alone.
    expect(first!.report()).toBeUndefined();
    expect(second!.report()).toBeUndefined();
    const winner = new Writer(views[1]!, `${REPORT}/shared`);
    winner.write(3);
    expect(winner.report()).toEqual(filled(3));
    expect(first!.report()).toBeUndefined();
  });

  it('a write of the same bytes counts as well', () => {
    const { tree } = echo();
    change(tree, 'mkdir', `${REPORT}/shared`);
    const [first, second] = [new Writer(tree, `${REPORT}/shared`), new Writer(tree, `${REPORT}/shared`)];
    first.write(1);
    expect(first.report()).toEqual(filled(1));
    second.write(1);
    expect(utf8Text(read(tree, `${REPORT}/shared/generation`))).toBe('2\n');
    expect(first.report()).toBeUndefined();
  });
});
