/** What our requester asks of a responder on a socket: from VERSION to a session, keys of a stream, an interface in RUN, and the end. */
import { randomBytes } from 'node:crypto';
import { TsmError } from '@tsm/core';
import { decode, encode, type Layout } from '@tsm/core/layout';
import {
  driveAsync,
  endSession,
  heartbeat,
  IDE_KM,
  IdeKmKeyProg,
  IdeKmKeyProgAck,
  IdeKmKeySet,
  IdeKmQuery,
  IdeKmQueryResponse,
  InterfaceReport,
  KP_STATUS,
  openSession,
  PCI_PROTOCOL,
  placeByte,
  Requester,
  REQUESTER_CAPABILITIES,
  TDI_STATES,
  TDISP_LAYOUTS,
  TDISP_REQUEST,
  updateKeys,
  vendorDefined,
  type Flow,
  type SessionState,
  type TdispRequestName,
} from '@tsm/pci-tdisp';
import { expect } from 'vitest';
import { connectSpdmPeer, nodeSpdmCrypto, type PeerAddress } from '../../src/index.ts';

/** Interface that requests are about, as the public emulator has it. */
const FUNCTION_ID = 0xbeef;
const PORT = 0;
const STREAM = 0;
const zeros = (size: number): Uint8Array => new Uint8Array(size);
/** First value of the invocation field: high word 0, low word 1. */
const IFV = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0);

type Run = <T>(flow: Flow<T>) => Promise<T>;
type Ask = (protocol: number, request: Uint8Array) => Promise<Uint8Array>;

const PLACES = (['RX', 'TX'] as const).flatMap((direction) =>
  (['PR', 'NPR', 'CPL'] as const).map((subStream) => placeByte({ keySet: 0, direction, subStream })),
);

/** QUERY, six keys, and all of them in use. */
async function ideKm(ask: Ask): Promise<void> {
  const say = async <T>(request: Uint8Array, layout: Layout<T>): Promise<T> =>
    decode(layout, await ask(PCI_PROTOCOL.IDE_KM, request)).value!;
  const query = encode(IdeKmQuery, { objectId: IDE_KM.QUERY, reserved: zeros(1), portIndex: PORT });
  expect((await say(query, IdeKmQueryResponse)).portIndex).toBe(PORT);
  const target = { reserved: zeros(2), streamId: STREAM, reserved2: zeros(1), portIndex: PORT };
  for (const subStream of PLACES) {
    const key = new Uint8Array(randomBytes(32));
    const program = encode(IdeKmKeyProg, { objectId: IDE_KM.KEY_PROG, ...target, subStream, key, ifv: IFV });
    expect(await say(program, IdeKmKeyProgAck)).toMatchObject({ status: KP_STATUS.SUCCESS, subStream });
  }
  for (const subStream of PLACES) {
    const go = encode(IdeKmKeySet, { objectId: IDE_KM.K_SET_GO, ...target, subStream });
    expect(await say(go, IdeKmKeySet)).toMatchObject({ objectId: IDE_KM.K_GOSTOP_ACK, subStream });
  }
}

/** From GET_TDISP_VERSION to RUN and back. Fields that a response has are in what it gives. */
async function tdisp(ask: Ask): Promise<void> {
  const say = async (name: TdispRequestName, more: object = {}): Promise<Record<string, unknown>> => {
    const messageType = TDISP_REQUEST[name];
    const head = { version: 0x10, messageType, reserved: zeros(2), functionId: FUNCTION_ID };
    const { request, response } = TDISP_LAYOUTS[name];
    const message = encode(request, { ...head, interfaceReserved: zeros(8), ...more });
    const { value } = decode(response, await ask(PCI_PROTOCOL.TDISP, message));
    expect(value, name).toMatchObject({ messageType: messageType & 0x7f, functionId: FUNCTION_ID });
    return value as Record<string, unknown>;
  };
  const state = async (): Promise<string | undefined> =>
    TDI_STATES[Number((await say('GET_DEVICE_INTERFACE_STATE'))['state'])];
  expect((await say('GET_TDISP_VERSION'))['versions']).toContain(0x10);
  await say('GET_TDISP_CAPABILITIES', { tsmCapabilities: 0 });
  expect(await state()).toBe('CONFIG_UNLOCKED');
  const { nonce } = await say('LOCK_INTERFACE', {
    ...{ flags: 1, streamId: STREAM, lockReserved: zeros(1), mmioReportingOffset: 0xd000_0000n },
    p2pAddressMask: 0n,
  });
  expect(await state()).toBe('CONFIG_LOCKED');
  const report: number[] = [];
  for (let left = 1; left > 0;) {
    const part = await say('GET_DEVICE_INTERFACE_REPORT', { offset: report.length, length: 0x400 });
    report.push(...(part['portion'] as Uint8Array));
    left = Number(part['remainder']);
  }
  expect(decode(InterfaceReport, Uint8Array.from(report)).value?.ranges.length).toBeGreaterThan(0);
  await say('START_INTERFACE', { nonce });
  expect(await state()).toBe('RUN');
  await say('STOP_INTERFACE');
  expect(await state()).toBe('CONFIG_UNLOCKED');
}

async function inside(requester: Requester, session: SessionState, run: Run, device: boolean): Promise<void> {
  const { connection } = requester;
  if (connection.both('HBEAT')) await run(heartbeat(requester, session));
  await run(requester.measurements({ slot: 0, session }));
  if (device) {
    const ask: Ask = (protocol, request) => run(vendorDefined(requester, session, protocol, request));
    await ideKm(ask);
    await tdisp(ask);
  }
  if (connection.both('KEY_UPD')) {
    await run(updateKeys(requester, session));
    await run(updateKeys(requester, session, true));
  }
  await run(endSession(requester, session));
}

/**
 * One conversation; a version that the responder does not have is told apart from a failure. `device`: also IDE_KM and
 * TDISP. The responder waits for the next conversation afterwards.
 */
export async function converse(
  address: PeerAddress,
  version: number,
  clear: boolean,
  device: boolean,
): Promise<'done' | 'no such version'> {
  const peer = await connectSpdmPeer(address);
  const run: Run = (flow) => driveAsync(flow, peer.transport);
  const requester = new Requester({
    random: (length) => new Uint8Array(randomBytes(length)),
    crypto: nodeSpdmCrypto(),
    versions: [version],
    capabilities: [...REQUESTER_CAPABILITIES, ...(clear ? (['HANDSHAKE_IN_THE_CLEAR'] as const) : [])],
  });
  try {
    expect((await run(requester.discover())).map(({ type }) => type)).toEqual([0, 1, 2]);
    await run(requester.connect());
    expect((await run(requester.digests())).size).toBeGreaterThan(0);
    await run(requester.certificate());
    await run(requester.challenge());
    expect((await run(requester.measurements({ slot: 0 }))).blocks.length).toBeGreaterThan(0);
    await inside(requester, await run(openSession(requester, { id: 0xa5a5 })), run, device);
    return 'done';
  } catch (error) {
    if (error instanceof TsmError && error.code === 'spdm.version-mismatch') return 'no such version';
    throw error;
  } finally {
    await peer.close('continue');
  }
}
