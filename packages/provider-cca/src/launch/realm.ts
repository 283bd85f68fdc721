/** A realm as its host builds it: parameters and calls in order, and the RIM that they give, step by step. */
import type { Digests, LaunchStep } from '@tsm/core';
import type { RealmHash } from '../registers.ts';
import { createRim, GRANULE, type RealmParameters, type RealmRec, type Rim } from './rim.ts';
import { ripasEntries } from './ripas.ts';

/** One thing that the host does. `what` names it for people. */
export type RealmCall =
  | { readonly call: 'ripas'; readonly base: bigint; readonly top: bigint }
  | {
      readonly call: 'data';
      readonly what: string;
      /** Where the bytes begin; they are filled up with zeros to whole granules on both sides. */
      readonly ipa: bigint;
      readonly bytes: Uint8Array;
      /** Default true. */
      readonly measured?: boolean;
    }
  | ({ readonly call: 'rec' } & RealmRec);

export interface RealmDescription {
  readonly hashAlgorithm: RealmHash;
  readonly parameters: RealmParameters;
  readonly calls: readonly RealmCall[];
  /** Whether RMI_RTT_INIT_RIPAS extends the RIM: true in RMM 1.x, false in 2.0. */
  readonly ripasMeasured: boolean;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

function initRipas(rim: Rim, base: bigint, top: bigint, ipaBits: number): LaunchStep {
  let count = 0;
  for (const [from, to] of ripasEntries(base, top, ipaBits)) {
    rim.ripas(from, to);
    count += 1;
  }
  return { register: 'rim', words: `RAM from ${hex(base)} to ${hex(top)}`, value: rim.value, count };
}

function createData(
  rim: Rim,
  { what, ipa, bytes, measured = true }: Extract<RealmCall, { call: 'data' }>,
): LaunchStep {
  const start = ipa - (ipa % BigInt(GRANULE));
  const skipped = Number(ipa - start);
  let count = 0;
  let digest: Uint8Array | undefined;
  for (let at = -skipped; at < bytes.length; at += GRANULE) {
    const granule = new Uint8Array(GRANULE);
    granule.set(bytes.subarray(Math.max(at, 0), at + GRANULE), Math.max(-at, 0));
    digest = rim.data(start + BigInt(count * GRANULE), granule, measured);
    count += 1;
  }
  const words = `${what} at ${hex(ipa)}${measured ? '' : ', addresses only'}`;
  const step = { register: 'rim', words, value: rim.value, count };
  return digest && count === 1 ? { ...step, digest } : step;
}

function createRec(rim: Rim, rec: RealmRec): LaunchStep {
  const digest = rim.rec(rec);
  const [x0 = 0n] = rec.gprs ?? [];
  const words = digest ? `vCPU at ${hex(rec.pc)}, x0 ${hex(x0)}` : 'vCPU that may not run: not measured';
  const step = { register: 'rim', words, value: rim.value };
  return digest ? { ...step, digest } : step;
}

/** The RIM, and its value after each call. RIPAS calls give no step where they are not measured. */
export function measureRealm(
  digests: Digests,
  { hashAlgorithm, parameters, calls, ripasMeasured }: RealmDescription,
): { readonly rim: Uint8Array; readonly steps: readonly LaunchStep[] } {
  const rim = createRim(digests, hashAlgorithm, parameters);
  const steps: LaunchStep[] = [
    { register: 'rim', words: 'realm parameters', digest: rim.value, value: rim.value },
  ];
  for (const one of calls) {
    if (one.call === 'ripas') {
      if (ripasMeasured) steps.push(initRipas(rim, one.base, one.top, parameters.s2sz));
    } else steps.push(one.call === 'data' ? createData(rim, one) : createRec(rim, one));
  }
  return { rim: rim.value, steps };
}
