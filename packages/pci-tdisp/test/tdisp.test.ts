/** TDISP: layouts, every request in every state, nonces, reports, many interfaces, and who may ask. */
import { type TdiState } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { layoutChecks } from '@tsm/core/testing';
import {
  bindP2pStream,
  type DeviceModel,
  type DeviceOptions,
  getCapabilities,
  getReport,
  getState,
  getVersion,
  InterfaceReport,
  LOCK_FLAG,
  lockInterface,
  PortKeys,
  sendVdm,
  setMmioAttribute,
  startInterface,
  startStream,
  stopInterface,
  stopStream,
  TDI_EVENTS,
  TDI_STATES,
  TDI_TRANSITIONS,
  TDISP_LAYOUTS,
  TDISP_REQUEST,
  TdispError,
  type TdiEvent,
  type TdispRequestName,
  unbindP2pStream,
} from '@tsm/pci-tdisp';
import { describe, expect, it, test } from 'vitest';
import {
  counter,
  directSession,
  FUNCTION,
  OTHER_FUNCTION,
  testDevice,
  type DirectSession,
} from './support/device.ts';

describe('layouts', () => {
  const tables = [
    ...Object.values(TDISP_LAYOUTS).flatMap(({ request, response }) => [request, response]),
    TdispError,
    InterfaceReport,
  ];
  for (const table of new Set(tables)) for (const { name, run } of layoutChecks(table)) test(name, run);
});

const STREAM = 5;
const P2P = 6;
const LOCK = { flags: 1 << LOCK_FLAG.BIND_P2P, streamId: STREAM, mmioReportingOffset: 0xd000_0000n };
const VDM = { vdm: (_vendor: Uint8Array, data: Uint8Array) => data };

interface Bench {
  readonly device: DeviceModel;
  readonly session: DirectSession;
  nonce: Uint8Array;
}

/** A device with two streams that are secure, and an interface in the state. */
function inState(state: TdiState, options: Partial<DeviceOptions> = VDM): Bench {
  const device = testDevice(options);
  const session = directSession(device);
  for (const stream of [STREAM, P2P])
    startStream(session, { stream, port: 0, keySet: 0 }, new PortKeys(), counter());
  const bench: Bench = { device, session, nonce: new Uint8Array(32) };
  if (state !== 'CONFIG_UNLOCKED') bench.nonce = lockInterface(session, FUNCTION, LOCK);
  if (state === 'RUN') startInterface(session, FUNCTION, bench.nonce);
  if (state === 'ERROR') device.tdisp.happen('configuration-changed', FUNCTION);
  expect(getState(session, FUNCTION)).toBe(state);
  return bench;
}

const UPDATABLE = { firstPage: 0xd2000n, pages: 4, rangeId: 1, attributes: 8 | 4 };

/** A request of each kind that is right in every way but, perhaps, the state. */
const ASK: Readonly<Record<TdispRequestName, (bench: Bench) => unknown>> = {
  GET_TDISP_VERSION: ({ session }) => getVersion(session, FUNCTION),
  GET_TDISP_CAPABILITIES: ({ session }) => getCapabilities(session, FUNCTION),
  LOCK_INTERFACE: ({ session }) => lockInterface(session, FUNCTION, LOCK),
  GET_DEVICE_INTERFACE_REPORT: ({ session }) => getReport(session, FUNCTION),
  GET_DEVICE_INTERFACE_STATE: ({ session }) => getState(session, FUNCTION),
  START_INTERFACE: ({ session, nonce }) => startInterface(session, FUNCTION, nonce),
  STOP_INTERFACE: ({ session }) => stopInterface(session, FUNCTION),
  BIND_P2P_STREAM: ({ session }) => bindP2pStream(session, FUNCTION, P2P),
  UNBIND_P2P_STREAM: ({ session, device }) => {
    device.tdisp.interface(FUNCTION)?.p2pStreams.add(P2P);
    unbindP2pStream(session, FUNCTION, P2P);
  },
  SET_MMIO_ATTRIBUTE: ({ session }) => setMmioAttribute(session, FUNCTION, UPDATABLE),
  VDM: ({ session }) => sendVdm(session, FUNCTION, Uint8Array.of(1, 0), Uint8Array.of(9)),
};
const NAMES = Object.keys(TDISP_REQUEST) as TdispRequestName[];

/** What the specification says, apart from the table that the code runs on: the state afterwards, or refusal. */
const U = 'CONFIG_UNLOCKED';
const L = 'CONFIG_LOCKED';
const EXPECTED: Readonly<Record<TdispRequestName, readonly (TdiState | 'refused')[]>> = {
  GET_TDISP_VERSION: [U, L, 'RUN', 'ERROR'],
  GET_TDISP_CAPABILITIES: [U, L, 'RUN', 'ERROR'],
  LOCK_INTERFACE: [L, 'refused', 'refused', 'refused'],
  GET_DEVICE_INTERFACE_REPORT: ['refused', L, 'RUN', 'refused'],
  GET_DEVICE_INTERFACE_STATE: [U, L, 'RUN', 'ERROR'],
  START_INTERFACE: ['refused', 'RUN', 'refused', 'refused'],
  STOP_INTERFACE: [U, U, U, U],
  BIND_P2P_STREAM: ['refused', 'refused', 'RUN', 'refused'],
  UNBIND_P2P_STREAM: ['refused', 'refused', 'RUN', 'refused'],
  SET_MMIO_ATTRIBUTE: ['refused', 'refused', 'RUN', 'refused'],
  VDM: [U, L, 'RUN', 'ERROR'],
};

describe.each(TDI_STATES)('in %s', (state) => {
  it.each(NAMES)('%s does what the specification says', (name) => {
    const bench = inState(state);
    const expected = EXPECTED[name][TDI_STATES.indexOf(state)];
    if (expected === 'refused') {
      expect(() => ASK[name](bench)).toThrow('INVALID_INTERFACE_STATE');
      expect(getState(bench.session, FUNCTION)).toBe(state);
    } else {
      ASK[name](bench);
      expect(getState(bench.session, FUNCTION)).toBe(expected);
    }
    expect(getState(bench.session, OTHER_FUNCTION)).toBe(U);
  });

  it.each([
    ['configuration-changed', [U, 'ERROR', 'ERROR', 'ERROR']],
    ['link-insecure', [U, 'ERROR', 'ERROR', 'ERROR']],
    ['session-ended', [U, 'ERROR', 'ERROR', 'ERROR']],
    ['reset', [U, U, U, U]],
  ] as const)('the event %s leads where it should', (event, states) => {
    const { device } = inState(state);
    device.tdisp.happen(event, FUNCTION);
    expect(device.tdisp.interface(FUNCTION)?.state).toBe(states[TDI_STATES.indexOf(state)]);
  });
});

test('the tables name every request and event', () => {
  expect(Object.keys(TDI_TRANSITIONS)).toEqual(NAMES);
  expect(Object.keys(TDI_EVENTS)).toEqual([
    'configuration-changed',
    'link-insecure',
    'session-ended',
    'reset',
  ] satisfies TdiEvent[]);
});

describe('arguments', () => {
  it('LOCK needs a stream that is secure', () => {
    const { session } = inState(U);
    expect(() => lockInterface(session, FUNCTION, { ...LOCK, streamId: 9 })).toThrow('INVALID_REQUEST');
    expect(getState(session, FUNCTION)).toBe(U);
  });

  it('LOCK takes only flags that the device has, and an address mask only with peers', () => {
    const { session } = inState(U, { lockFlags: 1 });
    expect(getCapabilities(session, FUNCTION).lockFlags).toBe(1);
    expect(() => lockInterface(session, FUNCTION, { flags: 2, streamId: STREAM })).toThrow('INVALID_REQUEST');
    const mask = { flags: 1, streamId: STREAM, p2pAddressMask: 1n };
    expect(() => lockInterface(session, FUNCTION, mask)).toThrow('INVALID_REQUEST');
  });

  it('LOCK without entropy is refused, and the interface stays unlocked', () => {
    const { session } = inState(U, { random: () => new Uint8Array(0) });
    expect(() => lockInterface(session, FUNCTION, LOCK)).toThrow('INSUFFICIENT_ENTROPY');
    expect(getState(session, FUNCTION)).toBe(U);
  });

  it('START needs the nonce of this lock, and a wrong one leaves it locked', () => {
    const { session, nonce } = inState(L);
    expect(() => startInterface(session, FUNCTION, nonce.with(31, 0xff))).toThrow('INVALID_NONCE');
    expect(getState(session, FUNCTION)).toBe(L);
    stopInterface(session, FUNCTION);
    const second = lockInterface(session, FUNCTION, LOCK);
    expect(() => startInterface(session, FUNCTION, nonce)).toThrow('INVALID_NONCE');
    startInterface(session, FUNCTION, second);
    expect(getState(session, FUNCTION)).toBe('RUN');
  });

  it('a nonce of one interface does not start another', () => {
    const { session, nonce } = inState(L);
    lockInterface(session, OTHER_FUNCTION, LOCK);
    expect(() => startInterface(session, OTHER_FUNCTION, nonce)).toThrow('INVALID_NONCE');
  });

  it('peers need the flag, another secure stream, and are bound once', () => {
    const { session } = inState('RUN');
    expect(() => bindP2pStream(session, FUNCTION, STREAM)).toThrow('INVALID_REQUEST');
    expect(() => bindP2pStream(session, FUNCTION, 9)).toThrow('INVALID_REQUEST');
    bindP2pStream(session, FUNCTION, P2P);
    expect(() => bindP2pStream(session, FUNCTION, P2P)).toThrow('INVALID_REQUEST');
    unbindP2pStream(session, FUNCTION, P2P);
    expect(() => unbindP2pStream(session, FUNCTION, P2P)).toThrow('INVALID_REQUEST');
  });

  it('only a range of the report that may change changes', () => {
    const { session } = inState('RUN');
    for (const change of [{ rangeId: 0 }, { pages: 5 }, { firstPage: 0x2000n }, { attributes: 8 | 1 }])
      expect(() => setMmioAttribute(session, FUNCTION, { ...UPDATABLE, ...change })).toThrow(
        'INVALID_REQUEST',
      );
    setMmioAttribute(session, FUNCTION, UPDATABLE);
    const { value } = decode(InterfaceReport, getReport(session, FUNCTION));
    expect(value?.ranges[1]).toEqual(UPDATABLE);
  });

  it('a device without peer-to-peer streams knows no requests for them', () => {
    const { session } = inState(U, { lockFlags: 1 });
    expect(() => bindP2pStream(session, FUNCTION, P2P)).toThrow('UNSUPPORTED_REQUEST');
    expect(() => unbindP2pStream(session, FUNCTION, P2P)).toThrow('UNSUPPORTED_REQUEST');
    expect([...getCapabilities(session, FUNCTION).requests].slice(0, 2)).toEqual([0xfe, 0x04]);
  });

  it('a vendor message that nobody knows is unsupported, and the capabilities say so', () => {
    const { session } = inState(U, {});
    expect(() => sendVdm(session, FUNCTION, Uint8Array.of(1, 0), new Uint8Array(1))).toThrow(
      'UNSUPPORTED_REQUEST',
    );
    expect([...getCapabilities(session, FUNCTION).requests].slice(0, 2)).toEqual([0xfe, 0x07]);
    expect([...getCapabilities(inState(U).session, FUNCTION).requests].slice(0, 2)).toEqual([0xfe, 0x0f]);
  });
});

describe('the report', () => {
  it('has the reporting offset in its addresses, and comes in portions', () => {
    const { session } = inState(L, { portion: 7 });
    const { value, issues } = decode(InterfaceReport, getReport(session, FUNCTION));
    expect(issues).toEqual([]);
    expect(value?.ranges.map(({ firstPage }) => firstPage)).toEqual([0xd1000n, 0xd2000n]);
    expect(new TextDecoder().decode(value?.deviceInfo)).toBe('test device');
  });

  it('says that the firmware is locked when the lock asked for it', () => {
    const { session } = inState(U);
    lockInterface(session, FUNCTION, { flags: 1, streamId: STREAM });
    expect((decode(InterfaceReport, getReport(session, FUNCTION)).value?.interfaceInfo ?? 0) & 1).toBe(1);
  });

  it('reserved bits are an issue', () => {
    const { session } = inState(L);
    const bytes = getReport(session, FUNCTION);
    expect(decode(InterfaceReport, bytes.with(1, 0x80)).issues.map(({ code }) => code)).toEqual([
      'layout.unknown-bits',
    ]);
  });
});

describe('requests that are not right', () => {
  const errorOf = (bytes: Uint8Array | undefined): [number, number] | undefined => {
    const { value } = decode(TdispError, bytes ?? new Uint8Array(0));
    return value && [value.errorCode, value.errorData];
  };
  const header = (type: number, functionId = FUNCTION, version = 0x10): Uint8Array =>
    Uint8Array.of(version, type, 0, 0, functionId & 255, functionId >> 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  it('get the error that the specification has for them', () => {
    const { device } = inState(U);
    const ask = (bytes: Uint8Array) => errorOf(device.tdisp.handle(bytes, 0x1_0001));
    expect(ask(header(0x8c))).toEqual([7, 0x8c]);
    expect(ask(header(0x01))).toEqual([7, 1]);
    expect(ask(header(0x85, FUNCTION, 0x20))).toEqual([0x41, 0]);
    expect(ask(header(0x85, 0x200))).toEqual([0x101, 0]);
    expect(ask(header(0x83))).toEqual([1, 0]);
    expect(ask(Uint8Array.of(...header(0x85), 0))).toEqual([1, 0]);
    expect(device.tdisp.handle(header(0x85).slice(0, 15), 0x1_0001)).toBeUndefined();
  });

  it('outside the session that has the device get no answer', () => {
    const { device } = inState('RUN');
    expect(device.tdisp.handle(header(0x87), undefined)).toBeUndefined();
    expect(device.tdisp.handle(header(0x87), 2)).toBeUndefined();
    expect(device.tdisp.interface(FUNCTION)?.state).toBe('RUN');
  });

  it('never throw, whatever byte is changed or cut', () => {
    const { device } = inState(L);
    for (const { request } of Object.values(TDISP_LAYOUTS)) {
      const bytes = new Uint8Array(request.size ?? 24);
      for (const type of Object.values(TDISP_REQUEST)) {
        bytes.set(header(type));
        for (let at = 0; at <= bytes.length; at++)
          for (const one of [bytes.slice(0, at), bytes.with(Math.min(at, bytes.length - 1), 0xa5)])
            device.tdisp.handle(one, 0x1_0001);
      }
    }
    expect(TDI_STATES).toContain(device.tdisp.interface(FUNCTION)?.state);
  });
});

describe('links and sessions that end', () => {
  it('a link that breaks puts what uses it into ERROR, and STOP leads out', () => {
    const { device, session } = inState('RUN');
    device.linkLost(STREAM);
    expect(getState(session, FUNCTION)).toBe('ERROR');
    expect(getState(session, OTHER_FUNCTION)).toBe(U);
    stopInterface(session, FUNCTION);
    expect(() => lockInterface(session, FUNCTION, LOCK)).toThrow('INVALID_REQUEST');
  });

  it('keys that are stopped while an interface runs put it into ERROR', () => {
    const { device, session } = inState('RUN');
    stopStream(session, { stream: STREAM, port: 0, keySet: 0 }, new PortKeys());
    expect(device.tdisp.interface(FUNCTION)?.state).toBe('ERROR');
  });

  it('a peer-to-peer stream that breaks does too', () => {
    const { device, session } = inState('RUN');
    bindP2pStream(session, FUNCTION, P2P);
    device.linkLost(P2P);
    expect(getState(session, FUNCTION)).toBe('ERROR');
  });

  it('a session that ends takes keys and locks with it', () => {
    const { device, session } = inState('RUN');
    device.sessionEnded(session.id);
    expect(device.tdisp.interfaces.map(({ state }) => state)).toEqual(['ERROR', U]);
    const next = directSession(device, 7);
    expect(getState(next, FUNCTION)).toBe('ERROR');
    expect(() => getState(session, FUNCTION)).toThrow('InvalidRequest');
  });
});

describe('the requester', () => {
  it.each([0, 1, 4])('refuses a response with byte %i changed', (at) => {
    const { session } = inState(U);
    const spy = {
      send: (...args: Parameters<typeof session.send>) =>
        session.send(...args).map((byte, i) => (i === at ? byte ^ 0x20 : byte)),
    };
    expect(() => getState(spy, FUNCTION)).toThrow('TDISP');
  });

  it('refuses a nonce of zeros, a version that it does not speak, and a report without end', () => {
    const answer = (type: number, ...rest: number[]) => ({
      send: () =>
        Uint8Array.of(0x10, type, 0, 0, FUNCTION & 255, FUNCTION >> 8, ...new Uint8Array(10), ...rest),
    });
    expect(() => lockInterface(answer(3, ...new Uint8Array(32)), FUNCTION, LOCK)).toThrow('all zeros');
    expect(() => getVersion(answer(1, 1, 0x20), FUNCTION)).toThrow('1.0');
    expect(() => getReport(answer(4, 0, 0, 1, 0), FUNCTION)).toThrow('no or too many');
    expect(() => getReport(answer(4, 1, 0, 1, 0, 7), FUNCTION)).toThrow('no or too many');
    expect(() => getState(answer(5, 9), FUNCTION)).toThrow('no state 9');
  });
});

test('a request encodes to the bytes of the wire', () => {
  const { request } = TDISP_LAYOUTS.GET_DEVICE_INTERFACE_REPORT;
  const value = decode(
    request,
    Uint8Array.of(0x10, 0x84, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 6, 0),
  ).value;
  expect(value).toMatchObject({ messageType: 0x84, functionId: 0x201, offset: 5, length: 6 });
  expect(encode(request, value)).toHaveLength(20);
});
