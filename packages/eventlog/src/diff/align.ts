/**
 * Alignment of two sequences of keys: the hunks in which they differ. Myers' greedy algorithm ("An O(ND) Difference
 * Algorithm and Its Variations", 1986), O((n + m) × differences); sequences that differ too much are aligned at the keys
 * that both have once, in the longest order they share.
 */

/** Items `fromA`…`toA` − 1 of the first sequence stand where items `fromB`…`toB` − 1 of the second do. */
export interface Hunk {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/** More differences than this are not followed one by one: time and memory stay bounded. */
const MAX_DIFFERENCES = 1000;

type Keys = ArrayLike<number>;
type Pair = readonly [a: number, b: number];

/** Values of the furthest-reaching paths after each number of differences; undefined when there are too many. */
function furthest(a: Keys, b: Keys): Int32Array[] | undefined {
  const n = a.length;
  const m = b.length;
  const max = Math.min(n + m, MAX_DIFFERENCES);
  const reach = new Int32Array(2 * max + 3);
  const trace: Int32Array[] = [];
  for (let d = 0; d <= max; d++) {
    trace.push(reach.slice(max + 1 - d, max + 2 + d));
    for (let k = -d; k <= d; k += 2) {
      const below = reach[max + 1 + k - 1] ?? 0;
      const above = reach[max + 1 + k + 1] ?? 0;
      let x = k === -d || (k !== d && below < above) ? above : below + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) x++;
      reach[max + 1 + k] = x;
      if (x >= n && x - k >= m) return trace;
    }
  }
  return undefined;
}

/** Walks the paths back: the pairs that are equal, last first. */
function walkBack(trace: readonly Int32Array[], n: number, m: number): Pair[] {
  const pairs: Pair[] = [];
  let x = n;
  let y = m;
  for (let d = trace.length - 1; d >= 0; d--) {
    // Row `d` was kept before step d, and holds the diagonals −d…d of step d − 1.
    const row = trace[d];
    const at = (k: number): number => row?.[k + d] ?? 0;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const before = d === 0 ? 0 : at(down ? k + 1 : k - 1);
    const beforeY = d === 0 ? 0 : before - (down ? k + 1 : k - 1);
    while (x > before && y > beforeY) pairs.push([--x, --y]);
    x = before;
    y = beforeY;
  }
  return pairs.reverse();
}

/** Position of each key that stands once; −1 for one that stands more often. */
function once(keys: Keys): Map<number, number> {
  const places = new Map<number, number>();
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? 0;
    places.set(key, places.has(key) ? -1 : i);
  }
  return places;
}

/** The longest run of pairs that ascends in both (patience sorting). */
function ascending(pairs: readonly Pair[]): Pair[] {
  const tops: number[] = [];
  const previous: number[] = [];
  pairs.forEach(([, b], i) => {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] ?? 0]?.[1] ?? 0) < b) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? (tops[low - 1] ?? -1) : -1;
    tops[low] = i;
  });
  const found: Pair[] = [];
  for (let i = tops.at(-1) ?? -1; i >= 0; i = previous[i] ?? -1) {
    const pair = pairs[i];
    if (pair) found.push(pair);
  }
  return found.reverse();
}

function byUniqueKeys(a: Keys, b: Keys): Pair[] {
  const inB = once(b);
  const pairs: Pair[] = [];
  for (const [key, at] of once(a)) {
    const other = inB.get(key) ?? -1;
    if (at >= 0 && other >= 0) pairs.push([at, other]);
  }
  return ascending(pairs.sort(([one], [two]) => one - two));
}

function commonPrefix(a: Keys, b: Keys): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return i;
}

/** The pairs of equal items, ascending in both. */
function pairsOf(a: Int32Array, b: Int32Array): Pair[] {
  const trace = furthest(a, b);
  return trace ? walkBack(trace, a.length, b.length) : byUniqueKeys(a, b);
}

/** The hunks in which the two differ, in order; none when they are equal. */
export function align(a: Int32Array, b: Int32Array): Hunk[] {
  const prefix = commonPrefix(a, b);
  let endA = a.length;
  let endB = b.length;
  while (endA > prefix && endB > prefix && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const inner = pairsOf(a.subarray(prefix, endA), b.subarray(prefix, endB));
  const hunks: Hunk[] = [];
  let fromA = prefix;
  let fromB = prefix;
  const close = (toA: number, toB: number): void => {
    if (toA > fromA || toB > fromB) hunks.push({ fromA, toA, fromB, toB });
  };
  for (const [x, y] of inner) {
    close(prefix + x, prefix + y);
    fromA = prefix + x + 1;
    fromB = prefix + y + 1;
  }
  close(endA, endB);
  return hunks;
}

/** Numbers texts, the same text always the same. */
export class KeyNumbers {
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    let number = this.numbers.get(text);
    if (number === undefined) this.numbers.set(text, (number = this.numbers.size));
    return number;
  }
}
