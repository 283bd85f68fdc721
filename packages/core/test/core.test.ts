/** Bytes, digests, registers, issues, verdicts and the unwrapping of dumps. */
import { createHash } from 'node:crypto';
import {
  ALGORITHMS,
  algorithmOfTcgId,
  algorithmOfText,
  concat,
  conclude,
  createDigests,
  extendDigest,
  findRegister,
  firstFailure,
  formatIssue,
  fromBase64,
  fromHex,
  guidBytes,
  guidText,
  issueTable,
  latin1Bytes,
  latin1Text,
  numberingOfCcMr,
  portableDigests,
  printable,
  REGISTER_NUMBERING,
  registerAddress,
  shortHex,
  toBase64,
  toHex,
  unwrap,
  unwrapAll,
  utf16Bytes,
  utf16Text,
  utf8Bytes,
  type AlgorithmName,
  type Check,
  type RegisterSpec,
} from '@tsm/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const anyBytes = fc.uint8Array({ maxLength: 200 });

describe('bytes', () => {
  it('text forms are inverse of each other for every byte string', () => {
    fc.assert(
      fc.property(anyBytes, (value) => {
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromHex(toHex(value).toUpperCase())).toEqual(value);
        expect(fromBase64(toBase64(value))).toEqual(value);
        expect(latin1Bytes(latin1Text(value))).toEqual(value);
        const even = value.subarray(0, value.length & ~1);
        expect(utf16Bytes(utf16Text(even))).toEqual(even);
        if (value.length >= 16)
          expect(guidBytes(guidText(value.subarray(0, 16)))).toEqual(value.subarray(0, 16));
      }),
    );
  });

  it('long byte strings survive as text too', () => {
    const long = Uint8Array.from({ length: 3 * 4096 + 1 }, (_, i) => i * 7);
    for (const length of [0, 4095, 4096, 4097, long.length])
      expect(latin1Bytes(latin1Text(long.subarray(0, length)))).toEqual(long.slice(0, length));
  });

  it('text that is not of a form gives undefined', () => {
    expect(fromHex('abc')).toBeUndefined();
    expect(fromHex('zz')).toBeUndefined();
    expect(fromBase64('a*==')).toBeUndefined();
    expect(fromBase64('abcde')).toBeUndefined();
    expect(guidBytes('8be4df61')).toBeUndefined();
    expect(() => latin1Bytes('€')).toThrow('U+20ac');
  });

  it('GUIDs are mixed-endian', () => {
    expect(guidText(fromHex('61dfe48bca93d211aa0d00e098032b8c')!)).toBe(
      '8be4df61-93ca-11d2-aa0d-00e098032b8c',
    );
  });

  it('text that could steer a terminal, or hide itself, is written out', () => {
    expect(printable('plain: äß€ 😀')).toBe('plain: äß€ 😀');
    expect(printable('\x1b[2J\n\u202e\u200b\ud83d')).toBe('\\x1b[2J\\x0a\\u202e\\u200b\\ud83d');
  });

  it('values are shortened in the middle, short ones not at all', () => {
    expect(shortHex(new Uint8Array(48))).toBe('00000000…00000000');
    expect(shortHex(Uint8Array.of(1, 2))).toBe('0102');
  });
});

describe('digests', () => {
  const NODE: Partial<Record<AlgorithmName, string>> = {
    sha1: 'sha1',
    sha256: 'sha256',
    sha384: 'sha384',
    sha512: 'sha512',
  };

  it('agree with an independent implementation', () => {
    for (const [name, other] of Object.entries(NODE)) {
      fc.assert(
        fc.property(anyBytes, (value) => {
          const expected = createHash(other).update(value).digest('hex');
          expect(toHex(portableDigests.digest(name as AlgorithmName, value))).toBe(expected);
        }),
        { numRuns: 20 },
      );
    }
  });

  it('a chain gives what extending one by one gives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 48, maxLength: 48 }), { maxLength: 5 }), (digests) => {
        const chain = portableDigests.chain('sha384', new Uint8Array(48));
        for (const digest of digests) chain.extend(concat(Uint8Array.of(0), digest), 1);
        const slow = digests.reduce<Uint8Array>(
          (value, one) => extendDigest(portableDigests, 'sha384', value, one),
          new Uint8Array(48),
        );
        expect(chain.value()).toEqual(slow);
      }),
    );
  });

  it('extend gives the known answers of a register that starts at zero', () => {
    const hello = portableDigests.digest('sha384', utf8Bytes('hello'));
    expect(toHex(extendDigest(portableDigests, 'sha384', new Uint8Array(48), hello))).toBe(
      '1d9b87caf048435fc39a4a0a8e4e864af9c9a584b3a3b436193bb8b60125698089f57479f370637f16fcce8a1852d1bc',
    );
    expect(toHex(extendDigest(portableDigests, 'sha384', new Uint8Array(48), new Uint8Array(48)))).toBe(
      'f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0eb6eb8503db0ffd6a39ddd00cd07d8317',
    );
  });

  it('a backend can be passed in, and an absent one is named', () => {
    expect(portableDigests.has('sm3')).toBe(false);
    expect(() => portableDigests.digest('sm3', new Uint8Array(0))).toThrow('algorithm: no backend for sm3');
    const digests = createDigests({ sm3: { hash: (bytes) => createHash('sm3').update(bytes).digest() } });
    expect(toHex(digests.digest('sm3', utf8Bytes('abc')))).toBe(
      '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    );
  });

  it('wrong sizes are refused by name', () => {
    expect(() => extendDigest(portableDigests, 'sha256', new Uint8Array(32), new Uint8Array(20))).toThrow(
      'digest: expected 32 bytes for sha256, got 20',
    );
    expect(() => portableDigests.chain('sha256', new Uint8Array(48))).toThrow(
      'start: expected 32 bytes for sha256, got 48',
    );
  });

  it('algorithms are found by TPM_ALG_ID and by any spelling', () => {
    for (const { name, tcgId } of Object.values(ALGORITHMS)) expect(algorithmOfTcgId(tcgId)).toBe(name);
    expect(algorithmOfTcgId(0x42)).toBeUndefined();
    for (const text of ['sha384', 'SHA-384', 'SHA_384']) expect(algorithmOfText(text)).toBe('sha384');
    expect(algorithmOfText('sm3_256')).toBe('sm3');
    expect(algorithmOfText('SHA3-384')).toBe('sha3-384');
    expect(algorithmOfText('md5')).toBeUndefined();
  });
});

describe('registers', () => {
  const register = (name: string, algorithm: AlgorithmName | null): RegisterSpec => ({
    ...{ name, title: name, kind: 'runtime', role: 'other', algorithm, size: 32, numbers: {} },
    ...{ readable: true, extensible: true, live: false, hasLog: false },
  });

  it('are addressed by name, or by full name where banks share it', () => {
    const all = [
      register('a', 'sha256'),
      register('b', 'sha256'),
      register('b', 'sha384'),
      register('c', null),
    ];
    expect(all.map((one) => registerAddress(all, one))).toEqual(['a', 'b:sha256', 'b:sha384', 'c']);
    expect(findRegister(all, 'A')).toBe(all[0]);
    expect(findRegister(all, 'a:sha256')).toBe(all[0]);
    expect(findRegister(all, 'b:sha384')).toBe(all[2]);
    expect(findRegister(all, 'b')).toBeUndefined();
  });

  it('numberings map each PCR below 16 to one CC measurement register, PCR 0 to the static one', () => {
    const mapped = REGISTER_NUMBERING.flatMap((row) => row.pcrs).sort((a, b) => a - b);
    expect(mapped).toEqual(Array.from({ length: 16 }, (_, i) => i));
    for (const { ccMr, rtmr } of REGISTER_NUMBERING) expect(rtmr ?? -1).toBe(ccMr - 1);
    expect(numberingOfCcMr(2)?.name).toBe('rtmr1');
    expect(numberingOfCcMr(5)).toBeUndefined();
  });
});

describe('issues', () => {
  it('come from the table, with text, place and source', () => {
    const table = issueTable({
      'x.y': { severity: 'error', message: (a: { n: number }) => `n is ${a.n}`, spec: 'S §1' },
    });
    const issue = table.make('x.y', { path: 'a.b', offset: 26, length: 2 }, { n: 7 });
    expect(issue).toEqual({
      code: 'x.y',
      severity: 'error',
      path: 'a.b',
      offset: 26,
      length: 2,
      message: 'n is 7',
      spec: 'S §1',
    });
    expect(formatIssue(issue)).toBe('offset 0x1a (a.b): n is 7');
  });
});

describe('verdicts', () => {
  const check = (status: Check['status'], checks: Check[] = []): Check => ({
    id: status,
    title: status,
    status,
    checks,
  });
  it.each<[Check[], string]>([
    [[], 'inconclusive'],
    [[check('notApplicable')], 'inconclusive'],
    [[check('pass')], 'pass'],
    [[check('pass'), check('notApplicable')], 'pass'],
    [[check('pass'), check('skipped')], 'inconclusive'],
    [[check('pass', [check('pass'), check('fail')]), check('skipped')], 'fail'],
  ])('%j concludes', (checks, verdict) => {
    expect(conclude(checks).verdict).toBe(verdict);
  });
  it('the innermost failed check is the one to show', () => {
    const inner = { ...check('fail'), id: 'inner' };
    expect(firstFailure([check('pass'), check('fail', [check('pass'), inner])])?.id).toBe('inner');
    expect(firstFailure([check('pass')])).toBeUndefined();
  });
});

describe('unwrap', () => {
  const MAGIC = utf8Bytes('\x01MAGIC and some more bytes');
  const recognise = (bytes: Uint8Array) => (bytes[0] === 1 && bytes[1] === 0x4d ? bytes.length : undefined);
  const json = (value: unknown) => utf8Bytes(JSON.stringify(value));

  it.each<[string, Uint8Array, string[], string]>([
    ['bytes', MAGIC, [], ''],
    ['hex with line feeds', utf8Bytes(toHex(MAGIC).replace(/(.{16})/g, '$1\n')), ['hex'], ''],
    ['hex with 0x', utf8Bytes(`0x${toHex(MAGIC)}`), ['hex'], ''],
    ['base64', utf8Bytes(`${toBase64(MAGIC)}\n`), ['base64'], ''],
    ['a JSON member', json({ Log: { Raw: toBase64(MAGIC), Other: 1 } }), ['json', 'base64'], '$.Log.Raw'],
    ['an array in JSON', json([{ quote: toHex(MAGIC) }]), ['json', 'hex'], '$[0].quote'],
    ['JSON in JSON', json({ a: JSON.stringify({ b: toHex(MAGIC) }) }), ['json', 'json', 'hex'], '$.a.b'],
    ['bytes as numbers', json({ log: [...MAGIC] }), ['json'], '$.log'],
    ['base64 of hex', utf8Bytes(toBase64(utf8Bytes(toHex(MAGIC)))), ['base64', 'hex'], ''],
  ])('finds content in %s', (_name, bytes, wrapping, path) => {
    expect(unwrap(bytes, recognise)).toMatchObject({ content: MAGIC.length, wrapping, path });
  });

  it('finds all of several, and nothing where there is nothing', () => {
    const found = unwrapAll(json({ a: toHex(MAGIC), b: toBase64(MAGIC) }), recognise);
    expect(found.map((one) => one.path)).toEqual(['$.a', '$.b']);
    expect(unwrap(utf8Bytes('just some text that is no dump'), recognise)).toBeUndefined();
    expect(unwrap(new Uint8Array(0), recognise)).toBeUndefined();
  });

  it('never throws, and stops at a depth', () => {
    let nested: unknown = toHex(MAGIC);
    for (let i = 0; i < 100; i++) nested = [nested, 'padding'];
    expect(unwrap(json(nested), recognise)).toBeUndefined();
    fc.assert(fc.property(anyBytes, (bytes) => void unwrapAll(bytes, recognise)));
  });
});
