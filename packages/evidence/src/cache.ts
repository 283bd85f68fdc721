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

/**
 * The value under this key, made on its first use. `undefined` and `false` are not kept, so that bad evidence never
 * pushes out what is known of good evidence; nor is anything kept when `make` fails.
 */
export async function remembered<T>(
  cache: VerifyCache | undefined,
  key: string,
  make: () => Promise<T> | T,
): Promise<T> {
  const known = cache?.get(key);
  if (known !== undefined) return known as T;
  const value = await make();
  if (value !== undefined && value !== false) cache?.set(key, value);
  return value;
}
