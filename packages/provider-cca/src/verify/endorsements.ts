/** The platform keys (CPAKs) that a caller trusts: PEM, JWK, DER, points, and stores that name the platform of each key. */
import { equalBytes, fromHex, latin1Text, utf8Bytes, type Digests, type VerifyOptions } from '@tsm/core';
import { publicKeyFrom, readCollateral, remembered } from '@tsm/evidence';

/** A key, and the platform that it is of, where the endorsement says it. */
export interface Endorsement {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly implementationId?: Uint8Array | undefined;
  readonly instanceId?: Uint8Array | undefined;
}

export interface Endorsements {
  readonly keys: readonly Endorsement[];
  /** What was given and is no key, in words. */
  readonly unread: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JWK, or PEM text, inside JSON. */
function keyOf(value: unknown): Uint8Array | undefined {
  const text = typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : undefined;
  return text === undefined ? undefined : publicKeyFrom(utf8Bytes(text))?.spki;
}

const bytesOf = (value: unknown): Uint8Array | undefined =>
  typeof value === 'string' ? fromHex(value) : undefined;

/** An id that stands there and cannot be read matches no platform. */
function idOf(entry: Json, name: string): Uint8Array | undefined {
  return entry[name] === undefined ? undefined : (bytesOf(entry[name]) ?? new Uint8Array(0));
}

/** Trust anchors as Trustee and Veraison store them, JWK sets, and lists of JWKs. */
function jsonKeys(value: unknown): Endorsement[] {
  const entries = isObject(value) && Array.isArray(value['keys']) ? value['keys'] : value;
  return (Array.isArray(entries) ? (entries as unknown[]) : [entries]).flatMap((entry) => {
    if (!isObject(entry)) return [];
    const spki = keyOf(entry['pkey'] ?? entry);
    if (!spki) return [];
    const ids = {
      implementationId: idOf(entry, 'implementation-id'),
      instanceId: idOf(entry, 'instance-id'),
    };
    return [{ spki, ...ids }];
  });
}

function read(files: readonly Uint8Array[]): Endorsements {
  const keys: Endorsement[] = [];
  const unread: string[] = [];
  for (const [i, file] of files.entries()) {
    const { keys: plain, json, issues } = readCollateral([file]);
    const found = [...plain.map(({ spki }) => ({ spki })), ...json.flatMap(({ value }) => jsonKeys(value))];
    const [issue] = issues;
    if (found.length === 0) unread.push(`file ${String(i)}: ${issue?.message ?? 'holds no platform key'}`);
    keys.push(...found);
  }
  return { keys, unread };
}

/** What the caller gives: `trustAnchors` alone where there are any, else the keys in the collateral. */
export async function endorsementsOf(
  { collateral = [], trustAnchors, cache }: VerifyOptions,
  digests: Digests,
): Promise<Endorsements> {
  const files = trustAnchors ?? collateral;
  if (!cache) return read(files);
  const content = files.map((file) => latin1Text(digests.digest('sha256', file))).join('');
  return remembered(cache, `cca.endorsements:${content}`, () => read(files));
}

/** The keys that may be of this platform. */
export function endorsementsFor(
  keys: readonly Endorsement[],
  implementationId: Uint8Array | undefined,
  instanceId: Uint8Array | undefined,
): readonly Endorsement[] {
  const fits = (wanted: Uint8Array | undefined, is: Uint8Array | undefined): boolean =>
    wanted === undefined || (is !== undefined && equalBytes(wanted, is));
  return keys.filter(
    (one) => fits(one.implementationId, implementationId) && fits(one.instanceId, instanceId),
  );
}
