/** A realm's registers, launch and report driver behave as RMM and Linux do. */
import { createHash } from 'node:crypto';
import { equalBytes, portableDigests, toHex, utf8Bytes } from '@tsm/core';
import { publicKeyFrom } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import cca, { createCca, measureRealm, registersOf, type RealmCall, type RealmHash } from '../src/index.ts';
import { challenge, launch, modelOf, tools } from './support/tokens.ts';

const einval = expect.objectContaining({ code: 'EINVAL' }) as Error;
const hash = (algorithm: RealmHash, text: string): Uint8Array =>
  new Uint8Array(createHash(algorithm).update(text).digest());

test('registers have the numbers of the common table and the size of the hash', () => {
  expect(
    registersOf('sha384').map(({ name, numbers, size, role }) => [name, numbers.ccMr, size, role]),
  ).toEqual([
    ['rim', 0, 48, 'launch'],
    ['rem0', 1, 48, 'firmware'],
    ['rem1', 2, 48, 'bootloader'],
    ['rem2', 3, 48, 'os'],
    ['rem3', 4, 48, 'application'],
  ]);
});

describe('RSI_MEASUREMENT_EXTEND', () => {
  test.each<[RealmHash, string, string]>([
    [
      'sha256',
      '589f9ffed4c477966bfb8d41f37895b08c69047df8f911d6f3b57fbe08faee8d',
      '438b806f0892090ab1ff964357f09a69c3fab471fead8166c7ddffebdb8248dc',
    ],
    [
      'sha384',
      '93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b0998e04d77f8c174f81a82151619ca40',
      '8722ff52a143b23f06a83f0ba1fa027e9fcb88242264239958db718bd648fefef3b3d886cbac7029463e507d9fd01af9',
    ],
  ])('%s: a digest, then one byte, without padding', (hashAlgorithm, first, second) => {
    const realm = modelOf({ hashAlgorithm });
    realm.extend('rem1', hash(hashAlgorithm, 'abc'));
    expect(toHex(realm.read('rem1'))).toBe(first);
    realm.extend('rem1', Uint8Array.of(1));
    expect(toHex(realm.read('rem1'))).toBe(second);
    expect(toHex(realm.read('rem0'))).toMatch(/^0+$/);
  });

  test('a value that is padded to 64 bytes gives another register', () => {
    const padded = new Uint8Array(64);
    padded.set(hash('sha256', 'abc'));
    const realm = modelOf();
    realm.extend('rem0', padded);
    expect(toHex(realm.read('rem0'))).toBe(
      '4851cae9c824928a5c255508902171dbbae56fbff17ee673b56dbd1ddf9604f4',
    );
  });

  test.each([
    ['rem0', 0],
    ['rem0', 65],
    ['rem4', 32],
    ['rim', 32],
  ])('%s by %i bytes is EINVAL', (name, size) => {
    const realm = modelOf();
    const before = toHex(realm.read('rem0'));
    expect(() => {
      realm.extend(name, new Uint8Array(size));
    }).toThrow(einval);
    expect(toHex(realm.read('rem0'))).toBe(before);
  });
});

describe('launch', () => {
  const image = utf8Bytes('image');
  const calls = (bytes: Uint8Array | undefined): RealmCall[] => [
    { call: 'ripas', base: 0x80000000n, top: 0xa0000000n },
    ...(bytes ? [{ call: 'data', what: 'image', ipa: 0x80000000n, bytes } as const] : []),
    { call: 'rec', pc: 0x80000000n },
  ];
  const parameters = { s2sz: 33, numBps: 1, numWps: 1 };
  const rim = (bytes: Uint8Array | undefined, ripasMeasured: boolean): string =>
    toHex(
      measureRealm(portableDigests, {
        hashAlgorithm: 'sha256',
        parameters,
        calls: calls(bytes),
        ripasMeasured,
      }).rim,
    );

  test('an image is measured at the start of RAM, where the vCPU starts', () => {
    expect(toHex(modelOf({}, { image }).read('rim'))).toBe(rim(image, true));
    expect(toHex(modelOf().read('rim'))).toBe(rim(undefined, true));
  });

  test('RMM 2.0 does not measure RIPAS', () => {
    expect(toHex(modelOf({ profile: '2.0' }, { image }).read('rim'))).toBe(rim(image, false));
  });

  test('a described realm, and the result of the calculator, give the RIM', () => {
    const realm = { parameters: { s2sz: 48, numBps: 5, numWps: 3 }, calls: [] };
    const described = cca.model({ ...launch, realm }, tools).read('rim');
    expect(toHex(described)).toBe('8960d56826370aaa6fc9b3a041d4240689582ba41e2ad8bb8f9adf6d2a0cd5e7');
    const given = modelOf({}, { values: { rim: described } });
    expect(toHex(given.read('rim'))).toBe(toHex(described));
    described.fill(0);
    expect(toHex(given.read('rim'))).not.toMatch(/^0+$/);
  });

  test.each([
    ['rim', 31],
    ['rpv', 63],
    ['lifecycle', 1],
    ['rem0', 32],
    ['toString', 0],
  ])('launch value %s of %i bytes is EINVAL', (name, size) => {
    expect(() => modelOf({}, { values: { [name]: new Uint8Array(size) } })).toThrow(einval);
  });

  test('two descriptions of the same launch are EINVAL', () => {
    expect(() => modelOf({}, { image, values: { rim: new Uint8Array(32) } })).toThrow(einval);
  });
});

describe('the report driver', () => {
  test.each([31, 65, 0])('an inblob of %i bytes is EINVAL', (size) => {
    expect(() => modelOf().report({ inblob: new Uint8Array(size) })).toThrow(einval);
  });

  test.each([32, 48, 64])('an inblob of %i bytes is filled up with zeros', (size) => {
    const { outblob, ...others } = modelOf().report({ inblob: challenge.slice(0, size) });
    const expected = new Uint8Array(64);
    expected.set(challenge.slice(0, size));
    expect(toHex(cca.evidence.decode(outblob).reportData)).toBe(toHex(expected));
    expect(others).toEqual({});
  });

  test('options have no effect on the token', () => {
    const plain = modelOf().report({ inblob: challenge }).outblob;
    const other = modelOf().report({ inblob: challenge, privlevel: 3, serviceProvider: 'svsm' }).outblob;
    expect(equalBytes(plain, other)).toBe(true);
  });

  test('a challenge of another size is EINVAL', () => {
    expect(() => modelOf().token(new Uint8Array(63))).toThrow(einval);
  });
});

test('collateral is one key, as PEM and as JWK', () => {
  const { files, trustAnchors } = modelOf().collateral();
  const keys = Object.values(files).map((file) => toHex(publicKeyFrom(file)!.spki));
  expect(keys).toEqual([toHex(trustAnchors[0]!), toHex(trustAnchors[0]!)]);
  expect(Object.keys(files)).toEqual(['cpak.pem', 'cpak.jwk']);
});

test('the default provider is SHA-256, profile 1.0, tag 907', () => {
  const inblob = challenge;
  const explicit = createCca({ hashAlgorithm: 'sha256', profile: '1.0', platformProfile: '1.0', form: 907 });
  const [one, other] = [cca, explicit].map(
    (provider) => provider.model(launch, tools).report({ inblob }).outblob,
  );
  expect(equalBytes(one!, other!)).toBe(true);
});
