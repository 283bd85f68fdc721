/** Events as a Canonical Event Log, in any encoding, and as the log of systemd, which has the same records. */
import { encodeCelCbor } from '../cel/cbor.ts';
import { encodeCelJson } from '../cel/json.ts';
import { contentNumber, type CelDigest, type CelIndex, type CelRecord } from '../cel/model.ts';
import { encodeCelTlv } from '../cel/tlv.ts';
import { encodeSystemdLog } from '../systemd/log.ts';
import { firmwareForm } from './firmware.ts';
import type { Draft } from './model.ts';
import { digestsOf, type Selection } from './selection.ts';
import { isSpecId } from './spec-id.ts';
import type { SourceEvent } from './source.ts';

interface Encoding {
  readonly encode: (records: readonly CelRecord[]) => Uint8Array;
  /** Can it say content types by name alone? */
  readonly names: boolean;
  readonly numbered: boolean;
  /** Highest TPM_ALG_ID. */
  readonly maxAlgorithm: number;
}

const ENCODINGS = {
  'cel-tlv': { encode: encodeCelTlv, names: false, numbered: true, maxAlgorithm: 0xff },
  'cel-json': { encode: encodeCelJson, names: true, numbered: true, maxAlgorithm: Infinity },
  'cel-cbor': { encode: encodeCelCbor, names: false, numbered: true, maxAlgorithm: Infinity },
  'systemd-json': { encode: encodeSystemdLog, names: true, numbered: false, maxAlgorithm: Infinity },
} as const satisfies Record<string, Encoding>;

export type CelFormat = keyof typeof ENCODINGS;

/** Numbers that the records have, or new ones, counted by register as the specification wants. */
function numbers(events: readonly SourceEvent[], whole: boolean): number[] {
  const old = events.map(({ fields }) => fields['recnum']);
  const kept = old.filter((one) => typeof one === 'number');
  if (whole && kept.length === events.length) return kept;
  const next = new Map<number, number>();
  return events.map(({ place }) => {
    const number = next.get(place.value) ?? 0;
    next.set(place.value, number + 1);
    return number;
  });
}

/** The digests of the record. IMA writes zeros where it extends all ones; the header's digest is of no bank of the log. */
function recordDigests(one: SourceEvent, maxAlgorithm: number): CelDigest[] {
  if (isSpecId(one)) return [];
  const digests = digestsOf(one).filter(({ tcgId }) => tcgId <= maxAlgorithm);
  return one.violation
    ? digests.map(({ tcgId, digest }) => ({ tcgId, digest: new Uint8Array(digest.length) }))
    : digests;
}

const hasNumber = (contentType: string): boolean => (contentNumber(contentType) ?? 256) < 256;

/** Writes the records in the encoding of the format. */
export function toCel({ events, source }: Selection, format: CelFormat): Draft {
  const { encode, names, numbered, maxAlgorithm } = ENCODINGS[format];
  const recnums = numbers(events, events.length === source.events.length);
  const records = events.map((one, i): CelRecord => {
    const { contentType, content, place } = one;
    const asIt = names || hasNumber(contentType);
    return {
      ...(numbered ? { recnum: recnums[i] ?? i } : {}),
      index: place as CelIndex,
      digests: recordDigests(one, maxAlgorithm),
      ...(asIt ? { contentType, content } : { contentType: 'pcclient_std', content: firmwareForm(one) }),
    };
  });
  return { bytes: encode(records), from: events.map(({ event }) => event.number) };
}
