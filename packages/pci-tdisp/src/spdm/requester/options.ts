/** What a requester is: capabilities, algorithms in order of preference, and its own identity for mutual authentication. */
import type { Capability } from '../capabilities.ts';
import type { SpdmChain } from '../certificate-chain.ts';
import type { RandomBytes, SpdmCrypto } from '../crypto.ts';
import type { AlgorithmNames, SlotIdentity } from '../responder/options.ts';

export interface RequesterOptions {
  readonly random: RandomBytes;
  /** Default: portable. */
  readonly crypto?: SpdmCrypto;
  /** SPDMVersion bytes. Default: 1.1 to 1.4. */
  readonly versions?: readonly number[];
  /** Default: {@link REQUESTER_CAPABILITIES}. */
  readonly capabilities?: readonly Capability[];
  readonly algorithms?: AlgorithmNames;
  /** Asks for several keys a slot, where the responder can. */
  readonly multiKey?: boolean;
  /** Whether a responder's chain is trusted; the signatures inside it were verified. Default: every one. */
  readonly trust?: (chain: SpdmChain) => boolean;
  /** For mutual authentication, by slot. */
  readonly slots?: ReadonlyMap<number, SlotIdentity>;
  /** Largest single transfer, at least 42. Default 0x1200. */
  readonly dataTransferSize?: number;
  /** Largest message, chunked or not. Default 0x20000. */
  readonly maxMessageSize?: number;
  /** How often a request is tried while the responder is busy or not ready. Default 8. */
  readonly retries?: number;
}

export const REQUESTER_CAPABILITIES: readonly Capability[] = [
  'CERT',
  'CHAL',
  'ENCRYPT',
  'MAC',
  'KEY_EX',
  'PSK',
  'ENCAP',
  'HBEAT',
  'KEY_UPD',
  'CHUNK',
];
