/** IDE_KM from the host: keys of one stream into the device, and the same keys turned round into the root port. */
import { TsmError } from '@tsm/core';
import { decode, encode, type Layout } from '@tsm/core/layout';
import type { SpdmSession } from '../spdm/session.ts';
import { PCI_PROTOCOL } from '../spdm/session.ts';
import {
  DIRECTIONS,
  INITIAL_IFV,
  placeByte,
  SUB_STREAMS,
  turnWords,
  type KeyPlace,
  type KeySet,
  type PortKeys,
} from './keys.ts';
import {
  IDE_KM,
  IdeKmKeyProg,
  IdeKmKeyProgAck,
  IdeKmKeySet,
  IdeKmQuery,
  IdeKmQueryResponse,
  KP_STATUS,
} from './messages.ts';

/** The session as far as this protocol needs it. */
export type IdeKmSession = Pick<SpdmSession, 'send'>;

export interface IdeKmStream {
  readonly stream: number;
  readonly port: number;
  readonly keySet: KeySet;
}

const RESERVED_1 = new Uint8Array(1);
const RESERVED_2 = new Uint8Array(2);
const KEY_SIZE = 32;

function ask<T>(session: IdeKmSession, request: Uint8Array, layout: Layout<T>, objectId: number): T {
  const response = session.send(PCI_PROTOCOL.IDE_KM, request);
  const { value, length } = decode(layout, response);
  if (!value || length !== response.length || response[0] !== objectId)
    throw new TsmError(
      'ide-km.bad-response',
      `IDE_KM: expected ${layout.name}, got ${String(response.length)} bytes that are none`,
    );
  return value;
}

/** Every key of one set, in one direction after the other. */
function placesOf(keySet: KeySet, directions: readonly KeyPlace['direction'][]): KeyPlace[] {
  return directions.flatMap((direction) =>
    SUB_STREAMS.map((subStream) => ({ keySet, direction, subStream })),
  );
}

/** What a port says about itself. Errors: `ide-km.bad-response`, and those of the session. */
export function queryPort(session: IdeKmSession, port: number) {
  const request = encode(IdeKmQuery, { objectId: IDE_KM.QUERY, reserved: RESERVED_1, portIndex: port });
  const answer = ask(session, request, IdeKmQueryResponse, IDE_KM.QUERY_RESP);
  if (answer.portIndex !== port)
    throw new TsmError(
      'ide-km.bad-response',
      `IDE_KM: asked about port ${String(port)}, got ${String(answer.portIndex)}`,
    );
  return answer;
}

function send(session: IdeKmSession, objectId: number, target: IdeKmStream, place: KeyPlace): void {
  const subStream = placeByte(place);
  const message = {
    reserved: RESERVED_2,
    streamId: target.stream,
    reserved2: RESERVED_1,
    subStream,
    portIndex: target.port,
  };
  const answer = ask(
    session,
    encode(IdeKmKeySet, { objectId, ...message }),
    IdeKmKeySet,
    IDE_KM.K_GOSTOP_ACK,
  );
  if (answer.streamId !== target.stream || answer.subStream !== subStream || answer.portIndex !== target.port)
    throw new TsmError('ide-km.bad-response', 'IDE_KM: K_GOSTOP_ACK is about another key');
}

const statusName = (status: number): string =>
  Object.entries(KP_STATUS).find(([, value]) => value === status)?.[0] ?? String(status);

/** KEY_PROG: one key in the order of AES. A status that is not success is `ide-km.refused`. */
export function programKey(
  session: IdeKmSession,
  target: IdeKmStream,
  place: KeyPlace,
  key: Uint8Array,
): void {
  const subStream = placeByte(place);
  const request = encode(IdeKmKeyProg, {
    ...{ objectId: IDE_KM.KEY_PROG, reserved: RESERVED_2, streamId: target.stream, reserved2: RESERVED_1 },
    ...{ subStream, portIndex: target.port, key: turnWords(key), ifv: INITIAL_IFV },
  });
  const answer = ask(session, request, IdeKmKeyProgAck, IDE_KM.KP_ACK);
  if (answer.streamId !== target.stream || answer.subStream !== subStream || answer.portIndex !== target.port)
    throw new TsmError('ide-km.bad-response', 'IDE_KM: KP_ACK is about another key');
  if (answer.status !== KP_STATUS.SUCCESS)
    throw new TsmError(
      'ide-km.refused',
      `IDE_KM: the device refused a key of stream ${String(target.stream)}: ${statusName(answer.status)}`,
    );
}

/** What the device receives the root port sends, and the other way round. */
const mirrored = (place: KeyPlace): KeyPlace => ({
  ...place,
  direction: place.direction === 'RX' ? 'TX' : 'RX',
});

/**
 * Protects a stream: QUERY, six keys, and then GO, the receiving side before the sending one. The root port gets each key
 * mirrored. `random` gives as many bytes as it is asked for.
 */
export function startStream(
  session: IdeKmSession,
  target: IdeKmStream,
  rootPort: PortKeys,
  random: (length: number) => Uint8Array,
): void {
  queryPort(session, target.port);
  for (const place of placesOf(target.keySet, DIRECTIONS)) {
    const key = random(KEY_SIZE);
    programKey(session, target, place, key);
    if (!rootPort.program(target.stream, mirrored(place), key))
      throw new TsmError('ide-km.refused', `the root port uses key set ${String(target.keySet)} already`);
  }
  for (const place of placesOf(target.keySet, DIRECTIONS)) {
    send(session, IDE_KM.K_SET_GO, target, place);
    rootPort.go(target.stream, mirrored(place));
  }
}

/** Ends the use of one key set: the sending side before the receiving one. */
export function stopStream(session: IdeKmSession, target: IdeKmStream, rootPort: PortKeys): void {
  for (const place of placesOf(target.keySet, ['TX', 'RX'])) {
    send(session, IDE_KM.K_SET_STOP, target, place);
    rootPort.stop(target.stream, mirrored(place));
  }
}

/** New keys in the other set, which is used before the old one is stopped. Returns the set that is in use now. */
export function refreshStream(
  session: IdeKmSession,
  target: IdeKmStream,
  rootPort: PortKeys,
  random: (length: number) => Uint8Array,
): KeySet {
  const keySet = target.keySet === 0 ? 1 : 0;
  startStream(session, { ...target, keySet }, rootPort, random);
  stopStream(session, target, rootPort);
  return keySet;
}
