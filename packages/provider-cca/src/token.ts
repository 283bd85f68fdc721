/** CCA tokens, decoded: the outer form, both signed tokens, and their claims. Nothing is verified here. */
import type { Issue, Place } from '@tsm/core';
import { cborGet, decodeSign1, readCbor, type CborItem, type Sign1 } from '@tsm/evidence';
import { claimIssues } from './claim-issues.ts';
import { claimLabel, PLATFORM_CLAIMS, REALM_CLAIMS, type ClaimRow } from './claims.ts';
import { CONTENT_FORMAT, LABEL, MEDIA_TYPE, TAG, type TokenRole } from './form.ts';
import { CCA_ISSUES } from './issues.ts';
import { itemWords } from './item-words.ts';

export const CLAIM_ROWS: Readonly<Record<TokenRole, readonly ClaimRow[]>> = {
  platform: PLATFORM_CLAIMS,
  realm: REALM_CLAIMS,
};

/** One of the two tokens. */
export interface SignedToken {
  readonly role: TokenRole;
  readonly sign1: Sign1;
  /** Bytes of the COSE_Sign1. */
  readonly bytes: Uint8Array;
  readonly place: Place;
  /** The map of claims; undefined where the payload is none. */
  readonly claims: CborItem | undefined;
  /** What is wrong with the claims. */
  readonly claimIssues: readonly Issue[];
}

export interface CcaToken {
  /** `token-907`, `token-399`, one token alone, or `unknown`. */
  readonly format: 'token-907' | 'token-399' | 'platform-token' | 'realm-token' | 'unknown';
  /** The whole, as CBOR. */
  readonly item: CborItem | undefined;
  readonly platform: SignedToken | undefined;
  readonly realm: SignedToken | undefined;
  /** What is wrong around the claims. */
  readonly issues: readonly Issue[];
  /** Bytes used. */
  readonly length: number;
}

/** A claim by its name; undefined where the token has none. */
export function claimOf(token: SignedToken | undefined, name: string): CborItem | undefined {
  return token && cborGet(token.claims, claimLabel(CLAIM_ROWS[token.role], name));
}

/** The bytes of a claim; undefined where it is absent or of another type. */
export function claimBytes(token: SignedToken | undefined, name: string): Uint8Array | undefined {
  const item = claimOf(token, name);
  return item?.kind === 'bytes' ? item.value : undefined;
}

/** The text of a claim; undefined where it is absent or of another type. */
export function claimText(token: SignedToken | undefined, name: string): string | undefined {
  const item = claimOf(token, name);
  return item?.kind === 'text' ? item.value : undefined;
}

/** The life-cycle claim; undefined where it is absent or no number of 16 bits. */
export function lifecycleClaim(token: SignedToken | undefined): number | undefined {
  const item = claimOf(token, 'lifecycle');
  if (item?.kind !== 'int') return undefined;
  const value = Number(item.value);
  return value >= 0 && value <= 0xffff ? value : undefined;
}

/** A register as it is claimed. */
export interface RegisterClaim {
  /** `rim`, `rem0`, … */
  readonly name: string;
  readonly value: Uint8Array;
  /** Offset of the value. */
  readonly offset: number;
}

/** RIM and REMs, those of them that are byte strings. */
export function registerClaims(token: SignedToken | undefined): readonly RegisterClaim[] {
  const rems = claimOf(token, 'extensible-measurements');
  const items = rems?.kind === 'array' ? rems.items.slice(0, 4) : [];
  return [claimOf(token, 'initial-measurement'), ...items].flatMap((item, i) => {
    if (item?.kind !== 'bytes') return [];
    return [{ name: i === 0 ? 'rim' : `rem${String(i - 1)}`, value: item.value, offset: item.content }];
  });
}

interface Found<T> {
  readonly found: T | undefined;
  readonly issues: readonly Issue[];
}

/** Reads a token from the bytes of its COSE_Sign1. `at`: where they stand in the input. */
function readSigned(role: TokenRole, bytes: Uint8Array, at: number): Found<SignedToken> {
  const place = { path: role, offset: at, length: bytes.length };
  const { sign1, issues } = decodeSign1(bytes, place);
  if (!sign1) return { found: undefined, issues };
  const { payload, payloadOffset } = sign1;
  const inside = { path: `${role}.claims`, offset: payloadOffset, length: payload.length };
  const { item, issues: broken } = readCbor(payload, inside);
  const claims = item?.kind === 'map' ? item : undefined;
  const noMap =
    item && !claims ? [CCA_ISSUES.make('cca.not-claims', inside, { found: itemWords(item) })] : [];
  const wrong = claims ? claimIssues(claims, CLAIM_ROWS[role], inside) : [];
  const found = { role, sign1, bytes, place, claims, claimIssues: [...noMap, ...wrong] };
  return { found, issues: [...issues, ...broken] };
}

/** The byte string with a token in an entry of the collection. */
function unwrapped(
  role: TokenRole,
  entry: CborItem,
  tag: number,
): Found<Extract<CborItem, { kind: 'bytes' }>> {
  const { offset, length } = entry;
  const place = { path: role, offset, length };
  const bad = (item: CborItem, expected: string): Found<never> => ({
    found: undefined,
    issues: [CCA_ISSUES.make('cca.wrapping', place, { token: role, found: itemWords(item), expected })],
  });
  if (tag === TAG.CCA_TOKEN)
    return entry.kind === 'bytes' ? { found: entry, issues: [] } : bad(entry, 'a byte string');
  if (entry.kind !== 'array') return bad(entry, 'an array of type and byte string');
  const [type, value] = entry.items;
  if (value?.kind !== 'bytes') return bad(value ?? entry, 'an array of type and byte string');
  const known = type?.kind === 'int' || type?.kind === 'text' ? type.value : undefined;
  if (known === CONTENT_FORMAT || known === MEDIA_TYPE) return { found: value, issues: [] };
  const format = { token: role, found: type ? itemWords(type) : 'nothing' };
  return { found: value, issues: [CCA_ISSUES.make('cca.content-format', place, format)] };
}

function readCollection(item: Extract<CborItem, { kind: 'tag' }>, tag: number): Omit<CcaToken, 'length'> {
  const { item: map, offset, length } = item;
  const issues: Issue[] = [];
  const format = tag === TAG.CCA_TOKEN ? 'token-399' : 'token-907';
  if (map.kind !== 'map') {
    const found = `tag ${String(tag)} around ${itemWords(map)}`;
    issues.push(CCA_ISSUES.make('cca.not-a-token', { path: '', offset, length }, { found }));
    return { format, item, platform: undefined, realm: undefined, issues };
  }
  const tokens = (['platform', 'realm'] as const).map((role) => {
    const entry = cborGet(map, LABEL[role]);
    if (!entry) {
      const words = { token: role, label: LABEL[role] };
      issues.push(CCA_ISSUES.make('cca.no-token', { path: role, offset, length }, words));
      return undefined;
    }
    const wrapped = unwrapped(role, entry, tag);
    issues.push(...wrapped.issues);
    if (!wrapped.found) return undefined;
    const signed = readSigned(role, wrapped.found.value, wrapped.found.content);
    issues.push(...signed.issues);
    return signed.found;
  });
  const labels: readonly unknown[] = [...Object.values(LABEL), '__cmwc_t'];
  for (const [key] of map.entries) {
    if ((key.kind === 'int' || key.kind === 'text') && labels.includes(key.value)) continue;
    const place = { path: '', offset: key.offset, length: key.length };
    issues.push(CCA_ISSUES.make('cca.unknown-entry', place, { key: itemWords(key) }));
  }
  const [platform, realm] = tokens;
  return { format, item, platform, realm, issues };
}

/** Which of the two tokens a payload is of: the realm's has a RIM, and any other is taken for the platform's. */
function roleOf(bytes: Uint8Array): TokenRole {
  const { sign1 } = decodeSign1(bytes);
  const claims = sign1 && readCbor(sign1.payload).item;
  return cborGet(claims, claimLabel(REALM_CLAIMS, 'initial-measurement')) ? 'realm' : 'platform';
}

/** A whole CCA token in either outer form, or one of its tokens alone. Never throws on data. */
export function decodeToken(bytes: Uint8Array): CcaToken {
  const { item, length, issues } = readCbor(bytes);
  const nothing = { format: 'unknown', item, platform: undefined, realm: undefined, length } as const;
  if (!item) return { ...nothing, issues };
  if (item.kind === 'tag' && (item.tag === TAG.CCA_TOKEN || item.tag === TAG.CMW_COLLECTION)) {
    const token = readCollection(item, item.tag);
    return { ...token, issues: [...issues, ...token.issues], length };
  }
  if (item.kind === 'tag' && item.tag === 18) {
    const own = bytes.subarray(0, length);
    const role = roleOf(own);
    const signed = readSigned(role, own, 0);
    const token = { ...nothing, [role]: signed.found, issues: [...issues, ...signed.issues] };
    return { ...token, format: role === 'realm' ? 'realm-token' : 'platform-token' };
  }
  const place = { path: '', offset: 0, length };
  const found = itemWords(item);
  return { ...nothing, issues: [...issues, CCA_ISSUES.make('cca.not-a-token', place, { found })] };
}
