/** Events as Intel Trust Authority takes them: a list for each RTMR and bank, without the data of the events. */
import { ALGORITHMS } from '@tsm/core';
import { eventTypeName } from '../event-types.ts';
import { encodeTrustAuthorityLog, type TrustAuthorityEvent } from '../trust-authority/log.ts';
import { firmwareForm } from './firmware.ts';
import type { Draft } from './model.ts';
import type { Selection } from './selection.ts';
import type { SourceEvent } from './source.ts';

interface Listed extends TrustAuthorityEvent {
  readonly number: number;
}

const texts = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;

/** Once for each bank. */
function listed(one: SourceEvent): Listed[] {
  const { type } = firmwareForm(one);
  const { typeName } = one.fields;
  return one.extends.map(({ algorithm, digest }) => ({
    ...{ number: one.event.number, rtmr: one.place.value - 1, algorithm, measurement: digest },
    typeId: `0x${type.toString(16)}`,
    typeName: typeof typeName === 'string' ? typeName : eventTypeName(type),
    tags: texts(one.fields['tags']) ?? [one.event.content().title],
  }));
}

export function toTrustAuthority({ events }: Selection): Draft {
  const order = (one: Listed): number => ALGORITHMS[one.algorithm].tcgId;
  const all = events.flatMap(listed).sort((a, b) => a.rtmr - b.rtmr || order(a) - order(b));
  return { bytes: encodeTrustAuthorityLog(all), from: all.map(({ number }) => number) };
}
