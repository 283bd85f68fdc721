/** What was worked out for some bytes, found again by these bytes. Compares with a copy: that is cheaper than a hash, and as safe. */
import type { VerifyCache } from '@tsm/core';

interface Kept {
  readonly parts: readonly Uint8Array[];
  readonly value: unknown;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Every so many bytes go into the key, which only has to tell apart what is kept. */
const STRIDE = 64;

function keyOf(kind: string, parts: readonly Uint8Array[]): string {
  let sum = FNV_OFFSET;
  let sizes = '';
  for (const part of parts) {
    for (let i = 0; i < part.length; i += STRIDE) sum = Math.imul(sum ^ (part[i] ?? 0), FNV_PRIME);
    sizes += `:${String(part.length)}`;
  }
  return `${kind}:${String(sum >>> 0)}${sizes}`;
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);

/** As equalBytes of core, for thousands of bytes on every call: four at a time, wherever they stand. */
function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  if (a.length !== b?.length) return false;
  const [words, others] = [viewOf(a), viewOf(b)];
  const whole = a.length & ~3;
  for (let i = 0; i < whole; i += 4) if (words.getInt32(i) !== others.getInt32(i)) return false;
  for (let i = whole; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What was kept for exactly these bytes, or undefined. */
export function recall(cache: VerifyCache | undefined, kind: string, parts: readonly Uint8Array[]): unknown {
  const kept = cache?.get(keyOf(kind, parts)) as Kept | undefined;
  if (kept?.parts.length !== parts.length) return undefined;
  return kept.parts.every((part, i) => same(part, parts[i])) ? kept.value : undefined;
}

export function keep(cache: VerifyCache, kind: string, parts: readonly Uint8Array[], value: unknown): void {
  const kept: Kept = { parts: parts.map((part) => part.slice()), value };
  cache.set(keyOf(kind, parts), kept);
}
