/** `tsm spdm`: a run of our own as a capture, with and without its secrets, and files that are none. */
import { toHex, utf8Bytes } from '@tsm/core';
import { encodeCapture, endSession, openSession, vendorDefined } from '@tsm/pci-tdisp';
import { describe, expect, test } from 'vitest';
import { pairOf } from '../../../packages/pci-tdisp/test/support/pair.ts';
import { run, tooWide } from './support/run.ts';

/** Of a TDISP message about interface 0xbeef. */
const head = (code: number): number[] => [0x10, code, 0, 0, 0xef, 0xbe, ...new Array<number>(10).fill(0)];

/** A short run with one session, and what reads it. */
function recorded(): { wire: Uint8Array[]; capture: Uint8Array; secrets: Uint8Array } {
  const pair = pairOf({ version: 0x12 });
  const { requester } = pair;
  pair.run(requester.connect());
  pair.run(requester.digests());
  pair.run(requester.certificate());
  pair.run(requester.challenge());
  const session = pair.run(openSession(requester));
  const secret = {
    sessionId: `0x${session.id.toString(16)}`,
    handshakeSecret: toHex(session.handshakeKeys!.handshakeSecret),
    th2: toHex(session.th2!),
  };
  pair.responder.onVendorDefined(1, () => Uint8Array.of(...head(0x05), 2));
  pair.run(vendorDefined(requester, session, 1, Uint8Array.from(head(0x85))));
  pair.run(endSession(requester, session));
  const { wire } = pair;
  return { wire, capture: encodeCapture(wire), secrets: utf8Bytes(JSON.stringify({ sessions: [secret] })) };
}

const { wire, capture, secrets } = recorded();
const files = () =>
  new Map([
    ['run.pcap', capture],
    ['secrets.json', secrets],
    ['bad.json', utf8Bytes('{"sessions": 1}')],
    ['no.pcap', utf8Bytes('not a capture')],
  ]);

describe('tsm spdm decode', () => {
  test('names every object and decrypts with the secrets', async () => {
    const { exit, json } = await run(
      ['spdm', 'decode', 'run.pcap', '--secrets', 'secrets.json', '--json'],
      files(),
    );
    const { messages, undecrypted, violations } = json() as unknown as {
      messages: { name: string; session: string | null }[];
      undecrypted: number;
      violations: unknown[];
    };
    expect(exit).toBe(0);
    expect(messages.length).toBe(wire.length);
    expect(messages.slice(-6).map(({ name }) => name)).toEqual([
      'FINISH',
      'FINISH_RSP',
      'VENDOR_DEFINED_REQUEST',
      'VENDOR_DEFINED_RESPONSE',
      'END_SESSION',
      'END_SESSION_ACK',
    ]);
    expect(messages.at(-1)?.session).toBe('0x00010001');
    expect([undecrypted, violations]).toEqual([0, []]);
  });

  test('fits the terminal, and says what the secrets are missing for', async () => {
    const { exit, out } = await run(['spdm', 'decode', 'run.pcap'], files());
    expect(exit).toBe(0);
    expect(out).toContain('6 records not decrypted; --secrets FILE has the keys');
    expect(tooWide(out)).toEqual([]);
  });

  test('marks a broken rule with its clause, as exit code 8', async () => {
    const broken = [...wire];
    const at = broken.findIndex((object) => object[9] === 0x03);
    broken[at] = broken[at]!.slice();
    broken[at][60]! ^= 1;
    const { exit, out } = await run(
      ['spdm', 'decode', 'x.pcap'],
      new Map([['x.pcap', encodeCapture(broken)]]),
    );
    expect(exit).toBe(8);
    expect(out.replace(/\s+/g, ' ')).toContain(
      'CHALLENGE_AUTH does not verify (DSP0274 1.2, CHALLENGE request and CHALLENGE_AUTH response messages: signature over M1/M2)',
    );
    expect(tooWide(out)).toEqual([]);
  });

  test('says what messages are about, and what vendor-defined ones carry', async () => {
    const args = ['spdm', 'decode', 'run.pcap', '--secrets', 'secrets.json'];
    const { out } = await run(args, files());
    expect(out).toMatch(/CHALLENGE slot 0 +36/);
    expect(out).toContain('ALGORITHMS ecdsa-p256, sha256');
    expect(out).toMatch(/0x00010001 +TDISP GET_DEVICE_INTERFACE_STATE, interface 0xbeef/);
    const { json } = await run([...args, '--json'], files());
    const { messages } = json() as unknown as { messages: { name: string; detail: string }[] };
    expect(messages.filter(({ name }) => name.startsWith('VENDOR_DEFINED'))).toMatchObject([
      { name: 'VENDOR_DEFINED_REQUEST', detail: 'TDISP GET_DEVICE_INTERFACE_STATE, interface 0xbeef' },
      { name: 'VENDOR_DEFINED_RESPONSE', detail: 'TDISP DEVICE_INTERFACE_STATE, RUN, interface 0xbeef' },
    ]);
    expect(messages.every((message) => !('fields' in message))).toBe(true);
  });

  test('shows every field of one message', async () => {
    const args = ['spdm', 'decode', 'run.pcap', '--secrets', 'secrets.json', '--message'];
    const number = String(wire.length - 3);
    const { exit, out } = await run([...args, number], files());
    expect(exit).toBe(0);
    expect(tooWide(out)).toEqual([]);
    expect(out).toContain(`VENDOR_DEFINED_RESPONSE  packet ${number} ← by the responder, session 0x00010001`);
    expect(out).toMatch(/0x1c +1 +state +2 \(0x2\) RUN/);
    const { json } = await run([...args, number, '--json'], files());
    expect(json()).toMatchObject({
      message: { packet: wire.length - 3, name: 'VENDOR_DEFINED_RESPONSE' },
      violations: [],
    });
    const { fields } = (json() as unknown as { message: { fields: { children: { name: string }[] } } })
      .message;
    expect(fields.children.map(({ name }) => name)).toContain('payload');
    for (const bad of ['x', String(wire.length), '-1']) {
      const refused = await run([...args, bad], files());
      expect(refused.exit).toBe(2);
      expect(refused.err).toContain(`has messages 0 to ${String(wire.length - 1)}`);
    }
  });

  test('refuses what is no capture, and secrets that are none', async () => {
    const none = await run(['spdm', 'decode', 'no.pcap', '--json'], files());
    expect([none.exit, none.json()]).toMatchObject([3, { error: { code: 'capture.format' } }]);
    const bad = await run(['spdm', 'decode', 'run.pcap', '--secrets', 'bad.json'], files());
    expect([bad.exit, bad.err]).toEqual([
      3,
      'error: bad.json: the secrets cannot be used: no list of sessions\n',
    ]);
  });
});
