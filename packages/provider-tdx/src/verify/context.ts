/** What a verification of TDX rests on, made from the options. Root: Intel SGX Root CA, https://certificates.trustedservices.intel.com. */
import {
  fromHex,
  portableDigests,
  type Digests,
  type SignatureVerifier,
  type VerifyCache,
  type VerifyOptions,
} from '@tsm/core';
import {
  createVerifyCache,
  parsePem,
  webCryptoVerifier,
  type Anchor,
  type ChainContext,
  type CheckDetails,
} from '@tsm/evidence';
import { readCollateral, type Collateral } from './collateral.ts';
import { SGX_EXTENSION } from '../pck-extension.ts';
import type { Part } from '../quote-parts.ts';

/** SHA-256 of Intel's root certificate, DER. */
const INTEL_ROOT =
  fromHex('44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3') ?? new Uint8Array(32);

export interface TdxContext {
  readonly now: Date;
  readonly anchors: readonly Anchor[];
  readonly collateral: Collateral;
  readonly verifier: SignatureVerifier;
  readonly digests: Digests;
  /** Of the caller, or of this verification alone: several chains share certificates and lists. */
  readonly cache: VerifyCache;
  readonly chain: ChainContext;
}

const DER_SEQUENCE = 0x30;
/** What one verification can keep: certificates, lists, keys. */
const OWN_CACHE = 64;

/** DER as it is; certificates in PEM one by one. */
function anchorsOf(given: readonly Uint8Array[] | undefined): readonly Anchor[] {
  if (!given) return [{ sha256: INTEL_ROOT }];
  return given.flatMap((anchor) =>
    anchor[0] === DER_SEQUENCE ? [anchor] : parsePem(anchor).blocks.map(({ der }) => der),
  );
}

export function contextOf(options: VerifyOptions): TdxContext {
  const { now, digests = portableDigests, cache = createVerifyCache(OWN_CACHE) } = options;
  const anchors = anchorsOf(options.trustAnchors);
  const collateral = readCollateral(options.collateral ?? [], options.cache);
  const verifier = options.verifier ?? webCryptoVerifier(cache);
  const chain: ChainContext = {
    ...{ now, anchors, verifier, digests, cache, crls: collateral.crls },
    revocation: 'required',
    handled: [SGX_EXTENSION],
  };
  return { now, anchors, collateral, verifier, digests, cache, chain };
}

/** The bytes of the quote that a check is about. */
export function rangeOf({ offset, bytes }: Part): Pick<CheckDetails, 'range'> {
  return { range: { offset, length: bytes.length } };
}
