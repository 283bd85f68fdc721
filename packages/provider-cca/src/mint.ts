/** Tokens as firmware mints them: the platform token under the CPAK, the realm token under the RAK, and both in one. */
import type { Digests } from '@tsm/core';
import { encodeCbor, encodeCoseKey, encodeSign1, type CborValue } from '@tsm/evidence';
import {
  claimLabel,
  PLATFORM_CLAIMS,
  PLATFORM_PROFILE,
  REALM_CLAIMS,
  REALM_PROFILE,
  swComponentLabel,
} from './claims.ts';
import { CONTENT_FORMAT, LABEL, TAG } from './form.ts';
import type { KeyPair } from './keys.ts';
import {
  implementationId,
  instanceId,
  PLATFORM_CONFIG,
  softwareComponents,
  VERIFICATION_SERVICE,
} from './platform.ts';
import type { RealmHash } from './registers.ts';

/** COSE algorithm ES384 (RFC 9053 §2.1). */
const ES384 = -35;

export type ProfileName = keyof typeof PLATFORM_PROFILE;

/** How tokens are written. `legacy`: as before RMM 1.0 was released, with the RAK as a bare point. */
export interface TokenForm {
  readonly profile: ProfileName;
  readonly platformProfile: ProfileName;
  /** Tag of the whole: 907 is a CMW collection, 399 what came before. */
  readonly form: 399 | 907;
}

const HASH_NAMES: Readonly<Record<RealmHash, string>> = {
  sha256: 'sha-256',
  sha384: 'sha-384',
  sha512: 'sha-512',
};

/** Claims by name, in the order given, as a CBOR map. */
function claimMap(
  rows: typeof REALM_CLAIMS,
  claims: Readonly<Record<string, CborValue | undefined>>,
): Map<number, CborValue> {
  const map = new Map<number, CborValue>();
  for (const [name, value] of Object.entries(claims)) {
    if (value !== undefined) map.set(claimLabel(rows, name), value);
  }
  return map;
}

const sign1 = (claims: Map<number, CborValue>, key: KeyPair): Uint8Array =>
  encodeSign1({ algorithm: ES384, payload: encodeCbor(claims) }, key.sign);

export interface PlatformState {
  readonly cpak: KeyPair;
  readonly rak: KeyPair;
  readonly lifecycle: number;
}

/** The RAK as the realm token carries it. */
const publicKeyClaim = (rak: KeyPair, profile: ProfileName): Uint8Array =>
  profile === 'legacy' ? rak.point : encodeCoseKey('p384', rak.point);

/** The platform token, which binds the RAK in the form that realm tokens of `profile` carry it. */
export function mintPlatformToken(
  { cpak, rak, lifecycle }: PlatformState,
  { profile, platformProfile }: TokenForm,
  digests: Digests,
): Uint8Array {
  const components = softwareComponents(digests).map(
    ({ type, measurement, signer }) =>
      new Map<number, CborValue>([
        [swComponentLabel('component-type'), type],
        [swComponentLabel('signer-id'), signer],
        [swComponentLabel('measurement-value'), measurement],
        [swComponentLabel('hash-algo-id'), 'sha-256'],
      ]),
  );
  const claims = claimMap(PLATFORM_CLAIMS, {
    profile: PLATFORM_PROFILE[platformProfile],
    challenge: digests.digest('sha256', publicKeyClaim(rak, profile)),
    'implementation-id': implementationId(digests),
    'instance-id': instanceId(digests, cpak.point),
    config: PLATFORM_CONFIG,
    lifecycle,
    'hash-algo-id': 'sha-256',
    'verification-service': VERIFICATION_SERVICE,
    'sw-components': components,
    'client-id': platformProfile === '2.0' ? 1 : undefined,
  });
  return sign1(claims, cpak);
}

export interface RealmState {
  readonly hashAlgorithm: RealmHash;
  readonly personalizationValue: Uint8Array;
  /** UEID, 33 bytes. */
  readonly instanceId: Uint8Array;
  /** RIM, then REM0 to REM3. */
  readonly registers: readonly Uint8Array[];
}

/** `challenge`: 64 bytes. */
export function mintRealmToken(
  { hashAlgorithm, personalizationValue, instanceId: ueid, registers }: RealmState,
  { profile }: TokenForm,
  rak: KeyPair,
  challenge: Uint8Array,
): Uint8Array {
  const [rim, ...rems] = registers;
  const claims = claimMap(REALM_CLAIMS, {
    profile: profile === 'legacy' ? undefined : REALM_PROFILE[profile],
    challenge,
    'instance-id': profile === '2.0' ? ueid : undefined,
    'hash-algo-id': HASH_NAMES[hashAlgorithm],
    'public-key-hash-algo-id': 'sha-256',
    'personalization-value': personalizationValue,
    'public-key': publicKeyClaim(rak, profile),
    'initial-measurement': rim,
    'mec-policy': profile === '2.0' ? 0 : undefined,
    'extensible-measurements': rems,
  });
  return sign1(claims, rak);
}

/** Both tokens as RSI_ATTESTATION_TOKEN_CONTINUE gives them to the guest. */
export function wrapTokens(platform: Uint8Array, realm: Uint8Array, form: TokenForm['form']): Uint8Array {
  const entry = (token: Uint8Array): CborValue =>
    form === TAG.CMW_COLLECTION ? [CONTENT_FORMAT, token] : token;
  const value = new Map<number, CborValue>([
    [LABEL.platform, entry(platform)],
    [LABEL.realm, entry(realm)],
  ]);
  return encodeCbor({ tag: form, value });
}
