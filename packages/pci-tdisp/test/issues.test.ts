/** Every issue code is produced by a fixture, at the packet or place that is wrong. */
import { utf8Bytes, type Issue } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { expect, test } from 'vitest';
import {
  decodeCapture,
  decodeDoe,
  decodeRun,
  encodeCapture,
  encodeChain,
  encodeDoe,
  endSession,
  HASHES,
  openSession,
  parseSecrets,
  portableSpdmCrypto,
  readCapture,
  readChain,
  RecordChannel,
  REQUESTER_CAPABILITIES,
  SPDM_ISSUES,
  type Capability,
  type Secrets,
} from '../src/index.ts';
import { PcapHeader } from '../src/trace/capture-layout.ts';
import { toHex } from '@tsm/core';
import { pairOf } from './support/pair.ts';

const pair = pairOf({ version: 0x13 });
pair.run(pair.requester.connect());
pair.run(pair.requester.digests());
pair.run(pair.requester.certificate());
pair.run(pair.requester.challenge());
const session = pair.run(openSession(pair.requester));
const secret = toHex(session.handshakeKeys!.handshakeSecret);
pair.run(endSession(pair.requester, session));
const { wire } = pair;

/** The run with one byte of the first message of this code changed; negative offsets are from its end. */
function changed(code: number, offset: number, value?: number): Uint8Array[] {
  const copy = wire.map((object) => object.slice());
  const object = copy.find((one) => one[2] === 1 && one[9] === code)!;
  const at = offset < 0 ? object.length + offset : 8 + offset;
  object[at] = value ?? object[at]! ^ 1;
  return copy;
}

const secrets = (more: object): Secrets => {
  const id = { sessionId: `0x${session.id.toString(16)}`, handshakeSecret: secret };
  return { sessions: [{ ...id, ...more }], m1m2Hash: [], l1l2Hash: [] };
};

const run = (objects: Uint8Array[], known?: Secrets): readonly Issue[] =>
  decodeRun(objects, known ? { secrets: known } : {}).violations;

const sha256 = HASHES[0]!;
const channel = () =>
  new RecordChannel(
    portableSpdmCrypto,
    { name: 'aes-256-gcm', bit: 1, keySize: 32 },
    { secret: new Uint8Array(32), key: new Uint8Array(32), salt: new Uint8Array(12) },
  );
const damagedRecord = channel().seal(1, Uint8Array.of(1)).fill(0, 10, 12);
const header = { magic: 0xa1b2c3d4, major: 2, minor: 4, reserved1: 0, reserved2: 0, snapLength: 0 };
const object = encodeDoe(1, Uint8Array.of(0x10, 0x84, 0, 0));
const edited = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  return bytes.map((byte, i) => (i === at ? value : byte));
};
const pcapng = Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a, 8, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a);

/** A run in small transfers; without chunks it is one that breaks their limit. */
function small(...missing: readonly Capability[]): Uint8Array[] {
  const capabilities = REQUESTER_CAPABILITIES.filter((one) => !missing.includes(one));
  const { requester, run, wire } = pairOf({
    version: 0x12,
    requester: { capabilities },
    responder: { dataTransferSize: 64 },
  });
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  run(openSession(requester));
  return wire;
}
const chunks = small();
const secondChunk = chunks.findIndex((one) => one[9] === 0x85 && one[12] === 1);

const FIXTURES: Record<string, readonly Issue[]> = {
  'doe.vendor': decodeDoe(edited(object, 0, 2)).issues,
  'doe.type': decodeDoe(edited(object, 2, 7)).issues,
  'doe.length': decodeDoe(object.subarray(0, 8)).issues,
  'doe.padding': run([encodeDoe(1, Uint8Array.of(0x10, 0x84, 0, 0, 9))]),
  'spdm.version': run(changed(0x81, 0)),
  'spdm.code': run(changed(0x81, 1, 0xd0)),
  'spdm.message': run(changed(0xe1, 8 + 3, 0xff)),
  'spdm.unexpected': run(wire.slice(2)),
  'spdm.not-offered': run(changed(0x63, 12 + 3, 0x80)),
  'spdm.digest': run(changed(0x01, 4)),
  'spdm.chain': readChain(portableSpdmCrypto, 0x12, sha256, new Uint8Array(40)).issues,
  'spdm.signature': run(changed(0x03, -9)),
  'spdm.verify-data': run(changed(0x64, -9), secrets({})),
  'spdm.chunk': run(chunks.with(secondChunk, edited(chunks[secondChunk]!, 12, 7))),
  'spdm.transfer-size': run(small('CHUNK')),
  'spdm.echo': run(changed(0x03, 4)),
  'spdm.session-unknown': run([encodeDoe(2, new Uint8Array(24))]),
  'spdm.secret': run(wire, secrets({ th1: '00' })),
  'secured.length': channel().open(new Uint8Array(7)).issues,
  'secured.tag': channel().open(damagedRecord).issues,
  'capture.format': readCapture(utf8Bytes('hello')).issues,
  'capture.link-type': readCapture(encode(PcapHeader('le'), { ...header, linkType: 1 })).issues,
  'capture.packet': readCapture(pcapng).issues,
  'secrets.format': parseSecrets('{').issues,
};

test('every code has a fixture', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual([...SPDM_ISSUES.codes].sort());
});

test.each(Object.entries(FIXTURES))('%s', (code, issues) => {
  const found = issues.find((issue) => issue.code === code);
  expect(found, JSON.stringify(issues)).toBeDefined();
  expect(found!.message).toMatch(/\w/);
  expect(found!.offset).toBeGreaterThanOrEqual(0);
});

test.each([
  ['spdm.version', 'DSP0274 1.3, GET_VERSION request and VERSION response messages: SPDMVersion'],
  ['spdm.code', 'DSP0274 1.3, SPDM request codes'],
  ['spdm.message', 'DSP0274, GET_CAPABILITIES request and CAPABILITIES response messages'],
  ['spdm.unexpected', 'DSP0274, GET_CAPABILITIES request and CAPABILITIES response messages'],
  [
    'spdm.not-offered',
    'DSP0274 1.3, NEGOTIATE_ALGORITHMS request and ALGORITHMS response messages: selection',
  ],
  ['spdm.digest', 'DSP0274 1.3, GET_DIGESTS request and DIGESTS response messages: Digest'],
  [
    'spdm.signature',
    'DSP0274 1.3, CHALLENGE request and CHALLENGE_AUTH response messages: signature over M1/M2',
  ],
  [
    'spdm.verify-data',
    'DSP0274 1.3, KEY_EXCHANGE request and KEY_EXCHANGE_RSP response messages: HMAC over TH for KEY_EXCHANGE_RSP',
  ],
  ['spdm.echo', 'DSP0274 1.3, CHALLENGE request and CHALLENGE_AUTH response messages'],
  [
    'spdm.chunk',
    'DSP0274 1.2, Large SPDM message transfer mechanism: CHUNK_SEND request and CHUNK_SEND_ACK response messages',
  ],
  [
    'spdm.transfer-size',
    'DSP0274 1.2, GET_CAPABILITIES request and CAPABILITIES response messages: DataTransferSize',
  ],
])('the clause of %s', (code, clause) => {
  expect(FIXTURES[code]!.find((issue) => issue.code === code)?.spec).toBe(clause);
});

test('whatever breaks in a run has a clause', () => {
  const cut = wire.map((object, n) => (n === 4 ? encodeDoe(1, object.slice(8, 14)) : object));
  const discovery = encodeDoe(0, Uint8Array.of(0, 0, 1, 1));
  for (const issues of [...Object.values(FIXTURES), run(cut), run([discovery])])
    for (const issue of issues)
      if (!/^(capture|secrets)\./.test(issue.code))
        expect(issue.spec, JSON.stringify(issue)).toMatch(/^(DSP|PCIe)/);
  expect(run(cut).map(({ code, spec }) => `${code} ${spec ?? ''}`)).toContain(
    'layout.truncated DSP0274 1.3, NEGOTIATE_ALGORITHMS request and ALGORITHMS response messages',
  );
});

test('a good run has none', () => {
  expect(run(wire, secrets({}))).toEqual([]);
  expect(decodeCapture(encodeCapture(wire)).violations).toEqual([]);
  const chain = encodeChain(portableSpdmCrypto, 0x12, sha256, []);
  expect(readChain(portableSpdmCrypto, 0x12, sha256, chain).issues.length).toBe(1);
});
