/** A recorded run reads again with its secrets, and replays byte for byte on a device of the same seed. */
import { expect, test } from 'vitest';
import {
  decodeCapture,
  drive,
  endSession,
  heartbeat,
  openSession,
  parseSecrets,
  portableSpdmCrypto,
  readCapture,
  Recorder,
  replayRun,
  updateKeys,
} from '../src/index.ts';
import { p256 } from '@noble/curves/nist.js';
import { identityOf } from './support/identity.ts';
import { pairOf } from './support/pair.ts';

/** Signs the same message the same way each time: RFC 6979. */
const key = p256.utils.randomSecretKey(new Uint8Array(48).fill(9));
const asym = { name: 'ecdsa-p256', bit: 4, kind: 'ecdsa', curve: 'p256', size: 64, since: 0x10 } as const;
const steady = {
  ...identityOf('ecdsa-p256'),
  sign: (message: Uint8Array) => portableSpdmCrypto.sign(asym, 'sha256', key, message),
};

test('record, read, replay', () => {
  const pair = pairOf({ version: 0x13 });
  const recorder = new Recorder();
  const transport = recorder.over(pair.transport);
  const { requester } = pair;
  drive(requester.connect(), transport);
  drive(requester.digests(), transport);
  drive(requester.certificate(), transport);
  const session = drive(openSession(requester), transport);
  recorder.keep(session);
  drive(heartbeat(requester, session), transport);
  drive(updateKeys(requester, session, true), transport);
  drive(endSession(requester, session), transport);
  const { secrets } = parseSecrets(JSON.stringify(recorder.secrets));
  const read = decodeCapture(recorder.capture(), { secrets: secrets! });
  expect([read.undecrypted, read.violations]).toEqual([0, []]);
  expect(read.compared).toBe(9);
});

test('a replay finds the first object that differs', () => {
  const slots = new Map([[0, steady]]);
  const pair = pairOf({ version: 0x12, responder: { slots } });
  const recorder = new Recorder();
  const transport = recorder.over(pair.transport);
  drive(pair.requester.connect(), transport);
  drive(pair.requester.digests(), transport);
  drive(pair.requester.certificate(), transport);
  drive(pair.requester.measurements(), transport);
  const objects = readCapture(recorder.capture()).packets.map(({ data }) => data);
  expect(replayRun(objects, pairOf({ responder: { slots } }).transport)).toBeUndefined();
  const other = pairOf({ responder: { slots, measurements: () => [] } });
  expect(replayRun(objects, other.transport)).toBe(objects.length - 1);
});
