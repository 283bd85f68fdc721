/** Every way in: cut at every byte, every byte flipped, lengths that lie, nesting, megabytes. Nothing throws, nothing hangs. */
import { concat, fromHex, utf8Bytes, type Issue } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import {
  coseKey,
  decodeSign1,
  encodeCbor,
  encodeCoseKey,
  encodeDer,
  encodePem,
  encodeSign1,
  orderChain,
  parseCertificate,
  parseCertificates,
  parseCrl,
  parseDer,
  publicKeyFrom,
  readCbor,
  readCollateral,
  cborNode,
} from '../src/index.ts';
import { mint, mintCrl, testKey, FROM } from './support/pki.ts';

const holder = { CN: 'Holder', key: testKey() };
const certificate = mint(holder, holder, { ca: true }).der;
const crl = mintCrl(holder, { revoked: [{ serial: 5n, date: FROM }] }).der;
const sign1 = encodeSign1({ algorithm: -7, payload: encodeCbor(new Map([[1, 'x']])) }, holder.key.sign);
const point = holder.key.spki.slice(-65);
const jwk = utf8Bytes(
  JSON.stringify({
    kty: 'EC',
    crv: 'P-256',
    x: Buffer.from(point.slice(1, 33)).toString('base64url'),
    y: Buffer.from(point.slice(33)).toString('base64url'),
  }),
);

/** Longest that one case may take, in milliseconds of this process: the guard against hangs, not a benchmark. */
const HANG_MS = 2000;

interface Way {
  readonly good: Uint8Array;
  readonly read: (bytes: Uint8Array) => { readonly ok: boolean; readonly issues: readonly Issue[] };
}

const NONE: readonly Issue[] = [];

const WAYS: Readonly<Record<string, Way>> = {
  certificate: {
    good: certificate,
    read: (bytes) => {
      const { certificate: read, issues } = parseCertificate(bytes);
      if (read) orderChain([read], read);
      return { ok: read !== undefined, issues };
    },
  },
  PEM: {
    good: utf8Bytes(encodePem('CERTIFICATE', certificate)),
    read: (bytes) => {
      const { certificates, issues } = parseCertificates(bytes);
      return { ok: certificates.length > 0, issues };
    },
  },
  crl: {
    good: crl,
    read: (bytes) => {
      const { crl: read, issues } = parseCrl(bytes);
      read?.revoked(5n);
      return { ok: read !== undefined, issues };
    },
  },
  DER: {
    good: encodeDer({
      kind: 'sequence',
      value: [
        { kind: 'oid', value: '1.2.3' },
        { kind: 'integer', value: 5n },
      ],
    }),
    read: (bytes) => ({ ok: parseDer(bytes).reason === undefined, issues: NONE }),
  },
  CBOR: {
    good: encodeCbor(
      new Map<number, string | number[]>([
        [1, 'text'],
        [2, [1, -1, 2 ** 33]],
      ]),
    ),
    read: (bytes) => {
      const { item, issues } = readCbor(bytes);
      if (item) cborNode(item);
      return { ok: item !== undefined, issues };
    },
  },
  COSE_Sign1: {
    good: sign1,
    read: (bytes) => {
      const { sign1: read, issues } = decodeSign1(bytes);
      return { ok: read !== undefined, issues };
    },
  },
  COSE_Key: {
    good: encodeCoseKey('p256', point),
    read: (bytes) => ({ ok: coseKey(bytes) !== undefined, issues: NONE }),
  },
  key: { good: holder.key.spki, read: (bytes) => ({ ok: publicKeyFrom(bytes) !== undefined, issues: NONE }) },
  JWK: { good: jwk, read: (bytes) => ({ ok: publicKeyFrom(bytes) !== undefined, issues: NONE }) },
  collateral: {
    good: certificate,
    read: (bytes) => {
      const { certificates, issues } = readCollateral([bytes]);
      return { ok: certificates.length > 0, issues };
    },
  },
};

/** What must not happen, in words; empty where all is well. */
function problems({ read }: Way, bytes: Uint8Array): string[] {
  const start = process.cpuUsage();
  try {
    const { issues } = read(bytes);
    const { user, system } = process.cpuUsage(start);
    const misplaced = issues.filter(
      ({ offset, length }) => !(offset >= 0 && length >= 0 && offset + length <= bytes.length),
    );
    return [
      ...misplaced.map(({ code }) => `${code} is out of range`),
      ...((user + system) / 1000 > HANG_MS ? [`took ${String((user + system) / 1000)} ms`] : []),
    ];
  } catch (error) {
    return [`threw ${error instanceof Error ? (error.stack ?? '') : String(error)}`];
  }
}

describe.each(Object.entries(WAYS))('%s', (name, way) => {
  const { good, read } = way;

  test('is read when it is whole', () => {
    expect(read(good).ok).toBe(true);
  });

  test('cut at any byte is refused, and never throws', () => {
    for (let end = 0; end < good.length; end++) {
      const cut = good.slice(0, end);
      expect(problems(way, cut)).toEqual([]);
      // The last byte of PEM is a line feed, which nobody needs.
      if (name !== 'PEM' || end < good.length - 1) expect(read(cut).ok, `cut at ${String(end)}`).toBe(false);
    }
  });

  test('with any byte changed never throws', () => {
    const random = seededRandom(77);
    for (let at = 0; at < good.length; at++) {
      for (const mask of [1 << random(8), 1 + random(255)]) {
        const edited = good.slice();
        edited[at]! ^= mask;
        expect(problems(way, edited)).toEqual([]);
      }
    }
  });

  test('with bytes taken out, doubled or mixed never throws', () => {
    const random = seededRandom(78);
    for (let i = 0; i < 100; i++) {
      const [from, to] = [random(good.length), random(good.length)];
      for (const bytes of [concat(good.subarray(0, from), good.subarray(to)), good.slice(from)])
        expect(problems(way, bytes)).toEqual([]);
    }
  });
});

const MEGABYTE = 2 ** 20;
const filled = (byte: number): Uint8Array => new Uint8Array(MEGABYTE).fill(byte);

/** Tags, lengths and heads that are cheap to write and dear to believe. */
const BOMBS: Readonly<Record<string, Uint8Array>> = {
  'open SEQUENCEs': filled(0x30),
  'SEQUENCEs of the largest length': Uint8Array.from(
    { length: MEGABYTE },
    (_, i) => [0x30, 0x84, 0xff, 0xff, 0xff, 0xff][i % 6]!,
  ),
  'indefinite SEQUENCEs': Uint8Array.from({ length: MEGABYTE }, (_, i) => (i % 2 ? 0x80 : 0x30)),
  'nested SEQUENCEs': nested(20_000),
  'open arrays': filled(0x81),
  'open arrays of any length': filled(0x9f),
  'open maps': filled(0xa1),
  'open maps of any length': filled(0xbf),
  'tags without end': filled(0xc1),
  'chunks without end': concat(Uint8Array.of(0x5f), filled(0x40)),
  'an array of 2⁶⁴ − 1 items': concat(fromHex('9bffffffffffffffff')!, filled(0x00)),
  'a string of 2⁶⁴ − 1 bytes': concat(fromHex('5bffffffffffffffff')!, filled(0x00)),
  'a map of one key': concat(fromHex('ba0007ffff')!, filled(0x00)),
  'a map of a million keys': concat(
    fromHex('ba00010000')!,
    Uint8Array.from({ length: 6 * 65536 }, (_, i) => [0x1a, 0, 0, (i / 6) >> 8, (i / 6) & 0xff, 0][i % 6]!),
  ),
  'open brackets': filled(0x5b),
  'PEM openings': utf8Bytes('-----BEGIN A-----\n'.repeat(20_000)),
  'a serial number of a megabyte': withSerial(MEGABYTE),
  dashes: filled(0x2d),
  zeros: filled(0),
  ones: filled(0xff),
};

/** SEQUENCEs whose lengths all fit. */
function nested(depth: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let size = 0; parts.length < depth;) {
    const header = size < 0x80 ? [0x30, size] : [0x30, 0x83, size >> 16, (size >> 8) & 0xff, size & 0xff];
    const minimal =
      size >= 0x80 && size < 0x10000
        ? [0x30, size < 0x100 ? 0x81 : 0x82, ...(size < 0x100 ? [size] : [size >> 8, size & 0xff])]
        : header;
    parts.unshift(Uint8Array.from(minimal));
    size += minimal.length;
  }
  return concat(...parts);
}

/** The certificate with a serial number of so many octets. */
function withSerial(size: number): Uint8Array {
  return mint(holder, holder, { ca: true }, { serial: 1n << BigInt(8 * size - 2) }).der;
}

describe('bombs', () => {
  test.each(Object.entries(BOMBS))('%s', (_, bytes) => {
    for (const [name, way] of Object.entries(WAYS)) expect(problems(way, bytes), name).toEqual([]);
  });
});
