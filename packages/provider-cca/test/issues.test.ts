/** Every issue of the provider is produced by a fixture, at the place that is wrong. */
import { portableDigests, type Issue, type LaunchInputs } from '@tsm/core';
import { encodeCbor, encodeSign1 } from '@tsm/evidence';
import { expect, test } from 'vitest';
import cca, { CCA_ISSUES, ccaLaunch } from '../src/index.ts';
import { wrapTokens } from '../src/mint.ts';
import { decodeToken } from '../src/token.ts';
import { arm64Image } from './support/images.ts';
import { minted, partsOf } from './support/tokens.ts';

const decode = (bytes: Uint8Array): readonly Issue[] => cca.evidence.decode(bytes).issues;
const calculate = (inputs: LaunchInputs): readonly Issue[] =>
  ccaLaunch.calculate({ vmm: 'kvmtool', memory: 512, ...inputs }, portableDigests).issues;

const token = minted();
const { platform, realm } = partsOf(token);
/** Where the realm token begins, in tokens of the default form. */
const realmAt = decodeToken(token).realm!.place.offset;
const noMap = encodeSign1({ algorithm: -35, payload: encodeCbor([1]) }, () => new Uint8Array(96));
const collection = (entries: readonly (readonly [number | string, Parameters<typeof encodeCbor>[0]])[]) =>
  encodeCbor({ tag: 907, value: new Map(entries) });

interface Fixture {
  readonly issues: readonly Issue[];
  readonly path: string;
  /** Where it is known; else it is anywhere. */
  readonly offset?: number;
}

const FIXTURES: Record<string, Fixture> = {
  'cca.not-a-token': { issues: decode(encodeCbor([])), path: '', offset: 0 },
  'cca.no-token': { issues: decode(collection([[44234, [263, platform]]])), path: 'realm', offset: 0 },
  'cca.wrapping': {
    issues: decode(
      collection([
        [44234, [263, platform]],
        [44241, realm],
      ]),
    ),
    path: 'realm',
    offset: realmAt - 7,
  },
  'cca.content-format': {
    issues: decode(
      collection([
        [44234, [0, platform]],
        [44241, [263, realm]],
      ]),
    ),
    path: 'platform',
    offset: 7,
  },
  'cca.unknown-entry': {
    issues: decode(
      collection([
        [1, 'x'],
        [44234, [263, platform]],
        [44241, [263, realm]],
      ]),
    ),
    path: '',
    offset: 4,
  },
  'cca.not-claims': {
    issues: decode(wrapTokens(platform, noMap, 907)),
    path: 'realm.claims',
    offset: decodeToken(wrapTokens(platform, noMap, 907)).realm!.sign1.payloadOffset,
  },
  'cca.claim-missing': {
    issues: decode(minted({}, { realm: (map) => map.delete(10) })),
    path: 'realm.claims',
    offset: decodeToken(token).realm!.sign1.payloadOffset,
  },
  'cca.claim-type': {
    issues: decode(minted({}, { platform: (map) => map.set(2395, -1) })),
    path: 'platform.claims.lifecycle',
  },
  'cca.unknown-claim': {
    issues: decode(minted({}, { platform: (map) => map.set(99, 1) })),
    path: 'platform.claims.99',
  },
  'cca.register-size': {
    issues: decode(minted({}, { realm: (map) => map.set(44236, 'sha-384') })),
    path: 'realm.claims.initial-measurement',
    offset: cca.evidence.decode(token).registers[0]!.offset,
  },
  'cca.launch-parameter': { issues: calculate({ breakpoints: 1 }), path: 'breakpoints', offset: 0 },
  'cca.launch-kernel': { issues: calculate({ kernel: new Uint8Array(64) }), path: 'kernel', offset: 0x38 },
  'cca.launch-memory': {
    issues: calculate({ memory: 2, kernel: arm64Image(0x400000n) }),
    path: 'kernel',
    offset: 0,
  },
  'cca.launch-not-measured': {
    issues: calculate({ vmm: 'qemu', firmware: new Uint8Array(1), initrd: new Uint8Array(1) }),
    path: 'initrd',
    offset: 0,
  },
};

test('every code has a fixture', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual([...CCA_ISSUES.codes].sort());
});

test.each(Object.entries(FIXTURES))('%s', (code, { issues, path, offset }) => {
  const found = issues.filter((issue) => issue.code === code);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ code, path, ...(offset === undefined ? {} : { offset }) });
  expect(found[0]?.message).toMatch(/\w/);
});
