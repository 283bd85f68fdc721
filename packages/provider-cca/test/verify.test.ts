/** Each rule of the verification: what holds passes, and what does not is refused by the check that says so. */
import { createHash, createPublicKey, verify as nodeVerify } from 'node:crypto';
import {
  equalBytes,
  firstFailure,
  toHex,
  utf8Bytes,
  type Check,
  type SignatureVerifier,
  type Verdict,
  type VerifyOptions,
} from '@tsm/core';
import { createVerifyCache, encodeCbor, webCryptoVerifier } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import cca, { verifyToken } from '../src/index.ts';
import { wrapTokens } from '../src/mint.ts';
import { decodeToken } from '../src/token.ts';
import {
  challenge,
  cpak,
  FORMS,
  minted,
  modelOf,
  now,
  partsOf,
  tools,
  type Claims,
} from './support/tokens.ts';

const verify = (bytes: Uint8Array, options: Partial<VerifyOptions> = {}): Promise<Verdict> =>
  cca.verify(bytes, { now, collateral: [cpak], ...options });

const flat = (checks: readonly Check[]): Check[] => checks.flatMap((one) => [one, ...flat(one.checks ?? [])]);
const find = ({ checks }: Verdict, id: string): Check | undefined =>
  flat(checks).find((one) => one.id === id);
const outcome = ({ verdict, checks }: Verdict) => [verdict, firstFailure(checks)?.id];

describe.each(FORMS)('minted: profile $profile, tag $form, $hashAlgorithm', (form) => {
  const token = modelOf(form).token(challenge);

  test('passes with the platform key, every check with its place', async () => {
    const verdict = await verify(token, { reportData: challenge });
    expect(outcome(verdict)).toEqual(['pass', undefined]);
    for (const { id, status, spec, range } of flat(verdict.checks)) {
      expect(['pass', 'notApplicable'], id).toContain(status);
      if (status === 'pass' && id !== 'structure' && !/^token\.\w+$/.test(id))
        expect([spec, range], id).not.toContain(undefined);
    }
  });

  test('holds against an independent verifier', () => {
    const { platform, realm } = decodeToken(token);
    const rak = modelOf(form).collateral().files['cpak.pem'];
    const { sign1 } = platform!;
    const signed = encodeCbor(['Signature1', sign1.protectedBytes, new Uint8Array(0), sign1.payload]);
    const key = { key: createPublicKey(new TextDecoder().decode(rak)), dsaEncoding: 'ieee-p1363' } as const;
    expect(nodeVerify('sha384', signed, key, sign1.signature)).toBe(true);
    const carried = cca.evidence.decode(token).claims?.['realm.public-key'] as Uint8Array;
    const bound = cca.evidence.decode(token).claims?.['platform.challenge'] as Uint8Array;
    expect(createHash('sha256').update(carried).digest('hex')).toBe(toHex(bound));
    expect(carried.length).toBe(form.profile === 'legacy' ? 97 : 107);
    expect(realm?.sign1.tagged).toBe(true);
  });
});

describe('minting', () => {
  test('gives the same bytes for the same seed, and others for another', () => {
    const one = modelOf().token(challenge);
    expect(equalBytes(one, modelOf().token(challenge))).toBe(true);
    expect(equalBytes(one, modelOf({}, { seed: utf8Bytes('other') }).token(challenge))).toBe(false);
    expect(equalBytes(one, modelOf({}, { now: new Date(0) }).token(challenge))).toBe(true);
  });

  test('with a given signer every signature is its own', () => {
    const curves: string[] = [];
    const signer = {
      sign(curve: string) {
        curves.push(curve);
        return new Uint8Array(96);
      },
    };
    const model = cca.model({ seed: utf8Bytes('x'), now }, { digests: tools.digests, signer });
    model.token(challenge);
    model.token(challenge);
    expect(curves).toEqual(['p384', 'p384', 'p384']);
  });
});

describe('platform keys', () => {
  const token = minted();

  test.each(['cpak.pem', 'cpak.jwk'] as const)('%s is taken as collateral', async (name) => {
    expect(outcome(await verify(token, { collateral: [modelOf().collateral().files[name]] }))).toEqual([
      'pass',
      undefined,
    ]);
  });

  test('trust anchors take the place of collateral', async () => {
    const { trustAnchors } = modelOf().collateral();
    expect(outcome(await verify(token, { collateral: [], trustAnchors }))).toEqual(['pass', undefined]);
    const others = modelOf({}, { seed: utf8Bytes('other') }).collateral().trustAnchors;
    expect(outcome(await verify(token, { trustAnchors: others }))).toEqual([
      'fail',
      'token.platform.signature',
    ]);
    expect((await verify(token, { trustAnchors: [] })).verdict).toBe('inconclusive');
  });

  test('the right one among many is found', async () => {
    const other = modelOf({}, { seed: utf8Bytes('other') }).collateral().files['cpak.pem'];
    expect((await verify(token, { collateral: [other, utf8Bytes('nonsense text'), cpak] })).verdict).toBe(
      'pass',
    );
  });

  test('without any the verdict is inconclusive, and says what is missing and what was unreadable', async () => {
    const verdict = await verify(token, { collateral: [utf8Bytes('nonsense text')] });
    expect(outcome(verdict)).toEqual(['inconclusive', undefined]);
    const check = find(verdict, 'token.platform.signature');
    expect(check).toMatchObject({ status: 'skipped', actual: expect.stringContaining('file 0') as string });
    expect(check?.remedy).toContain('CPAK');
  });

  test('JWK sets, and stores that name platforms by id, are read', async () => {
    const jwk = JSON.parse(new TextDecoder().decode(modelOf().collateral().files['cpak.jwk'])) as unknown;
    const { claims = {} } = cca.evidence.decode(token);
    const id = (name: string): string => toHex(claims[`platform.${name}`] as Uint8Array);
    const entry = {
      pkey: jwk,
      'implementation-id': id('implementation-id'),
      'instance-id': id('instance-id'),
    };
    const file = (value: unknown): Uint8Array[] => [utf8Bytes(JSON.stringify(value))];
    expect((await verify(token, { collateral: file({ keys: [jwk] }) })).verdict).toBe('pass');
    expect((await verify(token, { collateral: file([entry]) })).verdict).toBe('pass');
    for (const other of ['00', 'no hex', 7]) {
      const verdict = await verify(token, { collateral: file([{ ...entry, 'instance-id': other }]) });
      expect([verdict.verdict, find(verdict, 'token.platform.signature')?.actual]).toEqual([
        'inconclusive',
        'keys: 1, all of other platforms',
      ]);
    }
  });
});

describe('report data', () => {
  const token = minted();

  test('shorter data is filled up with zeros', async () => {
    const inblob = challenge.slice(0, 48);
    const { outblob } = modelOf().report({ inblob });
    expect(outcome(await verify(outblob, { reportData: inblob }))).toEqual(['pass', undefined]);
  });

  test.each([
    ['other bytes', new Uint8Array(64)],
    ['a part of it', challenge.slice(0, 63)],
    ['more than fits', new Uint8Array(65)],
  ])('%s: refused', async (_, reportData) => {
    expect(outcome(await verify(token, { reportData }))).toEqual(['fail', 'report.data']);
  });

  test('none: said under what was not checked', async () => {
    const { notChecked, verdict } = await verify(token);
    expect(verdict).toBe('pass');
    expect(notChecked.map(({ id }) => id).sort()).toEqual([
      'event-log',
      'platform.instance-id',
      'policy',
      'report.data',
      'revocation',
    ]);
  });
});

describe('life cycle', () => {
  const lifecycle = (value: number) =>
    minted({}, {}, { values: { lifecycle: Uint8Array.of(value >> 8, value & 0xff) } });

  test.each([0x3000, 0x3003, 0x30ff])('%i passes', async (value) => {
    expect(outcome(await verify(lifecycle(value)))).toEqual(['pass', undefined]);
  });

  test.each([
    [0x0000, 'lifecycle'],
    [0x1000, 'lifecycle'],
    [0x20ff, 'lifecycle'],
    [0x6000, 'lifecycle'],
    [0x4000, 'debug'],
    [0x5001, 'debug'],
    [0x3100, 'debug'],
  ])('%i is refused by %s', async (value, id) => {
    expect(outcome(await verify(lifecycle(value)))).toEqual(['fail', id]);
  });
});

type Edits = NonNullable<Parameters<typeof minted>[1]>;
const HASH64 = new Uint8Array(64).fill(5);

describe('claims', () => {
  const remove = (label: number) => (map: Claims) => map.delete(label);
  const set = (label: number, value: Parameters<Claims['set']>[1]) => (map: Claims) => map.set(label, value);
  const platformClaims = [265, 10, 2396, 256, 2401, 2395, 2399, 2402];
  const realmClaims = [10, 44235, 44238, 44239, 44236, 44237, 44240];

  test.each(platformClaims)('a platform token without claim %i is refused', async (label) => {
    const verdict = await verify(minted({}, { platform: remove(label) }));
    expect(verdict.verdict).toBe('fail');
    expect(find(verdict, 'token.platform.claims')).toMatchObject({ status: 'fail' });
  });

  test.each(realmClaims)('a realm token without claim %i is refused', async (label) => {
    const verdict = await verify(minted({}, { realm: remove(label) }));
    expect(verdict.verdict).toBe('fail');
    expect(find(verdict, 'token.realm.claims')).toMatchObject({ status: 'fail' });
  });

  test.each<[string, string, Edits]>([
    ['implementation id of 31 bytes', 'token.platform.claims', { platform: set(2396, new Uint8Array(31)) }],
    [
      'instance id of another type',
      'token.platform.claims',
      { platform: set(256, new Uint8Array(33).fill(2)) },
    ],
    ['empty list of components', 'token.platform.claims', { platform: set(2399, []) }],
    [
      'component without a measurement',
      'token.platform.claims',
      { platform: set(2399, [new Map([[5, HASH64]])]) },
    ],
    ['component that is no map', 'token.platform.claims', { platform: set(2399, [1]) }],
    ['challenge of 63 bytes', 'token.realm.claims', { realm: set(10, new Uint8Array(63)) }],
    ['personalization value of 65 bytes', 'token.realm.claims', { realm: set(44235, new Uint8Array(65)) }],
    ['three REMs', 'token.realm.claims', { realm: set(44239, [HASH64, HASH64, HASH64]) }],
    ['five REMs', 'token.realm.claims', { realm: set(44239, [HASH64, HASH64, HASH64, HASH64, HASH64]) }],
    ['RIM of 33 bytes', 'token.realm.claims', { realm: set(44238, new Uint8Array(33)) }],
    ['RIM longer than the REMs', 'token.realm.registers', { realm: set(44238, HASH64) }],
    ['registers too short for their hash', 'token.realm.registers', { realm: set(44236, 'sha-512') }],
    ['a hash that is none', 'token.realm.registers', { realm: set(44236, 'md-17') }],
    ['RAK that is no key', 'token.realm.key', { realm: set(44237, new Uint8Array(107)) }],
    [
      'RAK of another realm',
      'token.realm.signature',
      {
        realm: set(
          44237,
          modelOf({}, { seed: utf8Bytes('o') })
            .collateral()
            .trustAnchors[0]!.slice(-97),
        ),
      },
    ],
    ['binding by another hash', 'key.binding', { realm: set(44240, 'sha-512') }],
    ['binding by a weak hash', 'key.binding', { realm: set(44240, 'sha-1') }],
    [
      'challenge of the platform token that is another hash',
      'key.binding',
      { platform: set(10, new Uint8Array(32)) },
    ],
  ])('%s: refused by %s', async (_, id, edits) => {
    const legacy = id === 'token.realm.signature' ? ({ profile: 'legacy' } as const) : {};
    expect(outcome(await verify(minted(legacy, edits)))).toEqual(['fail', id]);
  });

  test('with profile 2.0 instance id and MEC policy are mandatory', async () => {
    for (const label of [256, 44243]) {
      expect(outcome(await verify(minted({ profile: '2.0' }, { realm: remove(label) })))).toEqual([
        'fail',
        'token.realm.claims',
      ]);
    }
    expect(outcome(await verify(minted({ profile: '2.0' }, { platform: remove(2394) })))).toEqual([
      'fail',
      'token.platform.claims',
    ]);
  });

  test('the RAK as a bare point is for tokens without a profile only', async () => {
    const profile = set(265, 'tag:arm.com,2023:realm#1.0.0');
    expect(outcome(await verify(minted({ profile: 'legacy' }, { realm: profile })))).toEqual([
      'fail',
      'token.realm.key',
    ]);
    expect(outcome(await verify(minted({}, { realm: remove(265) })))).toEqual(['pass', undefined]);
  });

  test('profiles that are not known, and a hash without a backend, make it inconclusive', async () => {
    const cases: Edits[] = [
      { platform: set(265, 'tag:arm.com,2031:cca_platform#9.0.0') },
      { realm: set(265, 'tag:arm.com,2031:realm#9.0.0') },
      { realm: set(44240, 'sha3-256') },
    ];
    for (const edits of cases)
      expect(outcome(await verify(minted({}, edits)))).toEqual(['inconclusive', undefined]);
  });

  test('registers longer than their hash are said, and pass', async () => {
    const wide = (map: Claims) => map.set(44238, HASH64).set(44239, [HASH64, HASH64, HASH64, HASH64]);
    const token = minted({}, { realm: wide });
    const verdict = await verify(token);
    expect(outcome(verdict)).toEqual(['pass', undefined]);
    expect(verdict.notChecked.map(({ id }) => id)).toContain('token.realm.hash');
    expect(cca.evidence.decode(token).issues.map(({ code }) => code)).toEqual(['cca.register-size']);
  });
});

describe('tokens alone', () => {
  const { platform, realm } = partsOf(minted());

  test('a platform token passes, and what it cannot say is said', async () => {
    const verdict = await verify(platform);
    expect(outcome(verdict)).toEqual(['pass', undefined]);
    expect(verdict.notChecked.map(({ id }) => id)).toContain('token.realm');
    expect((await verify(platform, { reportData: challenge })).verdict).toBe('inconclusive');
  });

  test('a realm token is inconclusive', async () => {
    expect(outcome(await verify(realm, { reportData: challenge }))).toEqual(['inconclusive', undefined]);
  });

  test('tokens in each other’s place are refused', async () => {
    expect((await verify(wrapTokens(realm, platform, 907))).verdict).toBe('fail');
    expect((await verify(wrapTokens(platform, platform, 907))).verdict).toBe('fail');
    expect((await verify(wrapTokens(realm, realm, 399))).verdict).toBe('fail');
  });
});

describe('structure', () => {
  const { platform, realm } = partsOf(minted());
  const untagged = platform.slice(1);

  test.each([
    ['no CBOR', new Uint8Array(0)],
    ['another item', encodeCbor('token')],
    ['a collection that is no map', encodeCbor({ tag: 907, value: [1] })],
    ['one token missing', encodeCbor({ tag: 907, value: new Map([[44241, [263, realm]]]) })],
    ['COSE_Sign1 without tag 18', wrapTokens(untagged, realm, 907)],
    ['COSE_Sign1 without tag 18, before CMW', wrapTokens(untagged, realm, 399)],
    [
      'CMW entries under tag 399',
      encodeCbor({
        tag: 399,
        value: new Map([
          [44234, [263, platform]],
          [44241, [263, realm]],
        ]),
      }),
    ],
    [
      'bare entries under tag 907',
      encodeCbor({
        tag: 907,
        value: new Map([
          [44234, platform],
          [44241, realm],
        ]),
      }),
    ],
    [
      'another content format',
      encodeCbor({
        tag: 907,
        value: new Map([
          [44234, [264, platform]],
          [44241, [263, realm]],
        ]),
      }),
    ],
  ])('%s: refused', async (_, bytes) => {
    expect(outcome(await verify(bytes))).toEqual(['fail', 'structure']);
  });

  test('the media type by name, an indicator and a type of the collection are as good', async () => {
    const value = new Map<number | string, Parameters<typeof encodeCbor>[0]>([
      ['__cmwc_t', 'tag:arm.com,2026:cca'],
      [44234, ['application/eat+cwt', platform, 1]],
      [44241, [263, realm]],
    ]);
    expect(outcome(await verify(encodeCbor({ tag: 907, value })))).toEqual(['pass', undefined]);
  });
});

test('with a cache a further token of the same platform costs one signature', async () => {
  let signatures = 0;
  const real = webCryptoVerifier();
  const verifier: SignatureVerifier = {
    verify(...args) {
      signatures += 1;
      return real.verify(...args);
    },
  };
  const cache = createVerifyCache();
  const model = modelOf();
  const counts: number[] = [];
  for (let round = 0; round < 3; round++) {
    const { verdict } = await verifyToken(model.token(new Uint8Array(64).fill(round)), {
      now,
      collateral: [cpak],
      verifier,
      cache,
    });
    expect(verdict).toBe('pass');
    counts.push(signatures);
  }
  expect(counts).toEqual([2, 3, 4]);
  const altered = minted({}, { platform: (map) => map.set(2401, new Uint8Array(1)) });
  const broken = wrapTokens(partsOf(altered).platform.fill(0, -8), partsOf(altered).realm, 907);
  const refused = await verifyToken(broken, { now, collateral: [cpak], verifier, cache });
  expect(outcome(refused)).toEqual(['fail', 'token.platform.signature']);
});
