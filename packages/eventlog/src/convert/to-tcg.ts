/** Events as a TCG firmware log: crypto-agile, with all banks of the source, or SHA-1. */
import { ALGORITHMS, concatAll } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { pcrEvent2Layout, TCG_PCR_EVENT } from '../tcg/layout.ts';
import { EV_NO_ACTION } from '../tcg/walk.ts';
import { firmwareForm } from './firmware.ts';
import type { Draft } from './model.ts';
import { digestsOf, extendsNothing, isNoAction, type Selection } from './selection.ts';
import { headerFor, isSpecId } from './spec-id.ts';
import type { SourceEvent } from './source.ts';

/** The index of the header in a CCEL that OVMF writes. */
const CC_HEADER = 1;

/** Would the record extend nothing here as well, or does it extend something? */
const isCarried = (one: SourceEvent): boolean => !extendsNothing(one) || isNoAction(one);

function sha1Record(register: number, type: number, digest: Uint8Array, event: Uint8Array): Uint8Array {
  return encode(TCG_PCR_EVENT, {
    ...{ pcrIndex: register, eventType: type, digest, eventDataSize: event.length, event },
  });
}

export function toAgile({ events, format, oneBank }: Selection): Draft {
  const header = events.slice(0, 1).find(isSpecId);
  const rest = (header ? events.slice(1) : events).filter(isCarried);
  const { data: headerData, sizes } = headerFor(header, rest, oneBank);
  const layout = pcrEvent2Layout(sizes);
  const index = header?.place.value ?? (format === 'ccel' ? CC_HEADER : 0);
  const records = rest.map((one) => {
    const { type, data } = firmwareForm(one);
    const stored = digestsOf(one);
    const digests =
      isNoAction(one) && stored.length === 0
        ? [...sizes].map(([tcgId, size]) => ({ tcgId, digest: new Uint8Array(size) }))
        : stored.filter(({ tcgId, digest }) => sizes.get(tcgId) === digest.length);
    return encode(layout, {
      ...{ pcrIndex: one.place.value, eventType: type, digestCount: digests.length },
      digests: digests.map(({ tcgId, digest }) => ({ algorithmId: tcgId, digest })),
      ...{ eventSize: data.length, event: data },
    });
  });
  const start = sha1Record(index, EV_NO_ACTION, new Uint8Array(ALGORITHMS.sha1.size), headerData);
  const from = [header?.event.number ?? -1, ...rest.map(({ event }) => event.number)];
  return { bytes: concatAll([start, ...records]), from };
}

export function toSha1({ events }: Selection): Draft {
  // The header of a crypto-agile log would make readers take the records for crypto-agile ones.
  const kept = events.filter((one, i) => isCarried(one) && !(i === 0 && isSpecId(one)));
  const records = kept.map((one) => {
    const { type, data } = firmwareForm(one);
    const [digest = new Uint8Array(ALGORITHMS.sha1.size)] = digestsOf(one).flatMap(
      ({ tcgId, digest: bytes }) => (tcgId === ALGORITHMS.sha1.tcgId ? [bytes] : []),
    );
    return sha1Record(one.place.value, type, digest, data);
  });
  return { bytes: concatAll(records), from: kept.map(({ event }) => event.number) };
}
