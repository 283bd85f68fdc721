/** The Realm Initial Measurement: what the RMM does with it, call by call. Spec: DEN0137, A7.1.1; TF-RMM rim.c. */
import { isFilledWith, type Digests } from '@tsm/core';
import { decodeStrict, encode, sizeOf, type Layout } from '@tsm/core/layout';
import {
  DATA_FLAGS,
  DESCRIPTOR_TYPE,
  MeasurementDescriptorData,
  MeasurementDescriptorRec,
  MeasurementDescriptorRipas,
} from '../layout/descriptors.ts';
import { RMI_HASH, RmiRealmParams } from '../layout/realm-params.ts';
import { REC_FLAGS, RmiRecParams } from '../layout/rec-params.ts';
import type { RealmHash } from '../registers.ts';

/** Size of a granule in bytes. */
export const GRANULE = 4096;

/** The measured part of RmiRealmParams, as the RMM stores it: breakpoints and watchpoints are their number − 1. */
export interface RealmParameters {
  /** Bits as REALM_FLAGS numbers them. Default 0. */
  readonly flags0?: bigint;
  /** Size of the IPA space in bits. */
  readonly s2sz: number;
  readonly sveVl?: number;
  readonly numBps: number;
  readonly numWps: number;
  readonly pmuNumCtrs?: number;
}

/** A vCPU that the host creates. */
export interface RealmRec {
  readonly pc: bigint;
  /** X0 to X7; what is not given is 0. */
  readonly gprs?: readonly bigint[];
  /** A vCPU that may not run is not measured. Default: it may. */
  readonly runnable?: boolean;
}

/** The RIM while a realm is built. Each call gives what went in and leaves the new value in `value`. */
export interface Rim {
  readonly value: Uint8Array;
  /** RMI_DATA_CREATE of one granule: its hash, or undefined when only its address is measured. */
  data(ipa: bigint, granule: Uint8Array, measured: boolean): Uint8Array | undefined;
  /** RMI_REC_CREATE: the hash of the parameters, or undefined for a vCPU that may not run. */
  rec(rec: RealmRec): Uint8Array | undefined;
  /** RMI_RTT_INIT_RIPAS of one entry of the translation tables. */
  ripas(base: bigint, top: bigint): void;
}

const zeros = (size: number): Uint8Array => new Uint8Array(size);

function padded(digest: Uint8Array): Uint8Array {
  const wide = zeros(64);
  wide.set(digest);
  return wide;
}

/** A structure of zeros, for the fields that matter to be set. */
const blank = <T>(layout: Layout<T>): T => decodeStrict(layout, zeros(sizeOf(layout)));

/** The granule that RMI_REALM_CREATE hashes. */
function createGranule(algorithm: RealmHash, parameters: RealmParameters): Uint8Array {
  const { flags0 = 0n, s2sz, sveVl = 0, numBps, numWps, pmuNumCtrs = 0 } = parameters;
  const measured = { flags0, s2sz, sveVl, numBps, numWps, pmuNumCtrs, hashAlgo: RMI_HASH[algorithm] };
  return encode(RmiRealmParams, { ...blank(RmiRealmParams), ...measured });
}

function recGranule({ pc, gprs = [] }: RealmRec): Uint8Array {
  const registers = Array.from({ length: 8 }, (_, i) => gprs[i] ?? 0n);
  const flags = 1n << BigInt(REC_FLAGS.RUNNABLE);
  return encode(RmiRecParams, { ...blank(RmiRecParams), flags, pc, gprs: registers });
}

/** Starts a RIM: RMI_REALM_CREATE. A parameter that its field cannot hold is a RangeError. */
export function createRim(digests: Digests, algorithm: RealmHash, parameters: RealmParameters): Rim {
  const hash = (bytes: Uint8Array): Uint8Array => digests.digest(algorithm, bytes);
  let value = hash(createGranule(algorithm, parameters));
  const zeroGranule = zeros(GRANULE);
  let zeroHash: Uint8Array | undefined;

  // Padding and kernels have many zero granules: they are hashed once.
  const contentHash = (granule: Uint8Array): Uint8Array =>
    isFilledWith(granule, 0) ? (zeroHash ??= hash(zeroGranule)) : hash(granule);
  /** Extends by descriptors of one type, each on top of the present value. */
  const descriptor = <T extends object>(layout: Layout<T>, type: number) => {
    const common = { ...blank(layout), type, len: BigInt(sizeOf(layout)) };
    return (fields: Partial<T>): void => {
      value = hash(encode(layout, { ...common, rim: padded(value), ...fields }));
    };
  };
  const extendData = descriptor(MeasurementDescriptorData, DESCRIPTOR_TYPE.DATA);
  const extendRec = descriptor(MeasurementDescriptorRec, DESCRIPTOR_TYPE.REC);
  const extendRipas = descriptor(MeasurementDescriptorRipas, DESCRIPTOR_TYPE.RIPAS);

  return {
    get value() {
      return value.slice();
    },
    data(ipa, granule, measured) {
      if (granule.length !== GRANULE)
        throw new RangeError(`granule: expected ${GRANULE} bytes, got ${granule.length}`);
      const digest = measured ? contentHash(granule) : undefined;
      const flags = measured ? 1n << BigInt(DATA_FLAGS.MEASURE) : 0n;
      const content = padded(digest ?? zeros(0));
      extendData({ ipa, flags, content });
      return digest;
    },
    rec(rec) {
      if (rec.runnable === false) return undefined;
      const digest = hash(recGranule(rec));
      extendRec({ content: padded(digest) });
      return digest;
    },
    ripas(base, top) {
      extendRipas({ base, top });
    },
  };
}
