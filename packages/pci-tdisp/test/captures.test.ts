/** Real captures of two independent programs: every record decrypts, every hash, key and signature is as they printed it. */
import { utf8Text } from '@tsm/core';
import { expect, test } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import { decodeCapture, parseSecrets } from '../src/index.ts';

interface Expected {
  readonly packets: number;
  readonly securedRecords: number;
  readonly sessions: number;
  readonly requests: number;
}

const secretsOf = ({ file }: Vector): string =>
  utf8Text(readVector(`${file.slice(0, file.lastIndexOf('/'))}/secrets.json`));

/** Hex values of the secrets that the messages must give: all but random numbers and public keys. */
function comparable(text: string): number {
  const { sessions, m1m2Hash, l1l2Hash } = JSON.parse(text) as {
    sessions: Record<string, unknown>[];
    m1m2Hash: string[];
    l1l2Hash: string[];
  };
  const given = new Set([
    ...['sessionId', 'requesterRandom', 'responderRandom', 'requesterDhePublic', 'responderDhePublic'],
    'dheSecret',
  ]);
  const leavesOf = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).reduce(
          (sum, [key, one]) => (key === 'direction' ? sum : sum + leavesOf(one)),
          0,
        )
      : Number(typeof value === 'string');
  const own = sessions.map((session) =>
    leavesOf(Object.fromEntries(Object.entries(session).filter(([key]) => !given.has(key)))),
  );
  return own.reduce((sum, one) => sum + one, m1m2Hash.length + l1l2Hash.length);
}

const found = vectors('spdm', ['spdm-pcap']);

describeVectors('SPDM captures', 10, found, (vector) => {
  const text = secretsOf(vector);
  const { secrets } = parseSecrets(text);
  const { messages } = JSON.parse(text) as { messages: unknown[] };
  const read = decodeCapture(readVector(vector.file), secrets ? { secrets } : {});
  const expected = vector.expected as unknown as Expected;
  expect(read.issues).toEqual([]);
  expect(read.violations).toEqual([]);
  expect(read.undecrypted).toBe(0);
  expect(read.messages.map((m) => [m.packet, m.from, m.session, m.name, m.size])).toEqual(messages);
  expect(read.messages.length).toBe(expected.packets);
  expect(read.sessions.length).toBe(expected.sessions);
  expect(read.compared).toBe(comparable(text));
});

describeVectors('SPDM captures without secrets, or with wrong ones', 5, found.slice(0, 5), (vector) => {
  const bytes = readVector(vector.file);
  const expected = vector.expected as unknown as Expected;
  const blind = decodeCapture(bytes);
  expect(blind.messages.length).toBe(expected.packets);
  expect(blind.undecrypted).toBe(expected.securedRecords);
  expect(blind.violations).toEqual([]);
  const { secrets } = parseSecrets(secretsOf(vector).replaceAll(/"th2": "../g, '"th2": "00'));
  const wrong = decodeCapture(bytes, secrets ? { secrets } : {});
  expect([...new Set(wrong.violations.map(({ code, path }) => `${code} ${path}`))]).toEqual([
    'spdm.secret th2',
  ]);
});

test('a capture of another kind is not read as this one', () => {
  expect(decodeCapture(new Uint8Array(0)).issues.map(({ code }) => code)).toEqual(['capture.format']);
});
