/** What a responder is: its identity by slot, measurements, capabilities and algorithms, in order of preference. */
import type { SpdmHash } from '../algorithms.ts';
import type { Capability } from '../capabilities.ts';
import type { RandomBytes, SpdmCrypto } from '../crypto.ts';

/** A slot's certificates and the key of the leaf. */
export interface SlotIdentity {
  /** DER, root first, leaf last. */
  readonly certificates: readonly Uint8Array[];
  /** Signature algorithm of the leaf's key, as `ecdsa-p384`. */
  readonly asym: string;
  /**
   * Signs a message as {@link SpdmCrypto.sign} does. `hash` is the connection's: ECDSA and RSA sign over it, EdDSA over the
   * message itself.
   */
  readonly sign: (message: Uint8Array, hash: SpdmHash) => Uint8Array;
}

/** One measurement. Types: 0 ROM, 1 firmware, 2 hardware configuration, 3 firmware configuration, 4 manifest … */
export interface SpdmMeasurement {
  readonly index: number;
  readonly type: number;
  /** What is measured: given as it is for raw bits, else its digest. */
  readonly value: Uint8Array;
  /** Always as raw bits, such as a version number or a manifest. */
  readonly raw?: boolean;
}

export interface PreSharedKey {
  readonly hint: Uint8Array;
  readonly key: Uint8Array;
}

export interface AlgorithmNames {
  readonly hashes?: readonly string[];
  readonly asyms?: readonly string[];
  readonly dhes?: readonly string[];
  readonly aeads?: readonly string[];
}

/** How a requester shows who it is: not, with certificates it was given, or by encapsulated requests. */
export type MutualAuth = 'none' | 'provisioned' | 'encapsulated' | 'digests';

export interface ResponderOptions {
  readonly random: RandomBytes;
  /** Default: portable. */
  readonly crypto?: SpdmCrypto;
  /** SPDMVersion bytes. Default: 1.0 to 1.4. */
  readonly versions?: readonly number[];
  /** Default: {@link RESPONDER_CAPABILITIES}. */
  readonly capabilities?: readonly Capability[];
  readonly algorithms?: AlgorithmNames;
  /** By slot, 0 to 7. */
  readonly slots: ReadonlyMap<number, SlotIdentity>;
  readonly measurements?: () => readonly SpdmMeasurement[];
  readonly psks?: readonly PreSharedKey[];
  /** Largest single transfer, at least 42. Default 0x1200. */
  readonly dataTransferSize?: number;
  /** Largest message, chunked or not. Default 0x20000. */
  readonly maxMessageSize?: number;
  /** Seconds between heartbeats; 0 none. Default 0. */
  readonly heartbeatPeriod?: number;
  readonly mutualAuth?: MutualAuth;
  /** The requester's certificates, DER, root first, for `provisioned`. */
  readonly requesterCertificates?: readonly Uint8Array[];
  /** Sessions at the same time. Default 4. */
  readonly maxSessions?: number;
  /** Says for a request code whether to put the requester off with ResponseNotReady. */
  readonly notReady?: (code: number) => boolean;
}

export const RESPONDER_CAPABILITIES: readonly Capability[] = [
  'CERT',
  'CHAL',
  'MEAS_SIG',
  'MEAS_FRESH',
  'ENCRYPT',
  'MAC',
  'KEY_EX',
  'HBEAT',
  'KEY_UPD',
  'ENCAP',
  'CHUNK',
];

export const DATA_TRANSFER_SIZE = 0x1200;
export const MAX_MESSAGE_SIZE = 0x20000;
/** The smallest DataTransferSize that a side may announce (DSP0274, MinDataTransferSize). */
export const MIN_TRANSFER = 42;
