/** IDE_KM: layouts, the keys of a stream, and who may program them. */
import { toHex } from '@tsm/core';
import { layoutChecks } from '@tsm/core/testing';
import {
  IDE_KM,
  IdeKmKeyProg,
  IdeKmKeyProgAck,
  IdeKmKeySet,
  IdeKmQuery,
  IdeKmQueryResponse,
  placeByte,
  placeOfByte,
  PortKeys,
  programKey,
  queryPort,
  refreshStream,
  startStream,
  stopStream,
  turnWords,
} from '@tsm/pci-tdisp';
import { describe, expect, it, test } from 'vitest';
import { counter, directSession, testDevice } from './support/device.ts';

describe('layouts', () => {
  for (const table of [IdeKmKeyProg, IdeKmKeyProgAck, IdeKmKeySet, IdeKmQuery, IdeKmQueryResponse])
    for (const { name, run } of layoutChecks(table)) test(name, run);
});

const STREAM = { stream: 5, port: 0, keySet: 0 } as const;
const RX_PR = { keySet: 0, direction: 'RX', subStream: 'PR' } as const;
const key = Uint8Array.from({ length: 32 }, (_, i) => i);

describe('a key on the wire', () => {
  it('has its words turned round, and comes back', () => {
    expect(toHex(turnWords(key)).slice(0, 16)).toBe('0302010007060504');
    expect(turnWords(turnWords(key))).toEqual(key);
  });

  it('is named by one byte for each place, and no other byte names one', () => {
    const places = Array.from({ length: 256 }, (_, byte) => placeOfByte(byte)).filter(
      (one) => one !== undefined,
    );
    expect(places).toHaveLength(12);
    for (const place of places) expect(placeOfByte(placeByte(place))).toEqual(place);
    expect([0x04, 0x08, 0x30, 0xff].map(placeOfByte)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('a stream', () => {
  it('is secure at both ends once six keys are in use, and not before', () => {
    const device = testDevice();
    const session = directSession(device);
    const port = new PortKeys();
    const seen: boolean[] = [];
    const spy = {
      send(protocol: number, payload: Uint8Array) {
        seen.push(device.ide.isSecure(5));
        return session.send(protocol, payload);
      },
    };
    startStream(spy, STREAM, port, counter());
    expect(seen).toEqual(Array.from({ length: 13 }, () => false));
    expect(device.ide.isSecure(5)).toBe(true);
    expect(port.isSecure(5)).toBe(true);
    stopStream(session, STREAM, port);
    expect(device.ide.isSecure(5)).toBe(false);
    expect(port.ids).toEqual([]);
  });

  it('has the same key at both ends, mirrored', () => {
    const device = testDevice();
    const session = directSession(device);
    const port = new PortKeys();
    programKey(session, STREAM, RX_PR, key);
    port.program(5, { ...RX_PR, direction: 'TX' }, key);
    expect(port.key(5, { ...RX_PR, direction: 'TX' })).toEqual(key);
    expect(port.key(5, RX_PR)).toBeUndefined();
  });

  it('stays secure while its keys are replaced', () => {
    const device = testDevice();
    const session = directSession(device);
    const port = new PortKeys();
    const random = counter();
    startStream(session, STREAM, port, random);
    const seen = new Set<boolean>();
    const spy = {
      send(protocol: number, payload: Uint8Array) {
        const answer = session.send(protocol, payload);
        seen.add(device.ide.isSecure(5));
        return answer;
      },
    };
    expect(refreshStream(spy, STREAM, port, random)).toBe(1);
    expect([...seen]).toEqual([true]);
    expect(port.isSecure(5)).toBe(true);
  });
});

describe('the device', () => {
  const session = () => directSession(testDevice());

  it('says how many ports it has', () => {
    expect(queryPort(session(), 0)).toMatchObject({ maxPortIndex: 0, bus: 1 });
    expect(() => queryPort(session(), 1)).toThrow('InvalidRequest');
  });

  const prog = (change: (bytes: Uint8Array) => Uint8Array): number | undefined => {
    const one = session();
    let request = new Uint8Array(0);
    const spy = {
      send(protocol: number, payload: Uint8Array) {
        request = payload.slice();
        return one.send(protocol, payload);
      },
    };
    programKey(spy, STREAM, RX_PR, key);
    const other = testDevice();
    return other.handler(0)?.(change(request), 1)?.[4];
  };
  const set = (at: number, value: number) => (bytes: Uint8Array) => bytes.with(at, value);

  it.each([
    ['all is well', (bytes: Uint8Array) => bytes, 0],
    ['the key is short', (bytes: Uint8Array) => bytes.slice(0, -1), 1],
    ['the message is long', (bytes: Uint8Array) => Uint8Array.of(...bytes, 0), 1],
    ['the port is above the highest', set(6, 1), 2],
    ['the sub-stream is none', set(5, 0x30), 3],
    ['reserved bits are set', set(5, 0x04), 3],
    ['IFV does not begin at 1', set(43, 2), 3],
  ] as const)('answers KEY_PROG by the specification when %s', (_what, change, status) => {
    expect(prog(change)).toBe(status);
  });

  it('has only as many streams as the port has', () => {
    const one = session();
    for (const stream of [1, 2]) programKey(one, { ...STREAM, stream }, RX_PR, key);
    expect(() => programKey(one, { ...STREAM, stream: 3 }, RX_PR, key)).toThrow('UNSUPPORTED_VALUE');
  });

  it('does not replace a key in use', () => {
    const one = session();
    startStream(one, STREAM, new PortKeys(), counter());
    expect(() => programKey(one, STREAM, RX_PR, key)).toThrow('UNSPECIFIED');
  });

  it('refuses what is no request, and GO and STOP of a key that is not there', () => {
    const device = testDevice();
    for (const bytes of [
      [],
      [0],
      [0, 0],
      [1, 0, 0],
      [7, 0, 0, 0, 0, 0, 0],
      [4, 0, 0, 5, 0, 0, 0],
      [5, 0, 0, 5, 0, 0, 0],
    ])
      expect(device.handler(0)?.(Uint8Array.from(bytes), 1)).toBeUndefined();
  });

  it('answers in the session that came first, and in no other until that one ends', () => {
    const device = testDevice();
    const first = directSession(device, 1);
    const second = directSession(device, 2);
    startStream(first, STREAM, new PortKeys(), counter());
    expect(() => queryPort(second, 0)).toThrow('InvalidRequest');
    expect(device.handler(0)?.(Uint8Array.of(IDE_KM.QUERY, 0, 0), undefined)).toBeUndefined();
    device.sessionEnded(2);
    expect(device.ide.isSecure(5)).toBe(true);
    device.sessionEnded(1);
    expect(device.ide.isSecure(5)).toBe(false);
    expect(queryPort(second, 0).maxPortIndex).toBe(0);
  });

  it('a response about another key is refused', () => {
    for (const at of [0, 3, 5, 6]) {
      const one = session();
      const spy = {
        send: (protocol: number, payload: Uint8Array) => {
          const answer = one.send(protocol, payload);
          return answer.with(at, (answer[at] ?? 0) ^ 1);
        },
      };
      expect(() => programKey(spy, STREAM, RX_PR, key)).toThrow('IDE_KM');
    }
  });

  it('survives every byte of every request changed, and every cut', () => {
    const requests = [
      [0, 0, 0],
      [2, 0, 0, 5, 0, 0, 0, ...key, 0, 0, 0, 0, 1, 0, 0, 0],
      [4, 0, 0, 5, 0, 0, 0],
      [5, 0, 0, 5, 0, 0, 0],
    ].map((bytes) => Uint8Array.from(bytes));
    const device = testDevice();
    let answered = 0;
    for (const request of requests)
      for (let at = 0; at <= request.length; at++)
        for (const bytes of [request.slice(0, at), request.with(Math.min(at, request.length - 1), at * 37)])
          if (device.handler(0)?.(bytes, 1)) answered++;
    expect(answered).toBeGreaterThan(10);
  });
});
