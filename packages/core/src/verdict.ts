/** Verdicts: a tree of checks that says what was looked at, what was found, and what was not looked at. */

import type { Digests } from './digest.ts';

export type CheckStatus = 'pass' | 'fail' | 'skipped' | 'notApplicable';

/** One check. `expected` and `actual` are text for people; byte strings as lower-case hex. */
export interface Check {
  /** Stable and dotted, such as `quote.signature`. */
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** Document and section that demands the check. */
  readonly spec?: string;
  /** Bytes of the evidence that were checked. */
  readonly range?: { readonly offset: number; readonly length: number };
  readonly expected?: string;
  readonly actual?: string;
  /** What to do when it fails or was skipped. */
  readonly remedy?: string;
  readonly checks?: readonly Check[];
}

/** Something a reader may believe was checked, and was not. */
export interface NotChecked {
  readonly id: string;
  readonly reason: string;
}

export interface Verdict {
  /** Id of the provider that gave it. */
  readonly technology?: string;
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  /** Status of the platform's TCB in the vendor's own words, such as `UpToDate`; absent where it was not established. */
  readonly tcbStatus?: string;
  readonly checks: readonly Check[];
  readonly notChecked: readonly NotChecked[];
}

export type ClaimValue = boolean | number | bigint | string | Uint8Array | readonly ClaimValue[];

/** By dotted name, such as `tcb.microcode`. */
export type Claims = Readonly<Record<string, ClaimValue>>;

/** Signature schemes of attestation; ECDSA signatures are raw r‖s, big-endian (IEEE P1363). */
export type SignatureScheme =
  | 'ecdsa-p256-sha256'
  | 'ecdsa-p384-sha384'
  | 'ecdsa-p521-sha512'
  | 'rsa-pkcs1-sha256'
  | 'rsa-pkcs1-sha384'
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'ed25519';

/** Checks signatures. A key or a signature that is malformed is `false`, as a wrong one is. */
export interface SignatureVerifier {
  /** `publicKey`: SubjectPublicKeyInfo, DER. */
  verify(
    scheme: SignatureScheme,
    publicKey: Uint8Array,
    signature: Uint8Array,
    message: Uint8Array,
  ): Promise<boolean>;
}

/** Keeps what was verified, by content; the same cache may serve any number of verifications. */
export interface VerifyCache {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** What the services of a simulated platform's vendor would hand out: all that a verifier needs beside a report. */
export interface MintedCollateral {
  /** By file name. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** For {@link VerifyOptions.trustAnchors}. */
  readonly trustAnchors: readonly Uint8Array[];
}

/** Everything a verification rests on, beside the evidence. */
export interface VerifyOptions {
  readonly now: Date;
  /** Files in any order and of any kind that the technology knows: the content says what each is. */
  readonly collateral?: readonly Uint8Array[];
  /** Root certificates (DER) or keys; default: the vendor's published roots. */
  readonly trustAnchors?: readonly Uint8Array[];
  /** What the evidence must have bound. Shorter than the field: padded with zeros at the end. */
  readonly reportData?: Uint8Array;
  /** Makes a chain without revocation lists inconclusive where the vendor's rules let it pass. */
  readonly requireCrl?: boolean;
  /** Statuses of the platform's TCB that pass, in the vendor's words; default: the provider's, such as `UpToDate`. */
  readonly acceptTcb?: readonly string[];
  /** Default: portable ones. */
  readonly digests?: Digests;
  /** Default: WebCrypto. */
  readonly verifier?: SignatureVerifier;
  readonly cache?: VerifyCache;
}

/** Adds every status in the tree. */
function addStatuses(checks: readonly Check[], found: Set<CheckStatus>): void {
  for (const { status, checks: inner } of checks) {
    found.add(status);
    if (inner) addStatuses(inner, found);
  }
}

/** One failed check anywhere fails the whole; else one skipped check makes it inconclusive; no check at all never passes. */
export function conclude(checks: readonly Check[], notChecked: readonly NotChecked[] = []): Verdict {
  const found = new Set<CheckStatus>();
  addStatuses(checks, found);
  const verdict = found.has('fail')
    ? 'fail'
    : found.has('skipped') || !found.has('pass')
      ? 'inconclusive'
      : 'pass';
  return { verdict, checks, notChecked };
}

/** The first failed check, outermost first, or undefined. */
export function firstFailure(checks: readonly Check[]): Check | undefined {
  for (const check of checks) {
    const inner = firstFailure(check.checks ?? []);
    if (inner) return inner;
    if (check.status === 'fail') return check;
  }
  return undefined;
}
