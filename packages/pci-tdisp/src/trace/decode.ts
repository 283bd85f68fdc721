/** A capture as messages, with what could not be decrypted and every rule that was broken. */
import type { Issue } from '@tsm/core';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import { portableSpdmCrypto } from '../spdm/portable-crypto.ts';
import type { SessionState } from '../spdm/session-state.ts';
import { readCapture } from './capture.ts';
import type { ObservedMessage, Violation } from './observed.ts';
import { Observer } from './observer.ts';
import type { Secrets } from './secrets.ts';

export interface CaptureOptions {
  readonly secrets?: Secrets;
  /** Default: portable. */
  readonly crypto?: SpdmCrypto;
}

export interface DecodedCapture {
  /** One for each DOE object, discovery included, in order. */
  readonly messages: readonly ObservedMessage[];
  /** Records without keys, or that their keys do not open. */
  readonly undecrypted: number;
  readonly violations: readonly Violation[];
  readonly sessions: readonly SessionState[];
  /** Values of the secrets that were found to be so. */
  readonly compared: number;
  /** What is wrong with the file. */
  readonly issues: readonly Issue[];
}

/** Follows a run of DOE objects; nothing in them makes it throw. */
export function decodeRun(
  objects: Iterable<Uint8Array>,
  options: CaptureOptions = {},
): Omit<DecodedCapture, 'issues'> {
  const observer = new Observer(options.crypto ?? portableSpdmCrypto, options.secrets);
  for (const object of objects) observer.push(object);
  const { messages, undecrypted, violations, sessions, secrets } = observer;
  return { messages, undecrypted, violations, sessions, compared: secrets.compared };
}

/** {@link decodeRun} over a pcap or pcapng file. */
export function decodeCapture(bytes: Uint8Array, options: CaptureOptions = {}): DecodedCapture {
  const { packets, issues } = readCapture(bytes);
  return {
    ...decodeRun(
      packets.map(({ data }) => data),
      options,
    ),
    issues,
  };
}
