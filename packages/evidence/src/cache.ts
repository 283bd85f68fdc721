/** The cache of verifications: what was verified once, by content. */
import type { VerifyCache } from '@tsm/core';

/** Keeps the `entries` that were used last. */
export function createVerifyCache(entries = 4096): VerifyCache {
  if (!Number.isInteger(entries) || entries < 1)
    throw new RangeError(`entries: expected a whole number above 0, got ${String(entries)}`);
  // A map keeps the order in which its keys came in.
  const kept = new Map<string, unknown>();
  return {
    get(key) {
      const value = kept.get(key);
      if (value === undefined) return undefined;
      kept.delete(key);
      kept.set(key, value);
      return value;
    },
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      if (kept.size > entries) {
        const [oldest] = kept.keys();
        if (oldest !== undefined) kept.delete(oldest);
      }
    },
  };
}

/** What is being made at this moment, by cache: two who ask at the same time wait for one answer. */
const started = new WeakMap<VerifyCache, Map<string, Promise<unknown>>>();

function startedIn(cache: VerifyCache): Map<string, Promise<unknown>> {
  const known = started.get(cache);
  if (known) return known;
  const made = new Map<string, Promise<unknown>>();
  started.set(cache, made);
  return made;
}

/**
 * The value under this key, made on its first use. `undefined` and `false` are not kept, so that bad evidence never
 * pushes out what is known of good evidence; nor is anything kept when `make` fails.
 */
export async function remembered<T>(
  cache: VerifyCache | undefined,
  key: string,
  make: () => Promise<T> | T,
): Promise<T> {
  if (!cache) return make();
  const known = cache.get(key);
  if (known !== undefined) return known as T;
  const running = startedIn(cache);
  const begun = running.get(key);
  if (begun) return begun as Promise<T>;
  const making = (async () => {
    // Not before it stands in the map, out of which it is taken when it ends.
    await Promise.resolve();
    try {
      const value = await make();
      if (value !== undefined && value !== false) cache.set(key, value);
      return value;
    } finally {
      running.delete(key);
    }
  })();
  running.set(key, making);
  return making;
}
