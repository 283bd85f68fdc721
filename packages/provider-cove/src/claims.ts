/** The claims of CoVE tokens: labels, names and types as data. Spec: CoVE specification, Evidence Format. */

/** CBOR tags: CWT (RFC 8392), UCCS (RFC 9781). COSE_Sign1 has its own, 18. */
export const TAG = { CWT: 61, UCCS: 601 } as const;

/** Labels that the draft or IANA fixes. */
const FIXED = { issuer: 1, subject: 2, nonce: 10, profile: 265, submodules: 266 } as const;

/**
 * The draft writes TBD for these. Until it has numbers these are ours, from the range for private use (RFC 8392 §9.1:
 * below −65536); no two claims share one, whatever token they stand in.
 */
const PRIVATE = {
  platformPublicKey: -70001,
  platformManufacturerId: -70002,
  platformState: -70003,
  platformSwComponents: -70004,
  tsmPublicKey: -70005,
  tsmSwComponents: -70006,
  tvmIdentity: -70007,
  tvmPublicKey: -70008,
  tvmInitialMeasurements: -70009,
  tvmRuntimeMeasurements: -70010,
  evidence: -70011,
} as const;

export const LABEL = { ...FIXED, ...PRIVATE } as const;

/** The only profile that the draft has. */
export const PROFILE = 'https://riscv.org/TBD';

export const TOKENS = ['platform', 'tsm', 'tvm'] as const;

export type TokenName = (typeof TOKENS)[number];

/** `platform-state`. */
export const PLATFORM_STATE = { notConfigured: 1, secured: 2, debug: 3, recovery: 4 } as const;

/** What a claim must be. */
type ClaimType =
  | { readonly kind: 'bytes'; readonly size?: number }
  | { readonly kind: 'text' }
  | { readonly kind: 'state' }
  /** COSE_Key in a byte string. */
  | { readonly kind: 'key' }
  | { readonly kind: 'components'; readonly names?: readonly string[] }
  | { readonly kind: 'measurements'; readonly max: number };

export interface ClaimSpec {
  readonly label: number;
  /** As the draft's CDDL names it. */
  readonly name: string;
  readonly title: string;
  readonly type: ClaimType;
  readonly optional?: boolean;
}

const claim = (label: number, name: string, title: string, type: ClaimType, optional = false): ClaimSpec => ({
  ...{ label, name, title, type },
  ...(optional ? { optional } : {}),
});

/** The claims of each token, in the order of the draft. */
export const CLAIMS: Readonly<Record<TokenName, readonly ClaimSpec[]>> = {
  platform: [
    claim(LABEL.profile, 'eat-profile', 'EAT profile', { kind: 'text' }),
    claim(LABEL.platformPublicKey, 'platform-public-key', 'Key that signs the TSM token', { kind: 'key' }),
    claim(LABEL.platformManufacturerId, 'platform-manufacturer-id', 'Manufacturer', {
      kind: 'bytes',
      size: 64,
    }),
    claim(LABEL.platformState, 'platform-state', 'Operational state', { kind: 'state' }),
    claim(LABEL.platformSwComponents, 'platform-sw-components', 'Software of the platform', {
      kind: 'components',
    }),
  ],
  tsm: [
    claim(LABEL.tsmPublicKey, 'tsm-public-key', 'Key that signs the TVM token', { kind: 'key' }),
    claim(LABEL.tsmSwComponents, 'tsm-sw-components', 'TSM-driver and TSM', {
      kind: 'components',
      names: ['tsm-driver', 'tsm'],
    }),
  ],
  tvm: [
    claim(LABEL.nonce, 'tvm-challenge', 'Challenge of the guest', { kind: 'bytes', size: 64 }),
    claim(
      LABEL.tvmIdentity,
      'tvm-identity',
      'Identity from the host, not measured',
      { kind: 'bytes', size: 64 },
      true,
    ),
    claim(LABEL.tvmPublicKey, 'tvm-public-key', "The guest's own key", { kind: 'key' }),
    claim(LABEL.tvmInitialMeasurements, 'tvm-initial-measurements', 'Initial registers', {
      kind: 'measurements',
      max: 8,
    }),
    claim(
      LABEL.tvmRuntimeMeasurements,
      'tvm-runtime-measurements',
      'Runtime registers',
      { kind: 'measurements', max: 18 },
      true,
    ),
  ],
};

/** Fields of a software component, by label; `digest` is of the algorithm that label 6 names. */
export const COMPONENT_FIELDS = [
  { label: 1, name: 'type', kind: 'text' },
  { label: 2, name: 'measurement', kind: 'bytes' },
  { label: 3, name: 'svn', kind: 'text' },
  { label: 4, name: 'manifest', kind: 'bytes', optional: true },
  { label: 5, name: 'signer', kind: 'bytes' },
  { label: 6, name: 'algorithm', kind: 'text' },
] as const;

/** Fields of a measurement, by label. */
export const MEASUREMENT_FIELDS = { index: 1, value: 2, algorithm: 3 } as const;

/** IANA hash function text names. */
export const HASH_NAMES = { sha384: 'sha-384', sha512: 'sha-512' } as const;
