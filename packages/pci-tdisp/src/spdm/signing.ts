/** What a signature of SPDM is over: the transcript, since 1.2 behind a prefix that names its use. Spec: DSP0274, signing. */
import { concat, latin1Bytes } from '@tsm/core';
import type { HashAlgorithm } from './algorithms.ts';
import { versionText } from './codes.ts';
import type { SpdmCrypto } from './crypto.ts';

/** Uses of a signature, and the text that stands for each. */
const SIGNING = {
  challenge: 'responder-challenge_auth signing',
  requesterChallenge: 'requester-challenge_auth signing',
  measurements: 'responder-measurements signing',
  keyExchange: 'responder-key_exchange_rsp signing',
  finish: 'requester-finish signing',
} as const;

export type SigningUse = keyof typeof SIGNING;

const PREFIX_SIZE = 100;

/** The bytes that are given to the signature algorithm. */
export function signedMessage(
  crypto: SpdmCrypto,
  version: number,
  hash: HashAlgorithm,
  use: SigningUse,
  transcript: Uint8Array,
): Uint8Array {
  if (version < 0x12) return transcript;
  const context = latin1Bytes(SIGNING[use]);
  const prefix = new Uint8Array(PREFIX_SIZE);
  prefix.set(latin1Bytes(`dmtf-spdm-v${versionText(version)}.*`.repeat(4)));
  prefix.set(context, PREFIX_SIZE - context.length);
  return concat(prefix, crypto.hash(hash.name, transcript));
}
