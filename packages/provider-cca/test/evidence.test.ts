/** What decoding a token tells: registers, challenge, claims, tree, issues. */
import { concat, toHex } from '@tsm/core';
import { leaves, nodeOf } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import cca, { createCca, type CcaOptions } from '../src/index.ts';
import { challenge, FORMS, launch, minted, modelOf, partsOf, tools } from './support/tokens.ts';

const decode = (options: CcaOptions = {}, edits?: Parameters<typeof minted>[1]) =>
  cca.evidence.decode(minted(options, edits));

describe.each(FORMS)('profile $profile, tag $form, $hashAlgorithm', (form) => {
  const model = createCca(form).model(launch, tools);
  model.extend('rem2', new Uint8Array(20).fill(7));
  const token = model.token(challenge);
  const evidence = cca.evidence.decode(token);

  test('decodes to the registers of the model, in their order, and to the challenge', () => {
    expect(evidence.issues).toEqual([]);
    expect(evidence.format).toBe(`token-${String(form.form)}`);
    expect(evidence.registers.map(({ name, value }) => [name, toHex(value)])).toEqual(
      ['rim', 'rem0', 'rem1', 'rem2', 'rem3'].map((name) => [name, toHex(model.read(name))]),
    );
    for (const { value, offset } of evidence.registers)
      expect(toHex(token.slice(offset, offset + value.length))).toBe(toHex(value));
    expect(toHex(evidence.reportData)).toBe(toHex(challenge));
  });

  test('the tree covers the token, with the paths that issues use', () => {
    const { tree } = evidence;
    expect(leaves(tree).reduce((sum, { length }) => sum + length, 0)).toBe(token.length);
    for (const path of [
      'platform.claims.sw-components[2].signer-id',
      'realm.claims.challenge',
      'realm.protected.alg',
    ])
      expect(nodeOf(tree, path), path).toBeDefined();
    expect(nodeOf(tree, 'platform.claims.lifecycle')?.meaning).toBe('secured');
    expect(evidence.tree).toBe(tree);
  });
});

test('claims have the names of the specification', () => {
  const { claims } = decode({ profile: '2.0' });
  expect(claims).toMatchObject({
    debug: false,
    'platform.profile': 'tag:arm.com,2024:cca_platform#2.0.0',
    'platform.lifecycle': 'secured',
    'platform.client-id': 1,
    'platform.sw-components.1.component-type': 'RSE_BL2',
    'realm.profile': 'tag:arm.com,2024:realm#2.0.0',
    'realm.hash-algo-id': 'sha-256',
    'realm.mec-policy': 'shared',
    'realm.personalization-value': new Uint8Array(64),
  });
  expect(Object.keys(claims ?? {}).filter((name) => name.includes('measurement'))).toEqual(
    Array.from({ length: 9 }, (_, i) => `platform.sw-components.${String(i)}.measurement-value`),
  );
});

test.each([
  [0x3000, 'secured', false],
  [0x40ff, 'non-cca-platform-rot-debug', true],
  [0x5000, 'recoverable-cca-platform-rot-debug', true],
  [0x6001, 'decommissioned', false],
  [0x7000, 0x7000, true],
])('life cycle %i is %s, debug %s', (value, name, debug) => {
  const lifecycle = Uint8Array.of(value >> 8, value & 0xff);
  const { claims } = cca.evidence.decode(modelOf({}, { values: { lifecycle } }).token(challenge));
  expect([claims?.['platform.lifecycle'], claims?.['debug']]).toEqual([name, debug]);
});

test('unknown claims and entries are kept under their label, with a warning', () => {
  const { claims, issues, tree } = decode({}, { realm: (map) => map.set(44299, 'new').set('text', 1) });
  expect(claims).toMatchObject({ 'realm.44299': 'new', 'realm.text': 1 });
  expect(issues.map(({ code, path }) => [code, path])).toEqual([
    ['cca.unknown-claim', 'realm.claims.44299'],
    ['cca.unknown-claim', 'realm.claims.text'],
  ]);
  expect(nodeOf(tree, 'realm.claims.44299')?.value).toBe('new');
});

test('a register that is missing does not shift the others', () => {
  const { registers } = decode({}, { realm: (map) => map.delete(44238) });
  expect(registers.map(({ name }) => name)).toEqual(['rem0', 'rem1', 'rem2', 'rem3']);
});

test('each token alone is recognised and read', () => {
  const { platform, realm } = partsOf(minted());
  const [one, other] = [platform, realm].map((bytes) => cca.evidence.decode(bytes));
  expect([one?.format, one?.registers.length, one?.issues]).toEqual(['platform-token', 0, []]);
  expect([other?.format, other?.registers.length, other?.issues]).toEqual(['realm-token', 5, []]);
  expect([one?.claims?.['debug'], other?.claims?.['debug']]).toEqual([false, true]);
  expect([platform, realm].map((bytes) => cca.evidence.recognise(bytes))).toEqual([true, true]);
  expect(nodeOf(one!.tree, 'platform.claims.profile')).toBeDefined();
});

test('bytes after the token are counted, with a warning', () => {
  const { trailing, issues } = cca.evidence.decode(concat(minted(), new Uint8Array(70)));
  expect([trailing, issues.map(({ code }) => code)]).toEqual([70, ['cbor.trailing']]);
});

test('what is no CCA evidence is not recognised, and decodes to nothing', () => {
  for (const bytes of [[], [0xd2, 0x84], [0xa0], [0xd9, 0x03, 0x8c, 0xa0], [0xff]].map((one) =>
    Uint8Array.from(one),
  )) {
    expect(cca.evidence.recognise(bytes)).toBe(false);
    const { format, registers, trailing, tree, claims } = cca.evidence.decode(bytes);
    expect([registers, trailing, claims]).toEqual([[], 0, { debug: true }]);
    expect(format).toBe('unknown');
    expect(tree.length).toBe(bytes.length);
  }
});
