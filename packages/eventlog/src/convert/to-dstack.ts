/** Events as the list of dstack: one bank, and nothing that extends nothing, which dstack leaves out as well. */
import { encodeDstackLog } from '../dstack/log.ts';
import { DSTACK_RUNTIME, RUNTIME_IMR, type DstackEvent } from '../dstack/event.ts';
import { firmwareForm, runtimeEvent } from './firmware.ts';
import type { Draft } from './model.ts';
import { extendsNothing, type Selection } from './selection.ts';
import type { SourceEvent } from './source.ts';

function listed(one: SourceEvent): DstackEvent {
  const { type, data } = firmwareForm(one);
  const imr = one.place.value - 1;
  const digest = one.extends[0]?.digest ?? new Uint8Array(0);
  const runtime = type === DSTACK_RUNTIME && imr === RUNTIME_IMR ? runtimeEvent(data) : undefined;
  if (runtime) return { ...runtime, digest };
  const name = one.fields['event'];
  return { imr, eventType: type, digest, event: typeof name === 'string' ? name : '', payload: data };
}

export function toDstack({ events }: Selection): Draft {
  const kept = events.filter((one) => !extendsNothing(one));
  return { bytes: encodeDstackLog(kept.map(listed)), from: kept.map(({ event }) => event.number) };
}
