/** Requester against responder: every version, handshake and algorithm, through every message; a third party agrees. */
import { toHex } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import {
  answerAll,
  decodeRun,
  endSession,
  heartbeat,
  openPskSession,
  openSession,
  PCI_PROTOCOL,
  portableSpdmCrypto,
  REQUESTER_CAPABILITIES,
  RESPONDER_CAPABILITIES,
  updateKeys,
  vendorDefined,
  type Capability,
  type MutualAuth,
  type Secrets,
  type SessionState,
} from '../src/index.ts';
import { identityOf } from './support/identity.ts';
import { MEASUREMENTS, pairOf, PSK, type Pair, type PairOptions } from './support/pair.ts';

/** Everything that a session can do; the responder answers vendor-defined requests backwards. */
function everything(pair: Pair, session: SessionState): void {
  const { requester, responder, run } = pair;
  responder.onVendorDefined(PCI_PROTOCOL.TDISP, (payload) => payload.slice().reverse());
  run(heartbeat(requester, session));
  expect(run(vendorDefined(requester, session, PCI_PROTOCOL.TDISP, Uint8Array.of(1, 2, 3)))).toEqual(
    Uint8Array.of(3, 2, 1),
  );
  run(updateKeys(requester, session));
  run(requester.measurements({ slot: 0, session }));
  run(updateKeys(requester, session, true));
  run(requester.digests(session));
  run(requester.certificate(0, session));
  const [state] = responder.sessions;
  responder.requestKeyUpdate(state!);
  run(answerAll(requester, session));
  run(heartbeat(requester, session));
  run(endSession(requester, session));
  expect(session.phase).toBe('ended');
  expect(responder.sessions).toEqual([]);
}

/** From discovery to END_SESSION. */
function full(options: PairOptions): Pair {
  const pair = pairOf(options);
  const { requester, responder, run } = pair;
  expect(run(requester.discover()).map(({ type }) => type)).toEqual([0, 1, 2]);
  run(requester.connect());
  run(requester.digests());
  const chain = run(requester.certificate());
  expect(chain.certificates.length).toBe(2);
  expect(run(requester.challenge(0, 0xff)).length).toBe(requester.connection.hash?.size);
  const unsigned = run(requester.measurements({ index: 2 }));
  expect(unsigned.blocks.map(({ index }) => index)).toEqual([2]);
  const signed = run(requester.measurements({ slot: 0 }));
  expect(signed.blocks.map(({ index }) => index)).toEqual(MEASUREMENTS.map(({ index }) => index));
  const session = run(openSession(requester, { summary: 1 }));
  expect(responder.sessions.map(({ id }) => id)).toEqual([session.id]);
  everything(pair, session);
  return pair;
}

/** What a third party says who has only the wire. */
function violations(pair: Pair): string[] {
  return decodeRun(pair.wire).violations.map(
    ({ packet, code, path, message }) => `${packet} ${code} ${path} ${message}`,
  );
}

describe.each([0x11, 0x12, 0x13, 0x14])('version %i', (version) => {
  test.each([true, false])('full flow, handshake in the clear: %s', (clear) => {
    const pair = full({ version, clear });
    expect(pair.requester.connection.version).toBe(version);
    expect(violations(pair)).toEqual([]);
  });

  test('pre-shared key, with a context and without', () => {
    for (const capability of ['PSK_WITH_CONTEXT', 'PSK'] as const) {
      const capabilities = [...RESPONDER_CAPABILITIES, capability];
      const pair = pairOf({ version, responder: { capabilities } });
      const { requester, run } = pair;
      run(requester.connect());
      run(requester.digests());
      run(requester.certificate());
      everything(pair, run(openPskSession(requester, PSK)));
      expect(violations(pair)).toEqual([]);
    }
  });

  test.each<MutualAuth>(['provisioned', 'encapsulated', 'digests'])(
    'mutual authentication: %s',
    (mutualAuth) => {
      for (const clear of [true, false]) {
        const own = identityOf('ecdsa-p256', 'host');
        const more: Capability[] = ['MUT_AUTH', ...(clear ? (['HANDSHAKE_IN_THE_CLEAR'] as const) : [])];
        const pair = pairOf({
          version,
          responder: {
            mutualAuth,
            requesterCertificates: own.certificates,
            capabilities: [...RESPONDER_CAPABILITIES, ...more],
          },
          requester: { slots: new Map([[0, own]]), capabilities: [...REQUESTER_CAPABILITIES, ...more] },
        });
        const { requester, responder, run } = pair;
        run(requester.connect());
        run(requester.digests());
        run(requester.certificate());
        const session = run(openSession(requester));
        expect(responder.sessions[0]?.phase).toBe('established');
        everything(pair, session);
        expect(violations(pair)).toEqual([]);
      }
    },
  );
});

const ALGORITHMS = [
  { asym: 'ecdsa-p384', hash: 'sha384', dhe: 'secp384r1', aead: 'aes-256-gcm' },
  { asym: 'ecdsa-p521', hash: 'sha512', dhe: 'secp521r1', aead: 'aes-256-gcm' },
  { asym: 'ecdsa-p256', hash: 'sha256', dhe: 'secp256r1', aead: 'aes-128-gcm' },
  { asym: 'ecdsa-p256', hash: 'sha3-256', dhe: 'secp256r1', aead: 'chacha20-poly1305' },
  { asym: 'ecdsa-p384', hash: 'sha3-384', dhe: 'secp384r1', aead: 'chacha20-poly1305' },
  { asym: 'rsassa-2048', hash: 'sha256', dhe: 'secp256r1', aead: 'aes-256-gcm' },
  { asym: 'rsassa-3072', hash: 'sha384', dhe: 'secp384r1', aead: 'aes-256-gcm' },
  { asym: 'rsapss-3072', hash: 'sha384', dhe: 'secp384r1', aead: 'aes-256-gcm' },
  { asym: 'rsapss-2048', hash: 'sha512', dhe: 'secp256r1', aead: 'aes-256-gcm' },
  { asym: 'ed25519', hash: 'sha256', dhe: 'secp256r1', aead: 'aes-256-gcm' },
  { asym: 'ed448', hash: 'sha512', dhe: 'secp384r1', aead: 'aes-256-gcm' },
] as const;

test.each(ALGORITHMS)('full flow with $asym, $hash, $dhe, $aead', ({ asym, hash, dhe, aead }) => {
  for (const version of asym.startsWith('ed') ? [0x12, 0x14] : [0x11, 0x14]) {
    const algorithms = { hashes: [hash], dhes: [dhe], aeads: [aead] };
    // The two backends of cryptography against each other.
    const responder = { algorithms, crypto: portableSpdmCrypto };
    const pair = full({ version, asym, hash, responder });
    const { suite } = pair.requester.connection;
    expect([suite?.asym?.name, suite?.hash?.name, suite?.dhe?.name, suite?.aead?.name]).toEqual([
      asym,
      hash,
      dhe,
      aead,
    ]);
    expect(violations(pair)).toEqual([]);
  }
});

test.each(['ecdsa-p384', 'rsapss-3072', 'ed25519'])('one key of %s signs over every hash', (asym) => {
  for (const hash of ['sha256', 'sha384', 'sha512', 'sha3-384']) {
    const pair = full({
      version: 0x12,
      asym,
      responder: { algorithms: {} },
      requester: { algorithms: { hashes: [hash] } },
    });
    expect(pair.requester.connection.hash?.name).toBe(hash);
    expect(violations(pair)).toEqual([]);
  }
});

test('MAC only: records are in the clear behind their tag', () => {
  const mac = (all: readonly Capability[]) => all.filter((one) => one !== 'ENCRYPT');
  const pair = pairOf({
    responder: { capabilities: mac(RESPONDER_CAPABILITIES) },
    requester: { capabilities: mac(REQUESTER_CAPABILITIES) },
  });
  const { requester, run } = pair;
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  everything(pair, run(openSession(requester)));
});

test('several keys: DIGESTS goes into the transcripts of sessions', () => {
  for (const version of [0x13, 0x14]) {
    const pair = pairOf({
      version,
      responder: { capabilities: [...RESPONDER_CAPABILITIES, 'MULTI_KEY_NEG'] },
      requester: { multiKey: true },
    });
    const { requester, run } = pair;
    run(requester.connect());
    expect(requester.connection.suite?.multiKey).toBe(true);
    run(requester.digests());
    run(requester.certificate());
    everything(pair, run(openSession(requester)));
    expect(violations(pair)).toEqual([]);
  }
});

test.each([0x12, 0x13, 0x14])(
  'small transfers: large messages go in chunks both ways (version %i)',
  (version) => {
    const pair = pairOf({
      version,
      requester: { dataTransferSize: 42 },
      responder: { dataTransferSize: 64 },
    });
    const { requester, run } = pair;
    run(requester.connect());
    run(requester.digests());
    run(requester.certificate());
    run(requester.challenge());
    const session = run(openSession(requester));
    const handshakeSecret = toHex(session.handshakeKeys!.handshakeSecret);
    everything(pair, session);
    expect(pair.wire.length).toBeGreaterThan(150);
    // A third party puts the chunks together: transcripts, signatures and HMACs hold, and keys follow from them.
    const id = `0x${session.id.toString(16)}`;
    const secrets = { sessions: [{ sessionId: id, handshakeSecret }], m1m2Hash: [], l1l2Hash: [] };
    const read = decodeRun(pair.wire, { secrets });
    expect([read.violations, read.undecrypted]).toEqual([[], 0]);
    const whole = read.messages.flatMap((message) => message.whole?.name ?? []);
    expect(new Set(whole)).toEqual(
      new Set([
        'ALGORITHMS',
        'CERTIFICATE',
        'CHALLENGE_AUTH',
        'ERROR',
        'KEY_EXCHANGE',
        'KEY_EXCHANGE_RSP',
        'MEASUREMENTS',
      ]),
    );
  },
);

test('what is wrong in a message that came in chunks is found where it ends', () => {
  const pair = pairOf({ version: 0x12, requester: { dataTransferSize: 42 } });
  const { requester, run, wire } = pair;
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  run(requester.challenge());
  const { messages } = decodeRun(wire);
  const last = messages.findIndex(({ whole }) => whole?.name === 'CHALLENGE_AUTH');
  const found = (n: number, at: number): string[] => {
    const object = wire[n]!;
    const changed = object.with(at, (object[at] ?? 0) ^ 1);
    return decodeRun(wire.with(n, changed)).violations.map(
      ({ packet, code }) => `${String(packet - last)} ${code}`,
    );
  };
  // Behind the headers of object and chunk: a byte of the signature; the handle; the number; the size of the whole.
  expect(found(last, 8 + 12)).toEqual(['0 spdm.signature']);
  expect(found(last, 8 + 3)).toEqual(['0 spdm.chunk']);
  expect(found(last, 8 + 4)).toEqual(['0 spdm.chunk']);
  const first = messages.findLastIndex(
    ({ name, detail }, n) => n < last && name === 'CHUNK_RESPONSE' && detail.includes('chunk 0'),
  );
  expect(found(first, 8 + 12)).toContain('0 spdm.chunk');
});

test('a responder that is not ready is asked again', () => {
  const put = new Set<number>();
  const notReady = (code: number): boolean => !put.has(code) && put.add(code).has(code);
  const pair = full({ version: 0x12, responder: { notReady } });
  expect(put.size).toBeGreaterThan(10);
  expect(pair.requester.connection.version).toBe(0x12);
  expect(violations(pair)).toEqual([]);
});

test('an error ends the collection of measurements for everyone', () => {
  const pair = pairOf({ version: 0x12 });
  const { requester, run } = pair;
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  run(requester.measurements({ index: 2 }));
  expect(() => run(requester.measurements({ index: 99 }))).toThrow('InvalidRequest');
  run(requester.measurements({ slot: 0 }));
  expect(violations(pair)).toEqual([]);
});

test('a third party with the secrets reads every record and finds every value', () => {
  for (const clear of [true, false]) {
    const keys: SessionState[] = [];
    const pair = pairOf({ version: 0x13, clear });
    const { requester, responder, run } = pair;
    run(requester.connect());
    run(requester.digests());
    run(requester.certificate());
    const session = run(openSession(requester));
    keys.push(session);
    const secrets: Secrets = {
      sessions: [
        {
          sessionId: `0x${session.id.toString(16)}`,
          handshakeSecret: toHex(session.handshakeKeys!.handshakeSecret),
          masterSecret: toHex(session.dataKeys!.masterSecret),
          requestData: { secret: toHex(session.dataKeys!.request.secret) },
        },
      ],
      m1m2Hash: [],
      l1l2Hash: [],
    };
    expect(responder.sessions.length).toBe(1);
    everything(pair, session);
    const read = decodeRun(pair.wire, { secrets });
    expect(read.undecrypted).toBe(0);
    expect(read.violations).toEqual([]);
    expect(read.messages.at(-1)?.name).toBe('END_SESSION_ACK');
    expect(decodeRun(pair.wire).undecrypted).toBeGreaterThan(10);
  }
});
