/** Tokens with claims of any kind, signed by the keys of a model: what firmware would sign if it were wrong. */
import { portableDigests, utf8Bytes, type Launch } from '@tsm/core';
import {
  encodeCbor,
  encodeSign1,
  readCbor,
  type CborItem,
  type CborKey,
  type CborValue,
} from '@tsm/evidence';
import { createCca, type CcaOptions } from '../../src/index.ts';
import { deriveKeyPair } from '../../src/keys.ts';
import { wrapTokens } from '../../src/mint.ts';
import { decodeToken } from '../../src/token.ts';

export const tools = { digests: portableDigests };
export const launch: Launch = { seed: utf8Bytes('seed of the tests'), now: new Date('2026-01-01T00:00:00Z') };
export const now = new Date('2026-06-01T00:00:00Z');
export const challenge = Uint8Array.from({ length: 64 }, (_, i) => i);

export const modelOf = (options: CcaOptions = {}, changes: Partial<Launch> = {}) =>
  createCca(options).model({ ...launch, ...changes }, tools);

/** The platform key of models, as collateral. */
export const cpak = modelOf().collateral().files['cpak.pem'];

export type Claims = Map<CborKey, CborValue>;
type Edit = (claims: Claims) => void;

/** A value as it can be written again. */
function valueOf(item: CborItem): CborValue {
  switch (item.kind) {
    case 'array':
      return item.items.map(valueOf);
    case 'map':
      return new Map(item.entries.map(([key, value]) => [valueOf(key) as CborKey, valueOf(value)]));
    case 'tag':
      return { tag: Number(item.tag), value: valueOf(item.item) };
    default:
      return item.value ?? null;
  }
}

/** Both tokens that a model mints, as bytes of their COSE_Sign1. */
export function partsOf(token: Uint8Array): { platform: Uint8Array; realm: Uint8Array } {
  const { platform, realm } = decodeToken(token);
  return { platform: platform!.bytes, realm: realm!.bytes };
}

/** A token whose claims are changed before they are signed, with the right keys. */
export function minted(
  options: CcaOptions = {},
  edits: { readonly platform?: Edit; readonly realm?: Edit } = {},
  changes: Partial<Launch> = {},
): Uint8Array {
  const { platform, realm } = decodeToken(modelOf(options, changes).token(challenge));
  const { seed } = { ...launch, ...changes };
  const signed = (payload: Uint8Array, key: string, edit: Edit | undefined): Uint8Array => {
    const claims = valueOf(readCbor(payload).item!) as Claims;
    edit?.(claims);
    return encodeSign1(
      { algorithm: -35, payload: encodeCbor(claims) },
      deriveKeyPair(seed, key, undefined).sign,
    );
  };
  const form = options.form ?? (options.profile === 'legacy' ? 399 : 907);
  return wrapTokens(
    edits.platform ? signed(platform!.sign1.payload, 'CPAK', edits.platform) : platform!.bytes,
    edits.realm ? signed(realm!.sign1.payload, 'RAK', edits.realm) : realm!.bytes,
    form,
  );
}

/** All ways to write a token. */
export const FORMS: readonly Required<CcaOptions>[] = (['legacy', '1.0', '2.0'] as const).flatMap((profile) =>
  ([399, 907] as const).flatMap((form) =>
    (['sha256', 'sha384', 'sha512'] as const).map((hashAlgorithm) => ({
      ...{ profile, form, hashAlgorithm },
      platformProfile: profile,
    })),
  ),
);
