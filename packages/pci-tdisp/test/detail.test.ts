/** What is said of a message: its details in a few words, and its fields with names and byte ranges. */
import { toHex, utf8Bytes } from '@tsm/core';
import { encode, leaves, nodeOf, type Node } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import {
  decodeRun,
  encodeDoe,
  endSession,
  heartbeat,
  InterfaceReport,
  openSession,
  pciMessageName,
  updateKeys,
  vendorDefined,
  type MessageText,
  type ObservedMessage,
} from '../src/index.ts';
import { VendorDefinedResponse } from '../src/spdm/layout/exchange.ts';
import { pairOf, type Pair } from './support/pair.ts';

const text = ({ name, detail }: MessageText): string => (detail === '' ? name : `${name}: ${detail}`);

/** Negotiation to END_SESSION, read with the secrets. */
function observed(
  pair: Pair,
  inside: (pair: Pair, session: ReturnType<typeof begun>) => void,
): readonly ObservedMessage[] {
  const session = begun(pair);
  const handshakeSecret = toHex(session.handshakeKeys!.handshakeSecret);
  inside(pair, session);
  pair.run(endSession(pair.requester, session));
  const sessions = [{ sessionId: `0x${session.id.toString(16)}`, handshakeSecret }];
  return decodeRun(pair.wire, { secrets: { sessions, m1m2Hash: [], l1l2Hash: [] } }).messages;
}

function begun({ requester, run }: Pair) {
  run(requester.discover());
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  run(requester.challenge(0, 0xff));
  run(requester.measurements({ index: 2 }));
  run(requester.measurements({ slot: 0 }));
  return run(openSession(requester, { summary: 1 }));
}

const run = observed(
  pairOf({
    version: 0x12,
    requester: { versions: [0x12], algorithms: { dhes: ['secp384r1'], aeads: ['aes-256-gcm'] } },
  }),
  (pair, session) => {
    const { requester } = pair;
    pair.responder.onVendorDefined(1, (payload) =>
      Uint8Array.of(0x10, payload[1]! & 0x7f, 0, 0, ...payload.subarray(4), 2),
    );
    const state = Uint8Array.of(0x10, 0x85, 0, 0, 0xef, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    pair.run(heartbeat(requester, session));
    pair.run(vendorDefined(requester, session, 1, state));
    pair.run(updateKeys(requester, session, true));
  },
);

test('details of a run in the words of the specification', () => {
  // Tags are random, and the length of a certificate varies with its signature.
  const lines = run.map((one) =>
    text(one)
      .replace(/0x[0-9a-f]{2}$/, 'TAG')
      .replace(/\d+ bytes, the last/, 'all bytes'),
  );
  expect(lines).toMatchInlineSnapshot(`
    [
      "DOE_DISCOVERY: index 0",
      "DOE_DISCOVERY: PCI-SIG DISCOVERY, next index 1",
      "DOE_DISCOVERY: index 1",
      "DOE_DISCOVERY: PCI-SIG SPDM, next index 2",
      "DOE_DISCOVERY: index 2",
      "DOE_DISCOVERY: PCI-SIG SECURED SPDM, the last",
      "GET_VERSION",
      "VERSION: 1.0, 1.1, 1.2, 1.3, 1.4",
      "GET_CAPABILITIES: SPDM 1.2, transfers of 4608, CERT CHAL ENCRYPT MAC KEY_EX PSK ENCAP HBEAT KEY_UPD CHUNK",
      "CAPABILITIES: SPDM 1.2, transfers of 4608, CERT CHAL MEAS_SIG MEAS_FRESH ENCRYPT MAC KEY_EX PSK_WITH_CONTEXT ENCAP HBEAT KEY_UPD CHUNK",
      "NEGOTIATE_ALGORITHMS: rsassa-2048|rsapss-2048|rsassa-3072|rsapss-3072|ecdsa-p256|rsassa-4096|rsapss-4096|ecdsa-p384|ecdsa-p521|ed25519|ed448, sha256|sha384|sha512|sha3-256|sha3-384|sha3-512, secp384r1, aes-256-gcm",
      "ALGORITHMS: ecdsa-p256, sha256, secp384r1, aes-256-gcm",
      "GET_DIGESTS",
      "DIGESTS: slot 0",
      "GET_CERTIFICATE: slot 0, 1024 bytes from 0",
      "CERTIFICATE: slot 0, all bytes",
      "CHALLENGE: slot 0, summary of all",
      "CHALLENGE_AUTH: slot 0, signed",
      "GET_MEASUREMENTS: index 2",
      "MEASUREMENTS: index 2",
      "GET_MEASUREMENTS: all, signed by slot 0",
      "MEASUREMENTS: indices 1 2 3 16, signed",
      "KEY_EXCHANGE: slot 0, ReqSessionID 0x0001, summary of the TCB",
      "KEY_EXCHANGE_RSP: RspSessionID 0x0001, heartbeat 10 s",
      "FINISH",
      "FINISH_RSP",
      "HEARTBEAT",
      "HEARTBEAT_ACK",
      "VENDOR_DEFINED_REQUEST: TDISP GET_DEVICE_INTERFACE_STATE, interface 0xbeef",
      "VENDOR_DEFINED_RESPONSE: TDISP DEVICE_INTERFACE_STATE, RUN, interface 0xbeef",
      "KEY_UPDATE: UpdateAllKeys, tag TAG",
      "KEY_UPDATE_ACK: UpdateAllKeys, tag TAG",
      "KEY_UPDATE: VerifyNewKey, tag TAG",
      "KEY_UPDATE_ACK: VerifyNewKey, tag TAG",
      "END_SESSION",
      "END_SESSION_ACK",
    ]
  `);
});

/** The one message of this name. */
const named = (name: string): ObservedMessage => run.find((one) => one.name === name)!;
const meaningOf = (fields: Node | undefined, path: string): string | undefined =>
  nodeOf(fields!, path)?.meaning;

describe('fields', () => {
  test('tile the message, and their values have names', () => {
    for (const { name, bytes, fields } of run) {
      expect(fields, name).toBeDefined();
      let at = 0;
      for (const leaf of leaves(fields!)) {
        expect([name, leaf.path, leaf.offset]).toEqual([name, leaf.path, at]);
        expect(leaf.length, `${name} ${leaf.path}`).toBeGreaterThan(0);
        at += leaf.length;
      }
      expect([name, at]).toEqual([name, bytes.length]);
    }
    const algorithms = named('ALGORITHMS').fields;
    expect(meaningOf(algorithms, 'version')).toBe('1.2');
    expect(meaningOf(algorithms, 'baseAsym')).toBe('ecdsa-p256');
    expect(meaningOf(algorithms, 'tables[0].algorithms')).toBe('secp384r1');
    expect(meaningOf(named('VERSION').fields, 'entries[1]')).toBe('1.1');
    expect(meaningOf(named('CAPABILITIES').fields, 'flags')).toContain('MEAS_SIG');
  });

  test('measurement blocks are taken apart', () => {
    const { fields, bytes } = named('MEASUREMENTS');
    const value = nodeOf(fields!, 'record.block[0].value')!;
    expect(nodeOf(fields!, 'record.block[0].index')?.value).toBe(2);
    expect(bytes.subarray(value.offset, value.offset + value.length)).toEqual(value.value);
  });

  test('TDISP is taken apart', () => {
    const { fields } = named('VENDOR_DEFINED_RESPONSE');
    expect(meaningOf(fields, 'payload.protocol')).toBe('TDISP');
    expect(meaningOf(fields, 'payload.message.messageType')).toBe('DEVICE_INTERFACE_STATE');
    expect(meaningOf(fields, 'payload.message.state')).toBe('RUN');
  });
});

/** One request in the clear, as an observer without a past says it. */
function only(...bytes: readonly number[]): MessageText {
  return decodeRun([encodeDoe(1, Uint8Array.from(bytes))]).messages[0]!;
}

test('vendor-defined messages say what they carry, in any state of what they carry', () => {
  const pci = (...payload: readonly number[]): MessageText =>
    only(0x10, 0xfe, 0, 0, 3, 0, 2, 1, 0, payload.length, 0, ...payload);
  const lines = [
    pci(0, 0, 0, 1),
    pci(0, 2, 0, 0, 5, 0, 0x12, 1, ...new Array<number>(40).fill(0)),
    pci(0, 3, 0, 0, 5, 3, 0x30, 1),
    pci(0, 4, 0, 0, 5, 0, 0x21, 0),
    pci(0, 2, 0, 0),
    pci(0, 0x77),
    pci(0),
    pci(
      1,
      0x10,
      0x83,
      0,
      0,
      1,
      1,
      0,
      0,
      ...new Array<number>(8).fill(0),
      5,
      0,
      7,
      0,
      ...new Array<number>(16).fill(0),
    ),
    pci(1, 0x10, 0x7f, 0, 0, 1, 1, 0, 0, ...new Array<number>(8).fill(0), 4, 0, 0, 0, 0, 0, 0, 0),
    pci(1, 0x10, 0x8b),
    pci(1, 0x10, 0x99, 0, 0),
    pci(9, 1),
    only(0x10, 0xfe, 0, 0, 2, 0, 2, 9, 8, 0, 0),
  ];
  expect(lines.map(({ detail }) => detail)).toEqual([
    'IDE_KM QUERY, port 1',
    'IDE_KM KEY_PROG, stream 5, K0 TX NPR, port 1',
    'IDE_KM KP_ACK, UNSUPPORTED_VALUE, stream 5, sub-stream 0x30, port 1',
    'IDE_KM K_SET_GO, stream 5, K1 RX CPL, port 0',
    'IDE_KM KEY_PROG',
    'IDE_KM 0x77',
    'IDE_KM QUERY',
    'TDISP LOCK_INTERFACE_REQUEST, stream 7, NO_FW_UPDATE LOCK_MSIX, interface 0x0101',
    'TDISP TDISP_ERROR, INVALID_INTERFACE_STATE, interface 0x0101',
    'TDISP VDM_REQUEST',
    'TDISP 0x99',
    'registry 3, vendor 0100',
    'registry 2, vendor 0908',
  ]);
  for (const { bytes, fields } of lines)
    expect(leaves(fields!).reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length);
  expect(lines.map(({ bytes }) => pciMessageName(bytes))[1]).toBe('IDE_KM KEY_PROG');
});

test('errors, and what is put off', () => {
  const error = (...rest: readonly number[]): string => only(0x10, 0x7f, ...rest).detail;
  expect([
    error(0x04, 0),
    error(0x07, 0x83),
    error(0x0f, 0, 3),
    error(0x42, 0, 1, 0xe0, 7, 1),
    error(0x99, 5),
  ]).toEqual([
    'UnexpectedRequest',
    'UnsupportedRequest: CHALLENGE',
    'LargeResponse, handle 3',
    'ResponseNotReady: GET_MEASUREMENTS, token 0x07',
    '0x99, data 0x05',
  ]);
  expect(only(0x10, 0xff, 0xe0, 7).detail).toBe('GET_MEASUREMENTS, token 0x07');
});

test('a report that came in one piece is taken apart', () => {
  const range = { firstPage: 0x1000n, pages: 4, attributes: 1, rangeId: 7 };
  const report = encode(InterfaceReport, {
    ...{ interfaceInfo: 3, reserved: new Uint8Array(2), msixControl: 0, lnrControl: 0, tphControl: 0 },
    ...{ rangeCount: 1, ranges: [range], deviceInfoLength: 2, deviceInfo: utf8Bytes('hi') },
  });
  const header = [0x10, 0x04, 0, 0, ...new Array<number>(12).fill(0)];
  const portion = (remainder: number): MessageText =>
    decodeRun([
      encodeDoe(
        1,
        encode(VendorDefinedResponse, {
          ...{ version: 0x10, code: 0x7e, param1: 0, param2: 0, standardId: 3, gap: new Uint8Array(2) },
          ...{ vendorId: Uint8Array.of(1, 0), length: report.length + 21 },
          payload: Uint8Array.of(1, ...header, report.length, 0, remainder, 0, ...report),
        }),
      ),
    ]).messages[0]!;
  const { detail, fields } = portion(0);
  expect(detail).toBe(
    `TDISP DEVICE_INTERFACE_REPORT, ${String(report.length)} bytes, the last, interface 0x0000`,
  );
  const attributes = nodeOf(fields!, 'payload.message.portion.report.ranges[0].attributes');
  expect(attributes?.meaning).toBe('MSIX_TABLE');
  expect(nodeOf(portion(1).fields!, 'payload.message.portion')?.children).toEqual([]);
});
