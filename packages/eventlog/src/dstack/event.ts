/**
 * Events of dstack: what the digest of a runtime event is of, in both versions, and how the event is written in JSON.
 * Source: Dstack-TEE/dstack, cc-eventlog (runtime events, TDX); RFC 8785 for the second version.
 */
import { concat, equalBytes, fromBase64, toHex, utf8Bytes, type Digests } from '@tsm/core';
import { countOf, hexOf, objectOf, shown } from '../records/json.ts';
import type { Note } from '../records/record-log.ts';

export const DSTACK_RUNTIME = 0x0800_0001;
/** RTMR that runtime events extend. */
export const RUNTIME_IMR = 3;

export interface DstackEvent {
  /** Number of the RTMR. */
  readonly imr: number;
  readonly eventType: number;
  /** Undefined where it was stripped. */
  readonly digest?: Uint8Array;
  /** Name of a runtime event. */
  readonly event: string;
  /** Empty where it was stripped. */
  readonly payload: Uint8Array;
  /** Absent means 1. */
  readonly version?: number;
  /** What the digest is of, in version 2. */
  readonly preimage?: Uint8Array;
}

const COLON = utf8Bytes(':');

/** Little-endian type, name and payload, parted by colons. */
function firstPreimage({ eventType, event, payload }: DstackEvent): Uint8Array {
  const type = Uint8Array.of(eventType, eventType >>> 8, eventType >>> 16, eventType >>> 24);
  return concat(type, COLON, utf8Bytes(event), COLON, payload);
}

/** A canonical JSON object (RFC 8785): members in order, no white space. */
function secondPreimage({ eventType, event, payload }: DstackEvent): Uint8Array {
  return utf8Bytes(JSON.stringify({ name: event, payload: toHex(payload), type: eventType }));
}

/** The bytes that the digest of a runtime event is of; undefined for another event, or another version. */
export function preimageOf(event: DstackEvent): Uint8Array | undefined {
  if (event.eventType !== DSTACK_RUNTIME) return undefined;
  const { version = 1 } = event;
  if (version === 1) return firstPreimage(event);
  return version === 2 ? secondPreimage(event) : undefined;
}

type Bad = (field: string, expected: string, got: unknown) => undefined;

/** A member of hexadecimal digits; empty text and null are no bytes. */
function optionalHex(value: unknown): Uint8Array | undefined | 'bad' {
  return value === undefined || value === null || value === '' ? undefined : (hexOf(value) ?? 'bad');
}

/** An event of the list in a quote; undefined, with an issue, where it cannot be used. */
function readListed(json: Readonly<Record<string, unknown>>, bad: Bad): DstackEvent | undefined {
  const imr = countOf(json['imr']);
  const eventType = countOf(json['event_type']);
  const { event = '', version } = json;
  if (imr === undefined || imr > 255) {
    bad('imr', 'the number of an RTMR', json['imr']);
    return;
  }
  if (eventType === undefined || eventType > 0xffff_ffff) {
    bad('event_type', 'a 32-bit number', json['event_type']);
    return;
  }
  if (typeof event !== 'string') {
    bad('event', 'a text', event);
    return;
  }
  const digest = optionalHex(json['digest']);
  const payload = optionalHex(json['event_payload']);
  const preimage = optionalHex(json['preimage']);
  if (digest === 'bad') {
    bad('digest', 'hexadecimal digits', json['digest']);
    return;
  }
  if (payload === 'bad') {
    bad('event_payload', 'hexadecimal digits', json['event_payload']);
    return;
  }
  if (preimage === 'bad') {
    bad('preimage', 'hexadecimal digits', json['preimage']);
    return;
  }
  const number = version === undefined || version === null ? undefined : countOf(version);
  if (version !== undefined && version !== null && number === undefined) {
    bad('version', 'a number', version);
    return;
  }
  const read = {
    imr,
    eventType,
    event,
    payload: payload ?? new Uint8Array(0),
    ...(digest ? { digest } : {}),
  };
  if (number === undefined && !preimage) return read;
  return { ...read, ...(number === undefined ? {} : { version: number }), ...(preimage ? { preimage } : {}) };
}

/** A line of the guest's own log, where the payload is base64. */
function readLine(json: Readonly<Record<string, unknown>>, bad: Bad): DstackEvent | undefined {
  const { event, payload: base64, version } = json;
  const payload = typeof base64 === 'string' ? fromBase64(base64) : undefined;
  if (typeof event !== 'string') {
    bad('event', 'a text', event);
    return;
  }
  if (!payload) {
    bad('payload', 'base64', base64);
    return;
  }
  const number = version === undefined ? undefined : countOf(version);
  if (version !== undefined && number === undefined) {
    bad('version', 'a number', version);
    return;
  }
  const read = { imr: RUNTIME_IMR, eventType: DSTACK_RUNTIME, event, payload };
  return number === undefined ? read : { ...read, version: number };
}

export type DstackForm = 'list' | 'lines';

/** Has the object the members of an event of this form? */
export function isDstackObject(value: unknown, form: DstackForm): boolean {
  const json = objectOf(value);
  if (!json) return false;
  return form === 'list'
    ? json['imr'] !== undefined && json['event_type'] !== undefined
    : typeof json['event'] === 'string' && typeof json['payload'] === 'string' && json['imr'] === undefined;
}

/** An event of JSON; undefined, with an issue, where it cannot be used. */
export function readDstack(
  value: unknown,
  form: DstackForm,
  note: Note,
  place: readonly [offset: number, length: number],
): DstackEvent | undefined {
  const bad: Bad = (field, expected, got) => {
    note('record.field', { expected, got: shown(got) }, field, ...place);
  };
  const json = objectOf(value);
  if (!json) {
    bad('', 'an object', value);
    return;
  }
  return form === 'list' ? readListed(json, bad) : readLine(json, bad);
}

/** Says what is wrong with an event. */
export function noteDstack(
  event: DstackEvent,
  form: DstackForm,
  note: Note,
  place: readonly [offset: number, length: number],
): void {
  const { imr, eventType, digest, version = 1, preimage } = event;
  const expected = preimageOf(event);
  if (imr > RUNTIME_IMR) note('log.register-range', { register: imr, max: RUNTIME_IMR }, 'imr', ...place);
  if (eventType === DSTACK_RUNTIME && imr !== RUNTIME_IMR)
    note('dstack.runtime-imr', { imr }, 'imr', ...place);
  if (form === 'list' && expected && version === 2 && !(preimage && equalBytes(preimage, expected)))
    note('dstack.preimage', {}, 'preimage', ...place);

  if (!digest && !expected) note('dstack.no-digest', {}, 'digest', ...place);
}

/** A runtime event with what its digest is of. */
export function dstackEvent(
  event: string,
  payload: Uint8Array,
  digests: Digests,
  version: 1 | 2 = 1,
): DstackEvent {
  const plain = { imr: RUNTIME_IMR, eventType: DSTACK_RUNTIME, event, payload };
  const versioned: DstackEvent = version === 1 ? plain : { ...plain, version };
  const preimage = preimageOf(versioned) ?? new Uint8Array(0);
  const digest = digests.digest('sha384', preimage);
  return version === 1 ? { ...versioned, digest } : { ...versioned, digest, preimage };
}
