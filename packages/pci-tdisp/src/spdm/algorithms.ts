/** Algorithms by wire bit, strongest first where a responder chooses. Spec: DSP0274, NEGOTIATE_ALGORITHMS. */

export type SpdmHash = 'sha256' | 'sha384' | 'sha512' | 'sha3-256' | 'sha3-384' | 'sha3-512';
export type SpdmCurve = 'p256' | 'p384' | 'p521';

interface Entry {
  readonly name: string;
  readonly bit: number;
}

export interface HashAlgorithm extends Entry {
  readonly name: SpdmHash;
  readonly size: number;
}

export interface AsymAlgorithm extends Entry {
  readonly kind: 'ecdsa' | 'rsassa' | 'rsapss' | 'ed25519' | 'ed448';
  readonly curve?: SpdmCurve;
  /** Bytes of a signature. */
  readonly size: number;
  /** Version that has it first. */
  readonly since: number;
}

export interface DheAlgorithm extends Entry {
  readonly curve: SpdmCurve;
  /** Bytes of ExchangeData: x‖y. */
  readonly size: number;
}

export interface AeadAlgorithm extends Entry {
  readonly name: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keySize: number;
}

export const HASHES: readonly HashAlgorithm[] = [
  { name: 'sha256', bit: 0, size: 32 },
  { name: 'sha384', bit: 1, size: 48 },
  { name: 'sha512', bit: 2, size: 64 },
  { name: 'sha3-256', bit: 3, size: 32 },
  { name: 'sha3-384', bit: 4, size: 48 },
  { name: 'sha3-512', bit: 5, size: 64 },
];

const ecdsa = (curve: SpdmCurve, bit: number, size: number): AsymAlgorithm => {
  return { name: `ecdsa-${curve}`, bit, kind: 'ecdsa', curve, size, since: 0x10 };
};
const rsa = (kind: 'rsassa' | 'rsapss', bits: number, bit: number): AsymAlgorithm => {
  return { name: `${kind}-${String(bits)}`, bit, kind, size: bits / 8, since: 0x10 };
};

export const ASYMS: readonly AsymAlgorithm[] = [
  rsa('rsassa', 2048, 0),
  rsa('rsapss', 2048, 1),
  rsa('rsassa', 3072, 2),
  rsa('rsapss', 3072, 3),
  ecdsa('p256', 4, 64),
  rsa('rsassa', 4096, 5),
  rsa('rsapss', 4096, 6),
  ecdsa('p384', 7, 96),
  ecdsa('p521', 8, 132),
  { name: 'ed25519', bit: 10, kind: 'ed25519', size: 64, since: 0x12 },
  { name: 'ed448', bit: 11, kind: 'ed448', size: 114, since: 0x12 },
];

export const DHES: readonly DheAlgorithm[] = [
  { name: 'secp256r1', bit: 3, curve: 'p256', size: 64 },
  { name: 'secp384r1', bit: 4, curve: 'p384', size: 96 },
  { name: 'secp521r1', bit: 5, curve: 'p521', size: 132 },
];

export const AEADS: readonly AeadAlgorithm[] = [
  { name: 'aes-128-gcm', bit: 0, keySize: 16 },
  { name: 'aes-256-gcm', bit: 1, keySize: 32 },
  { name: 'chacha20-poly1305', bit: 2, keySize: 32 },
];

/** Hash of measurements: bit 0 is raw bit streams only, then the hashes in the order of BaseHash. */
export const measurementHashBit = ({ bit }: HashAlgorithm): number => bit + 1;

/** Types of AlgStruct tables. */
export const ALG_TYPE = { DHE: 2, AEAD: 3, REQ_BASE_ASYM: 4, KEY_SCHEDULE: 5 } as const;

/** The mask of these entries. */
export const maskOf = (entries: readonly Entry[]): number =>
  entries.reduce((mask, { bit }) => mask | (1 << bit), 0) >>> 0;

/** The one entry that a selection of one bit means; undefined for none, for several, and for one that is not known. */
export function selected<E extends Entry>(table: readonly E[], mask: number): E | undefined {
  return table.find(({ bit }) => mask >>> 0 === (1 << bit) >>> 0);
}

/** The first of ours that the peer offers too. */
export function choose<E extends Entry>(ours: readonly E[], offered: number): E | undefined {
  return ours.find(({ bit }) => ((offered >>> bit) & 1) === 1);
}

/** Entries by name, in the order of the names; an unknown name is a TypeError. */
export function named<E extends Entry>(table: readonly E[], names: readonly string[]): readonly E[] {
  return names.map((name) => {
    const found = table.find((entry) => entry.name === name);
    if (!found)
      throw new TypeError(`algorithm ${name}: expected one of ${table.map((one) => one.name).join(', ')}`);
    return found;
  });
}
