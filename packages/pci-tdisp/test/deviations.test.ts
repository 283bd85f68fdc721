/** Our device beside one that deviates as a public emulator does: each deviation shows, and the requester's way to RUN works. */
import { TsmError } from '@tsm/core';
import {
  getReport,
  getState,
  getVersion,
  lockInterface,
  PortKeys,
  programKey,
  startInterface,
  startStream,
  stopInterface,
} from '@tsm/pci-tdisp';
import { describe, expect, it } from 'vitest';
import { counter, FUNCTION, testDevice } from './support/device.ts';
import { DEVIATIONS, lenientDevice, type Deviation } from './support/lenient-device.ts';

const NAMES = Object.keys(DEVIATIONS) as Deviation[];
const STREAM = { stream: 1, port: 0, keySet: 0 } as const;
const LOCK = { flags: 1, streamId: 1 };

interface Session {
  send(protocol: number, payload: Uint8Array): Uint8Array;
}

/** A session with the device as it should be, or with one deviation; `id` undefined is no session. */
function sessionWith(deviation: Deviation | undefined, id: number | undefined): Session {
  const device = testDevice({ lockFlags: 1 });
  const handle = deviation ? lenientDevice(device, deviation) : undefined;
  return {
    send(protocol, payload) {
      const answer = handle ? handle(protocol, payload, id) : device.handler(protocol)?.(payload, id);
      if (!answer) throw new TsmError('spdm.error', 'ERROR(InvalidRequest)');
      return answer;
    },
  };
}

const outcome = (action: () => unknown): string => {
  try {
    action();
    return 'ok';
  } catch (error) {
    return error instanceof TsmError ? error.code : String(error);
  }
};

/** What shows each deviation: the answer by the specification, and that of the deviating device. */
const PROBES: Readonly<
  Record<Deviation, readonly [probe: (s: Session) => unknown, right: string, lenient: string]>
> = {
  stopUnlockedRefused: [(s) => stopInterface(s, FUNCTION), 'ok', 'tdisp.invalid-interface-state'],
  reportUnlockedInvalid: [
    (s) => getReport(s, FUNCTION),
    'tdisp.invalid-interface-state',
    'tdisp.invalid-request',
  ],
  lockTakesAll: [(s) => lockInterface(s, FUNCTION, { flags: 2, streamId: 9 }), 'tdisp.invalid-request', 'ok'],
  versionUnlocks: [
    (s) => {
      startStream(s, STREAM, new PortKeys(), counter());
      const nonce = lockInterface(s, FUNCTION, LOCK);
      getVersion(s, FUNCTION);
      startInterface(s, FUNCTION, nonce);
    },
    'ok',
    'tdisp.invalid-interface-state',
  ],
  keysTakeAll: [
    (s) =>
      programKey(
        s,
        { ...STREAM, port: 9 },
        { keySet: 0, direction: 'RX', subStream: 'PR' },
        new Uint8Array(32),
      ),
    'ide-km.refused',
    'ok',
  ],
  answersWithoutSession: [(s) => getState(s, FUNCTION), 'spdm.error', 'ok'],
};

describe.each(NAMES)('%s', (name) => {
  const [probe, right, lenient] = PROBES[name];
  const id = name === 'answersWithoutSession' ? undefined : 1;

  it('is not what our device does', () => {
    expect(outcome(() => probe(sessionWith(undefined, id)))).toBe(right);
    expect(outcome(() => probe(sessionWith(name, id)))).toBe(lenient);
  });

  it('does not keep the requester from RUN', () => {
    const session = sessionWith(name, 1);
    getVersion(session, FUNCTION);
    startStream(session, STREAM, new PortKeys(), counter());
    startInterface(session, FUNCTION, lockInterface(session, FUNCTION, LOCK));
    expect(getState(session, FUNCTION)).toBe('RUN');
  });
});
