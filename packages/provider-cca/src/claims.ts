/** The claims of platform and realm tokens as tables. Spec: DEN0137 A7.2.3; draft-ffm-rats-cca-token. */

/** What a claim's value must be. */
export type ClaimType =
  | { readonly kind: 'bytes'; readonly sizes?: readonly number[]; readonly first?: number }
  | { readonly kind: 'text' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int'; readonly max: number; readonly names?: readonly string[] }
  | { readonly kind: 'list'; readonly item: ClaimType; readonly count?: number }
  | { readonly kind: 'map'; readonly rows: readonly ClaimRow[] }
  | { readonly kind: 'any' };

export interface ClaimRow {
  readonly label: number;
  /** As the specification spells it, without `cca-platform-` or `cca-realm-`. */
  readonly name: string;
  readonly doc: string;
  readonly type: ClaimType;
  /** True: in every token. A profile: in tokens of this profile. */
  readonly mandatory?: true | string;
}

/** Profiles by what they say, without realm and platform in front. */
export const REALM_PROFILE = {
  '1.0': 'tag:arm.com,2023:realm#1.0.0',
  '2.0': 'tag:arm.com,2024:realm#2.0.0',
} as const;

export const PLATFORM_PROFILE = {
  legacy: 'http://arm.com/CCA-SSD/1.0.0',
  '1.0': 'tag:arm.com,2023:cca_platform#1.0.0',
  '2.0': 'tag:arm.com,2024:cca_platform#2.0.0',
} as const;

const HASH: ClaimType = { kind: 'bytes', sizes: [32, 48, 64] };
const TEXT: ClaimType = { kind: 'text' };
const BYTES: ClaimType = { kind: 'bytes' };
/** EAT UEID of type RAND (RFC 9711 §4.2.1.1). */
const UEID: ClaimType = { kind: 'bytes', sizes: [33], first: 1 };
const exactly = (size: number): ClaimType => ({ kind: 'bytes', sizes: [size] });
const listOf = (item: ClaimType, count?: number): ClaimType =>
  count === undefined ? { kind: 'list', item } : { kind: 'list', item, count };
const choice = (...names: string[]): ClaimType => ({ kind: 'int', max: names.length - 1, names });
const row = (
  label: number,
  name: string,
  type: ClaimType,
  mandatory: true | string | undefined,
  doc: string,
): ClaimRow => (mandatory === undefined ? { label, name, type, doc } : { label, name, type, doc, mandatory });

export const REALM_CLAIMS: readonly ClaimRow[] = [
  row(265, 'profile', TEXT, undefined, 'EAT profile; absent in tokens of RMM 1.0 before its release'),
  row(10, 'challenge', exactly(64), true, 'What the guest asked to be bound'),
  row(256, 'instance-id', UEID, REALM_PROFILE['2.0'], 'Random identity of the realm'),
  row(44235, 'personalization-value', exactly(64), true, 'Chosen by the host: not measured'),
  row(44238, 'initial-measurement', HASH, true, 'RIM'),
  row(44239, 'extensible-measurements', listOf(HASH, 4), true, 'REM0 to REM3'),
  row(44236, 'hash-algo-id', TEXT, true, 'Hash of the measurements'),
  row(44237, 'public-key', BYTES, true, 'Realm Attestation Key (RAK)'),
  row(44240, 'public-key-hash-algo-id', TEXT, true, 'Hash that binds the RAK to the platform token'),
  row(44243, 'mec-policy', choice('shared', 'private'), REALM_PROFILE['2.0'], 'Memory encryption context'),
  row(44244, 'lfa-policy', choice('disallow', 'allow'), undefined, 'Live firmware activation'),
  row(44257, 'devices-token-hash', HASH, undefined, 'Hash over the tokens of assigned devices'),
];

const SW_COMPONENT: readonly ClaimRow[] = [
  row(1, 'component-type', TEXT, undefined, 'Role of the component'),
  row(2, 'measurement-value', HASH, true, 'Hash of the component'),
  row(4, 'version', TEXT, undefined, 'Version, in its vendor’s words'),
  row(5, 'signer-id', HASH, true, 'Hash of the key that signed it'),
  row(6, 'hash-algo-id', TEXT, undefined, 'Hash of the measurement, when not the platform’s'),
  row(7, 'lfa', { kind: 'bool' }, undefined, 'Whether it may be replaced while the platform runs'),
  row(8, 'countersigner-ids', listOf(HASH), undefined, 'Hashes of further keys that signed it'),
];

const EXTENSION_DEVICE: readonly ClaimRow[] = [
  row(1, 'hash-algo-id', TEXT, undefined, 'Hash of the digests'),
  row(2, 'measurements-digest', HASH, true, 'Digest of the device measurements'),
  row(3, 'certificate-chain-digest', HASH, true, 'Digest of the device certificates'),
  row(4, 'ide', { kind: 'bool' }, true, 'Whether the link is encrypted'),
  row(5, 'protocol', TEXT, true, 'Such as spdm-1.2.0'),
  row(6, 'vca-digest', HASH, undefined, 'Digest of the SPDM version, capabilities and algorithms'),
  row(7, 'device-type', TEXT, undefined, 'Such as cxl-type-3'),
  row(8, 'encryption-type', { kind: 'any' }, undefined, 'How its memory is encrypted'),
];

export const PLATFORM_CLAIMS: readonly ClaimRow[] = [
  row(265, 'profile', TEXT, true, 'EAT profile'),
  row(10, 'challenge', HASH, true, 'Hash of the RAK'),
  row(2396, 'implementation-id', exactly(32), true, 'Kind of platform'),
  row(256, 'instance-id', UEID, true, 'This platform: identity of its CPAK'),
  row(2401, 'config', BYTES, true, 'Implementation options, such as memory protection'),
  row(2395, 'lifecycle', { kind: 'int', max: 0xffff }, true, 'State in bits 8 to 15'),
  row(2399, 'sw-components', listOf({ kind: 'map', rows: SW_COMPONENT }), true, 'Firmware of the platform'),
  row(2400, 'verification-service', TEXT, undefined, 'Where a verifier may be found'),
  row(2402, 'hash-algo-id', TEXT, true, 'Hash of the measurements'),
  row(2394, 'client-id', { kind: 'int', max: 1 }, PLATFORM_PROFILE['2.0'], 'Who asked: 1, the RMM'),
  row(2403, 'manufacturing-config', BYTES, undefined, 'Record of production and tests'),
  row(2404, 'extension', listOf({ kind: 'map', rows: EXTENSION_DEVICE }), undefined, 'Devices in the TCB'),
  row(2405, 'tbb-rotpk', { kind: 'any' }, undefined, 'Root of trust public keys of trusted boot'),
  row(2406, 'peer-signers', BYTES, undefined, 'Signers of other parts'),
];

/** The claim of a table with this name; a table without it is a fault of the program. */
export function claimLabel(rows: readonly ClaimRow[], name: string): number {
  const found = rows.find((one) => one.name === name);
  if (!found) throw new TypeError(`claim: there is no ${name}`);
  return found.label;
}

/** Label of each sub-claim of a software component, by name. */
export const swComponentLabel = (name: string): number => claimLabel(SW_COMPONENT, name);

/** Life-cycle states by bits 8 to 15 of the claim; in bits 0 to 7 an implementation says more. */
export const LIFECYCLE: readonly {
  readonly state: number;
  readonly name: string;
  readonly debug: boolean;
}[] = [
  { state: 0x00, name: 'unknown', debug: false },
  { state: 0x10, name: 'assembly-and-test', debug: false },
  { state: 0x20, name: 'cca-platform-rot-provisioning', debug: false },
  { state: 0x30, name: 'secured', debug: false },
  { state: 0x40, name: 'non-cca-platform-rot-debug', debug: true },
  { state: 0x50, name: 'recoverable-cca-platform-rot-debug', debug: true },
  { state: 0x60, name: 'decommissioned', debug: false },
];

/** The state that a life-cycle claim names; undefined for one that is not defined. */
export function lifecycleOf(value: number): (typeof LIFECYCLE)[number] | undefined {
  return LIFECYCLE.find(({ state }) => state === value >> 8);
}
