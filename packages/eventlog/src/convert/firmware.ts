/** Any event as a firmware event, type and data, for formats that have nothing else; and runtime events of dstack back. */
import { equalBytes, utf8Text } from '@tsm/core';
import { DSTACK_RUNTIME, preimageOf, RUNTIME_IMR, type DstackEvent } from '../dstack/event.ts';
import { IMA_TYPE } from '../ima/entry.ts';
import { objectOf, hexOf, parseRange } from '../records/json.ts';
import type { SourceEvent } from './source.ts';

const EV_ACTION = 5;
/** Of data that the digest need not be of. */
export const EV_COMPACT_HASH = 0xc;

export interface FirmwareForm {
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * Type and data of an event in a format of firmware events: lines of text are actions, entries of IMA have their own
 * type, and what no type stands for is a compact hash of the bytes that its own format hashes.
 */
export function firmwareForm({ contentType, content, event }: SourceEvent): FirmwareForm {
  const { type, data } = content;
  if (contentType === 'pcclient_std' && type !== undefined) return { type, data };
  if (contentType === 'tsm_text') return { type: EV_ACTION, data };
  if (contentType === 'ima_template') return { type: IMA_TYPE, data };
  return { type: EV_COMPACT_HASH, data: event.data };
}

const COLON = 58;
const FIRST_NAME = 5;

/** The runtime event of dstack that these bytes are the preimage of; undefined where they are none. */
export function runtimeEvent(preimage: Uint8Array): DstackEvent | undefined {
  const same = (event: DstackEvent): DstackEvent | undefined => {
    const again = preimageOf(event);
    return again && equalBytes(again, preimage) ? event : undefined;
  };
  const head = { imr: RUNTIME_IMR, eventType: DSTACK_RUNTIME };
  const { name, payload } = objectOf(parseRange(preimage, 0, preimage.length)) ?? {};
  const bytes = hexOf(payload);
  if (typeof name === 'string' && bytes)
    return same({ ...head, event: name, payload: bytes, version: 2, preimage });
  const end = preimage.indexOf(COLON, FIRST_NAME);
  if (end < 0) return undefined;
  const event = utf8Text(preimage.subarray(FIRST_NAME, end));
  return same({ ...head, event, payload: preimage.subarray(end + 1) });
}

/** Name, payload and version of the runtime event that these bytes are the preimage of; nothing where they are none. */
export function runtimeFields(preimage: Uint8Array): Record<string, unknown> {
  const found = runtimeEvent(preimage);
  if (!found) return {};
  const { event, payload, version = 1 } = found;
  return { event, payload, version };
}
