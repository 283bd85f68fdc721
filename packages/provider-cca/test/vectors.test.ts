/** Tokens of other implementations get the verdict that the manifest of the shared vectors says. */
import { firstFailure, toHex, utf8Bytes, type Verdict } from '@tsm/core';
import { leaves, nodeOf } from '@tsm/core/layout';
import { expect } from 'vitest';
import { describeVectors, readVector, vectors, type Vector } from '../../core/test/support/vectors.ts';
import cca from '../src/index.ts';
import { wrapTokens } from '../src/mint.ts';
import { cpak, modelOf, partsOf } from './support/tokens.ts';

const now = new Date('2026-11-01T00:00:00Z');
const tokens = vectors('evidence/cca', ['cca-token', 'cca-platform-token']);
const good = tokens.filter(({ file }) => !file.includes('/bad/'));
const whole = good.filter(({ format }) => format === 'cca-token');

const keyOf = ({ cpak: file }: Vector): Uint8Array[] => (typeof file === 'string' ? [readVector(file)] : []);
const verify = (
  vector: Vector,
  collateral = keyOf(vector),
  bytes = readVector(vector.file),
): Promise<Verdict> => cca.verify(bytes, { now, collateral });
const failure = ({ checks }: Verdict): string | undefined => firstFailure(checks)?.id;

/** Claims that the manifest names, beside the verdict. */
const CLAIMS: Readonly<Record<string, string>> = {
  profile: 'profile',
  challenge: 'challenge',
  implementationId: 'implementation-id',
  instanceId: 'instance-id',
};

describeVectors('tokens of other implementations are accepted', 9, good, async (vector) => {
  const bytes = readVector(vector.file);
  expect(cca.evidence.recognise(bytes)).toBe(true);
  const { issues, registers, tree, claims = {}, trailing } = cca.evidence.decode(bytes);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(trailing).toBe(0);
  expect(registers).toHaveLength(vector.format === 'cca-token' ? 5 : 0);
  for (const { value, offset } of registers)
    expect(toHex(bytes.slice(offset, offset + value.length))).toBe(toHex(value));
  expect(leaves(tree).reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length);
  expect(nodeOf(tree, 'platform.claims.lifecycle')?.meaning).toBe('secured');
  expect(claims['debug']).toBe(false);
  for (const [name, claim] of Object.entries(CLAIMS)) {
    const wanted = vector.expected?.[name];
    const value = claims[`platform.${claim}`];
    if (wanted !== undefined) expect(value instanceof Uint8Array ? toHex(value) : value, name).toBe(wanted);
  }
  expect(vector.expected?.['verdict']).toBe('accept');
  const verdict = await verify(vector);
  expect([verdict.verdict, failure(verdict)]).toEqual(['pass', undefined]);
});

/** The check that must refuse each of the altered tokens. */
const REFUSED_BY: Readonly<Record<string, string>> = {
  'realm_rim_flip.cbor': 'token.realm.signature',
  'realm_sig_flip.cbor': 'token.realm.signature',
  'veraison_unwrapped.cbor': 'structure',
};

const bad = tokens.filter(({ file }) => file.includes('/bad/'));
describeVectors(
  'altered tokens are refused by the check that names what is wrong',
  3,
  bad,
  async (vector) => {
    expect(vector.expected?.['verdict']).toBe('reject');
    const key = keyOf(vector).length > 0 ? keyOf(vector) : [readVector('evidence/cca/veraison_iak.pub.jwk')];
    const verdict = await verify(vector, key);
    expect([verdict.verdict, failure(verdict)]).toEqual([
      'fail',
      REFUSED_BY[vector.file.replace(/.*\//, '')],
    ]);
  },
);

describeVectors(
  'without the platform key a token is inconclusive, with a wrong one refused',
  9,
  good,
  async (vector) => {
    const none = await verify(vector, []);
    expect([none.verdict, failure(none)]).toEqual(['inconclusive', undefined]);
    for (const wrong of ['veraison_alt_iak.pub.jwk', 'trustee_rak_pub.json', 'cca_realm2.pub.pem']) {
      const verdict = await verify(vector, [readVector(`evidence/cca/${wrong}`)]);
      expect([verdict.verdict, failure(verdict)], wrong).toEqual(['fail', 'token.platform.signature']);
    }
    expect(failure(await verify(vector, [cpak]))).toBe('token.platform.signature');
  },
);

describeVectors(
  'keys in a store of trust anchors count for the platform that they name',
  1,
  whole.filter(({ file }) => file.includes('trustee_')),
  async (vector) => {
    const store = readVector('evidence/cca/trustee_tastore.json');
    expect((await verify(vector, [store])).verdict).toBe('pass');
    const other = utf8Bytes(new TextDecoder().decode(store).replace('010706', '010707'));
    expect((await verify(vector, [other])).verdict).toBe('inconclusive');
    const references = await verify(vector, [readVector('evidence/cca/trustee_rvstore.json')]);
    expect(references.verdict).toBe('inconclusive');
  },
);

describeVectors('parts of two tokens do not make one', 6, whole, async (vector) => {
  const own = partsOf(readVector(vector.file));
  const minted = partsOf(modelOf({ profile: 'legacy' }).token(new Uint8Array(64)));
  for (const form of [399, 907] as const) {
    const foreignRealm = await verify(vector, keyOf(vector), wrapTokens(own.platform, minted.realm, form));
    expect([foreignRealm.verdict, failure(foreignRealm)]).toEqual(['fail', 'key.binding']);
    const foreignPlatform = await verify(vector, [cpak], wrapTokens(minted.platform, own.realm, form));
    expect([foreignPlatform.verdict, failure(foreignPlatform)]).toEqual(['fail', 'key.binding']);
    const itself = await verify(vector, keyOf(vector), wrapTokens(own.platform, own.realm, form));
    expect(itself.verdict).toBe('pass');
  }
});
