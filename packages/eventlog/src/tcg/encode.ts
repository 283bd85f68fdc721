/** Writes TCG firmware logs: crypto-agile (also as a CCEL) and SHA-1. */
import { ALGORITHMS, concat, concatAll, type AlgorithmName } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { pcrEvent2Layout, SPEC_ID_EVENT, SPEC_ID_SIGNATURE, TCG_PCR_EVENT } from './layout.ts';
import { EV_NO_ACTION } from './walk.ts';

/** One event to write. */
export interface TcgEvent {
  readonly register: number;
  readonly type: number;
  readonly data: Uint8Array;
  /** One digest for each bank of the log, of that algorithm's size. */
  readonly digests: Readonly<Partial<Record<AlgorithmName, Uint8Array>>>;
}

export interface TcgLogOptions {
  /** Size of the ACPI area in bytes; the log is padded to it. Default: no padding. */
  readonly area?: number;
  /** Byte that pads the area. Default 0xFF, as OVMF does. */
  readonly padding?: 0x00 | 0xff;
}

function padded(log: Uint8Array, { area = log.length, padding = 0xff }: TcgLogOptions): Uint8Array {
  if (area < log.length)
    throw new RangeError(`area: expected at least ${String(log.length)} bytes, got ${String(area)}`);
  return concat(log, new Uint8Array(area - log.length).fill(padding));
}

/** Data of the Spec ID header for these banks (PC Client PFP 1.05, errata 0, 64-bit UINTN). */
export function specIdData(algorithms: readonly AlgorithmName[]): Uint8Array {
  return encode(SPEC_ID_EVENT, {
    signature: SPEC_ID_SIGNATURE,
    platformClass: 0,
    specVersionMinor: 0,
    specVersionMajor: 2,
    specErrata: 0,
    uintnSize: 2,
    numberOfAlgorithms: algorithms.length,
    digestSizes: algorithms.map((name) => ({
      algorithmId: ALGORITHMS[name].tcgId,
      digestSize: ALGORITHMS[name].size,
    })),
    vendorInfoSize: 0,
    vendorInfo: new Uint8Array(0),
  });
}

function sha1Record(register: number, type: number, digest: Uint8Array, data: Uint8Array): Uint8Array {
  return encode(TCG_PCR_EVENT, {
    pcrIndex: register,
    eventType: type,
    digest,
    eventDataSize: data.length,
    event: data,
  });
}

/** A crypto-agile log. `headerRegister` is the index of the Spec ID event: 1 in the CCEL that OVMF writes, 0 in TPM logs. */
export function encodeAgileLog(
  algorithms: readonly AlgorithmName[],
  events: readonly TcgEvent[],
  options: TcgLogOptions & { readonly headerRegister?: number } = {},
): Uint8Array {
  const sizes = new Map(algorithms.map((name) => [ALGORITHMS[name].tcgId, ALGORITHMS[name].size]));
  const layout = pcrEvent2Layout(sizes);
  const header = sha1Record(
    options.headerRegister ?? 0,
    EV_NO_ACTION,
    new Uint8Array(20),
    specIdData(algorithms),
  );
  const records = events.map(({ register, type, data, digests }) =>
    encode(layout, {
      pcrIndex: register,
      eventType: type,
      digestCount: algorithms.length,
      digests: algorithms.map((name) => ({
        algorithmId: ALGORITHMS[name].tcgId,
        digest: digests[name] ?? new Uint8Array(ALGORITHMS[name].size),
      })),
      eventSize: data.length,
      event: data,
    }),
  );
  return padded(concatAll([header, ...records]), options);
}

/** A SHA-1 log (TPM 1.2). */
export function encodeSha1Log(events: readonly TcgEvent[], options: TcgLogOptions = {}): Uint8Array {
  const records = events.map(({ register, type, data, digests }) =>
    sha1Record(register, type, digests.sha1 ?? new Uint8Array(20), data),
  );
  return padded(concatAll(records), options);
}
