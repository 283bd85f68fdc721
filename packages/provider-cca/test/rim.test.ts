/** The RIM against published values and values recomputed independently (DEN0137 A7.1.1, TF-RMM). */
import { portableDigests, toHex, utf8Bytes } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import {
  createRim,
  measureRealm,
  type RealmCall,
  type RealmHash,
  type RealmParameters,
} from '../src/index.ts';

const MIB = 1n << 20n;

function rimOf(
  hashAlgorithm: RealmHash,
  parameters: RealmParameters,
  calls: readonly RealmCall[] = [],
  ripasMeasured = true,
): string {
  return toHex(measureRealm(portableDigests, { hashAlgorithm, parameters, calls, ripasMeasured }).rim);
}

describe('RMI_REALM_CREATE', () => {
  test.each<[RealmHash, RealmParameters, string]>([
    [
      'sha256',
      { s2sz: 48, numBps: 5, numWps: 3 },
      '8960d56826370aaa6fc9b3a041d4240689582ba41e2ad8bb8f9adf6d2a0cd5e7',
    ],
    [
      'sha256',
      { s2sz: 48, numBps: 1, numWps: 1 },
      '6739dfb22b75ee1268d08dfa8369f501bc0b066243553f069f560d1fa1172973',
    ],
    [
      'sha512',
      { s2sz: 48, numBps: 1, numWps: 1 },
      '799e434048fb57eb9d4f0e2a2b98158720377252deab2bdfcd69b5a8f82237f434bd6bb1c75bf160a2d49382f733b3439a3ff769e4ea5dd9a6f72239d44bbbab',
    ],
    [
      'sha512',
      { flags0: 6n, s2sz: 52, sveVl: 15, numBps: 5, numWps: 5, pmuNumCtrs: 6 },
      '324f602560185b627761a67c06d19c66457521c470f932fef715e486d54000b3839aaa2875784baf1ea7ceab6e11a65fce6b70f6fa60ebc5411d158cb1ab72a0',
    ],
    [
      'sha256',
      { s2sz: 33, numBps: 5, numWps: 5 },
      '9abbddd3cf68930801ba9475b12b0036bf43bd1399a161b178751d2f7b2880c3',
    ],
  ])('%s %o', (hash, parameters, expected) => {
    expect(rimOf(hash, parameters)).toBe(expected);
  });
});

test('512 MiB of RAM are 256 RIPAS descriptors of 2 MiB each', () => {
  const parameters = { s2sz: 33, numBps: 5, numWps: 5 };
  const calls = [{ call: 'ripas', base: 0x80000000n, top: 0x80000000n + 512n * MIB }] as const;
  const { rim, steps } = measureRealm(portableDigests, {
    hashAlgorithm: 'sha256',
    parameters,
    calls,
    ripasMeasured: true,
  });
  expect(toHex(rim)).toBe('365183bedfd6b2b008421cd9987384ebad20438e6cb3a9a1b6dbdfef3ca1aec7');
  expect(steps.map(({ count }) => count)).toEqual([undefined, 256]);
});

/** Value after each step of the same five calls; `bare`: without the RIPAS call, as RMM 2.0 does it. */
const STEPS: Record<RealmHash, { steps?: readonly string[]; last: string; bare: string }> = {
  sha256: {
    steps: [
      'f33498f22eed8d51fb28b95769b27275a8c69a469e26b0050f1e809c4e0146b4',
      'f1716fdda6e64db71c74619256e348fab4818fd547d9abc6b8cab34ab5a8001c',
      'fede7cf21c33496805a8289ed995e75f434e6fa0a7402f4ec718092675d0e4db',
      '2dabb57cc72a101d03ec588a2f9b03b638ba72fbd7cc41358ecef3926d8b6e9e',
    ],
    last: '51c1a36f26d0b17b0979cf5e9813b163b2fb537d0da05c31c8c89240dfac2cc9',
    bare: 'b85364b80157468202cf003d983c07b4a940460c78e6dc40a1fe539ee324b20b',
  },
  sha384: {
    steps: [
      '3909bb92dac4472b41663c6c7f4d55abb08b36b37a16894dcffef974e551b81076f28de3ac16dbcf8389f621cb5f1837',
      '8b2b69b3a0439141644929b4b5c569647aab11d65286057f2f6a18f9d9eef2bdc327f433ba77764a04b07077e47cdb72',
      '1555b47dd73a8a9d945d29851fbd4cc42107a86e8e144b190045c493b46d2a0784679c1682a6693871fd1c11aeb51a9a',
      '701ecfa92e0239e7779dd8756ed69dd00a5d389435c5229bbc28688b77b4dc9ca31831b8e7425e9721cf1e915eb4f5a4',
    ],
    last: '0301baf6e7ba78566d6ea0c36354c115fffb17df6fe28ef26abc049b831cb0909315a801a5a33b8d2d5badf75b36ebc0',
    bare: '1022c816bdf5537488eb2b6b410d8c8004aee3c215fc0a2da170ce3576f8c4a92469ba1fdd4c9128bae2ed876b0118df',
  },
  sha512: {
    last: '32af21f9f3a99e9ce141cb65cb68ba4637bd22f03c01b94807a7f79b1af611b94c56da39d502be781c941fc5d1af49316adaa24c0a4441065161489771b72f0b',
    bare: '589e62b5acca55a7c3c4160ccd188effc9cd4b3ccca2239ab05fdbcd8b401405a27ab33097fd75f51dfae263a5cb24fd166a3141d308512c5504e6c3c8858184',
  },
};

const PARAMETERS: RealmParameters = { s2sz: 40, numBps: 5, numWps: 3 };
const CALLS: readonly RealmCall[] = [
  { call: 'ripas', base: 0x80000000n, top: 0x80200000n },
  { call: 'data', what: 'AA', ipa: 0x80000000n, bytes: new Uint8Array(4096).fill(0xaa) },
  { call: 'data', what: 'BB', ipa: 0x80001000n, bytes: new Uint8Array(4096).fill(0xbb), measured: false },
  { call: 'rec', pc: 0x80000000n, gprs: [0x88000000n] },
];

describe.each(Object.entries(STEPS))('a realm with %s, call by call', (name, { steps, last, bare }) => {
  const hashAlgorithm = name as RealmHash;
  const realm = { hashAlgorithm, parameters: PARAMETERS, calls: CALLS, ripasMeasured: true };

  test('RMM 1.x', () => {
    const measured = measureRealm(portableDigests, realm);
    const values = measured.steps.map(({ value }) => toHex(value!));
    if (steps) expect(values).toEqual([...steps, last]);
    expect([values.at(-1), toHex(measured.rim)]).toEqual([last, last]);
  });

  test('RMM 2.0 leaves RIPAS out', () => {
    const measured = measureRealm(portableDigests, { ...realm, ripasMeasured: false });
    expect(toHex(measured.rim)).toBe(bare);
    expect(measured.steps).toHaveLength(4);
  });

  test('a vCPU that may not run leaves the RIM as it is', () => {
    const calls = [...CALLS, { call: 'rec', pc: 1n, runnable: false }] as const;
    const measured = measureRealm(portableDigests, { ...realm, calls });
    expect(toHex(measured.rim)).toBe(last);
    expect(measured.steps.at(-1)?.words).toContain('not measured');
  });
});

test('data that is not aligned is filled up to the granules it touches', () => {
  const bytes = utf8Bytes('ABCDEFGH');
  expect(rimOf('sha256', PARAMETERS, [{ call: 'data', what: 'blob', ipa: 0x80000ffcn, bytes }])).toBe(
    '8aa1170f2632a5796ea3bc2a87858cfd4158914d1c5769f85f6cab9ffa7bf534',
  );
});

test('values that do not fit their field, or a granule of another size, are a RangeError', () => {
  expect(() => rimOf('sha256', { s2sz: 256, numBps: 1, numWps: 1 })).toThrow(RangeError);
  const rim = createRim(portableDigests, 'sha256', PARAMETERS);
  expect(() => rim.data(0n, new Uint8Array(4095), true)).toThrow(RangeError);
});
