/** Collateral: files are known by their content, in whatever form they come. */
import { toHex, utf8Bytes } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import { CheckList, checkCollateral, encodeCoseKey, encodePem, readCollateral } from '../src/index.ts';
import { mint, mintCrl, testKey } from './support/pki.ts';

const holder = { CN: 'Holder', key: testKey() };
const certificate = mint(holder, holder, { ca: true }).der;
const crl = mintCrl(holder).der;
const { spki } = holder.key;
const pem = (label: string, der: Uint8Array): string => encodePem(label, der);
const jwk = JSON.stringify({
  kty: 'OKP',
  crv: 'Ed25519',
  x: Buffer.from(testKey('ed25519').spki.slice(-32)).toString('base64url'),
});

/** How many of each kind. */
const counts = (...files: Uint8Array[]) => {
  const { certificates, crls, keys, json, issues } = readCollateral(files);
  return [certificates.length, crls.length, keys.length, json.length, issues.length];
};

describe('a file', () => {
  test.each<[string, Uint8Array, number[]]>([
    ['a certificate, DER', certificate, [1, 0, 0, 0, 0]],
    ['a list, DER', crl, [0, 1, 0, 0, 0]],
    ['a list, hex', utf8Bytes(`${toHex(crl)}\n`), [0, 1, 0, 0, 0]],
    ['a key, DER', spki, [0, 0, 1, 0, 0]],
    ['a bare point', spki.slice(-65), [0, 0, 1, 0, 0]],
    ['a COSE_Key', encodeCoseKey('p256', spki.slice(-65)), [0, 0, 1, 0, 0]],
    ['a JWK', utf8Bytes(jwk), [0, 0, 1, 0, 0]],
    [
      'a bundle of all, PEM',
      utf8Bytes(pem('CERTIFICATE', certificate).repeat(2) + pem('X509 CRL', crl) + pem('PUBLIC KEY', spki)),
      [2, 1, 1, 0, 0],
    ],
    ['PEM that ends in NUL', utf8Bytes(`${pem('CERTIFICATE', certificate)}\0`), [1, 0, 0, 0, 0]],
    ['JSON', utf8Bytes(` {"tcbInfo":{},"signature":"00", "chain": "-----BEGIN X-----"}\n`), [0, 0, 0, 1, 0]],
    ['JSON with a byte order mark', utf8Bytes('\ufeff[1]'), [0, 0, 0, 1, 0]],
    ['JSON that is cut', utf8Bytes('{"a":'), [0, 0, 0, 0, 1]],
    ['text', utf8Bytes('README'), [0, 0, 0, 0, 1]],
    ['nothing', new Uint8Array(0), [0, 0, 0, 0, 1]],
    ['a list that is cut', crl.slice(0, -1), [0, 0, 0, 0, 1]],
  ])('%s', (_, file, expected) => {
    expect(counts(file)).toEqual(expected);
  });

  test('is named by its number in every place', () => {
    const text = pem('CERTIFICATE', certificate);
    const { certificates, json, keys } = readCollateral([utf8Bytes(text + text), utf8Bytes('{"a":1}'), spki]);
    expect(certificates.map(({ place }) => [place.path, place.offset])).toEqual([
      ['collateral[0]', 0],
      ['collateral[0]', text.length],
    ]);
    expect(json).toMatchObject([{ value: { a: 1 }, text: '{"a":1}', place: { path: 'collateral[1]' } }]);
    expect(keys[0]?.place.path).toBe('collateral[2]');
  });
});

describe('the check of all files', () => {
  test('passes over what is of no kind, and says so', () => {
    const checks = new CheckList();
    expect(checkCollateral(checks, readCollateral([certificate, utf8Bytes('a note')]))).toBe(true);
    const { notChecked } = checks.verdict('x');
    expect(notChecked.map(({ id }) => id)).toEqual(['collateral[1]']);
    expect(notChecked[0]?.reason).toMatch(/left out/);
  });

  test('fails when a file is meant to be one and is not', () => {
    const checks = new CheckList();
    expect(checkCollateral(checks, readCollateral([certificate, crl.slice(0, -1)]))).toBe(false);
    expect(checks.checks).toMatchObject([{ id: 'collateral.files', status: 'fail' }]);
    expect(checks.checks[0]?.actual).toMatch(/^collateral\[1\]: /);
  });
});

const files = [
  ...vectors('evidence/tdx', ['cert-pem', 'crl-der']),
  ...vectors('evidence/snp', ['cert-pem', 'cert-der']),
];

describeVectors('real certificates and lists are read as collateral', 26, files, ({ file }) => {
  const { certificates, crls, issues } = readCollateral([readVector(file)]);
  expect(issues).toEqual([]);
  expect(certificates.length + crls.length).toBeGreaterThan(0);
});
