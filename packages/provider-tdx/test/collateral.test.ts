/** Collateral is told apart by content, in whatever shape and order it comes; what is wrong with it is named. */
import { concat, toHex, utf8Bytes, utf8Text } from '@tsm/core';
import { encodePem } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { failures, mint, skips, statusOf } from './support/minted.ts';

const minted = mint();
const { files } = minted.collateral;
const file = (name: string): Uint8Array => files[name]!;
const text = (name: string): string => utf8Text(file(name));
const without = (...names: string[]): Uint8Array[] =>
  Object.entries(files)
    .filter(([name]) => !names.includes(name))
    .map(([, bytes]) => bytes);
const instead = (name: string, bytes: Uint8Array | string): Uint8Array[] => [
  ...without(name),
  typeof bytes === 'string' ? utf8Bytes(bytes) : bytes,
];

/** The inner text and the signature of what a service sent. */
function parts(name: string, member: string): { inner: string; signature: string } {
  const whole = text(name);
  const signature = /"signature":"([0-9a-f]+)"}$/.exec(whole)![1]!;
  return { inner: whole.slice(`{"${member}":`.length, whole.lastIndexOf(',"signature"')), signature };
}

function bundle(changes: Record<string, unknown> = {}): Uint8Array {
  const [tcb, qe] = [parts('tcb.json', 'tcbInfo'), parts('qe-identity.json', 'enclaveIdentity')];
  return utf8Bytes(
    JSON.stringify({
      pck_crl_issuer_chain: text('sgx-pck-crl-issuer-chain.pem'),
      root_ca_crl: toHex(file('rootcacrl.der')),
      pck_crl: toHex(file('pckcrl.der')),
      tcb_info_issuer_chain: text('tcb-info-issuer-chain.pem'),
      tcb_info: tcb.inner,
      tcb_info_signature: tcb.signature,
      qe_identity_issuer_chain: text('sgx-enclave-identity-issuer-chain.pem'),
      qe_identity: qe.inner,
      qe_identity_signature: qe.signature,
      ...changes,
    }),
  );
}

const encoded = (name: string): Uint8Array => utf8Bytes(encodeURIComponent(text(name)));

describe('shapes that pass', () => {
  const shapes: [string, Uint8Array[]][] = [
    ['the files of the services', Object.values(files)],
    ['in any other order', Object.values(files).reverse()],
    ['twice', [...Object.values(files), ...Object.values(files)]],
    ['the one file of dcap-qvl', [bundle()]],
    [
      'the same with whole answers of the service in it',
      [bundle({ tcb_info: text('tcb.json'), qe_identity: text('qe-identity.json') })],
    ],
    [
      'URL-encoded chains',
      [
        ...without('tcb-info-issuer-chain.pem', 'sgx-enclave-identity-issuer-chain.pem'),
        encoded('tcb-info-issuer-chain.pem'),
      ],
    ],
    ['lists in hex', instead('pckcrl.der', `${toHex(file('pckcrl.der'))}\n`)],
    ['lists in PEM', instead('pckcrl.der', encodePem('X509 CRL', file('pckcrl.der')))],
    [
      'all certificates and lists in one PEM',
      [
        file('tcb.json'),
        file('qe-identity.json'),
        concat(
          utf8Bytes(encodePem('X509 CRL', file('pckcrl.der')) + encodePem('X509 CRL', file('rootcacrl.der'))),
          file('tcb-info-issuer-chain.pem'),
        ),
      ],
    ],
    ['beside files that are no collateral', [...Object.values(files), utf8Bytes('# README'), minted.quote]],
    [
      'beside TCB info of another kind',
      [...Object.values(files), utf8Bytes(text('tcb.json').replace('"TDX"', '"SGX"'))],
    ],
  ];
  test.each(shapes)('%s', async (_, collateral) => {
    const verdict = await minted.verify({ collateral });
    expect([verdict.verdict, failures(verdict)]).toEqual(['pass', []]);
  });
});

describe('what is missing is said, and never passes', () => {
  test.each([
    ['tcb.json', ['collateral.tcb-info', 'tcb.module', 'tcb.level']],
    ['qe-identity.json', ['collateral.qe-identity', 'qe.identity', 'tcb.level']],
  ])('%s', async (name, skipped) => {
    const verdict = await minted.verify({ collateral: without(name) });
    expect([verdict.verdict, skips(verdict), verdict.tcbStatus]).toEqual([
      'inconclusive',
      skipped,
      undefined,
    ]);
  });

  test('the chain of the signer', async () => {
    const collateral = without('tcb-info-issuer-chain.pem', 'sgx-enclave-identity-issuer-chain.pem');
    const verdict = await minted.verify({ collateral });
    expect(verdict.verdict).toBe('inconclusive');
    expect(skips(verdict)).toEqual(
      expect.arrayContaining([
        'collateral.tcb-info.signature',
        'collateral.qe-identity.signature',
        'tcb.level',
      ]),
    );
  });

  test.each(['pckcrl.der', 'rootcacrl.der'])('%s', async (name) => {
    const verdict = await minted.verify({ collateral: without(name) });
    expect(verdict.verdict).not.toBe('pass');
    const id = name === 'pckcrl.der' ? 'revocation.pck-crl' : 'revocation.root-crl';
    expect(statusOf(verdict, id)).not.toBe('pass');
  });

  test('everything', async () => {
    const verdict = await minted.verify({ collateral: [] });
    expect([verdict.verdict, failures(verdict)]).toEqual(['inconclusive', []]);
    expect(statusOf(verdict, 'quote.signature')).toBe('pass');
  });
});

describe('what is wrong is named', () => {
  const replaced = (name: string, from: string | RegExp, to: string): Uint8Array[] => {
    const changed = text(name).replace(from, to);
    expect(changed).not.toBe(text(name));
    return instead(name, changed);
  };
  const cases: [string, Uint8Array[], string][] = [
    ['one status edited', replaced('tcb.json', 'OutOfDate"', 'UpToDate"'), 'collateral.tcb-info.signature'],
    [
      'a space inside the signed text',
      replaced('tcb.json', '"version":3', '"version": 3'),
      'collateral.tcb-info.signature',
    ],
    ['a signature of 63 bytes', replaced('tcb.json', /..(?="}$)/, ''), 'collateral.tcb-info.signature'],
    ['no signature', replaced('tcb.json', /,"signature":"[0-9a-f]+"/, ''), 'collateral.tcb-info.signature'],
    ['a member twice', replaced('tcb.json', '"tcbType":0', '"tcbType":0,"tcbType":0'), 'collateral.files'],
    ['TCB info of SGX', replaced('tcb.json', '"TDX"', '"SGX"'), 'collateral.tcb-info.format'],
    ['TCB info version 2', replaced('tcb.json', '"version":3', '"version":2'), 'collateral.tcb-info.format'],
    ['tcbType 1', replaced('tcb.json', '"tcbType":0', '"tcbType":1'), 'collateral.tcb-info.format'],
    ['an SVN above 255', replaced('tcb.json', '"svn":3', '"svn":259'), 'collateral.tcb-info.format'],
    ['15 components', replaced('tcb.json', '{"svn":3},', ''), 'collateral.tcb-info.format'],
    [
      'a status that nobody knows',
      replaced('tcb.json', '"SWHardeningNeeded"', '"Fine"'),
      'collateral.tcb-info.format',
    ],
    [
      'no levels',
      replaced('tcb.json', /"tcbLevels":\[\{"tcb":\{"sgx.*\]\}(?=,"sig)/, '"tcbLevels":[]}'),
      'collateral.tcb-info.format',
    ],
    [
      'no evaluation data number',
      replaced('tcb.json', '"tcbEvaluationDataNumber":17,', ''),
      'collateral.tcb-info.format',
    ],
    ['a date without a time', replaced('tcb.json', 'T00:00:00Z"', '"'), 'collateral.tcb-info.format'],
    ['an identity of SGX', replaced('qe-identity.json', '"TD_QE"', '"QE"'), 'collateral.qe-identity.format'],
    [
      'identity version 1',
      replaced('qe-identity.json', '"version":2', '"version":1'),
      'collateral.qe-identity.format',
    ],
    [
      'an edited identity',
      replaced('qe-identity.json', '"isvsvn":6', '"isvsvn":5'),
      'collateral.qe-identity.signature',
    ],
    ['a list that is cut', instead('pckcrl.der', file('pckcrl.der').slice(0, 100)), 'collateral.files'],
    ['a member that is no list', [bundle({ pck_crl: '3003020100' })], 'collateral.files'],
    ['a member that is no text', [bundle({ pck_crl: 7 })], 'collateral.files'],
    ['TCB info that is no object', [bundle({ tcb_info: '[]' })], 'collateral.files'],
  ];
  test.each(cases)('%s', async (_, collateral, id) => {
    const verdict = await minted.verify({ collateral });
    expect(verdict.verdict).toBe('fail');
    expect(failures(verdict)).toContain(id);
    expect(statusOf(verdict, 'tcb.level')).not.toBe('pass');
  });

  test('the list of the root in the place of that of the PCK CA', async () => {
    const verdict = await minted.verify({ collateral: [bundle({ pck_crl: toHex(file('rootcacrl.der')) })] });
    expect(failures(verdict)).toEqual(['revocation.pck-crl']);
  });

  test('collateral of another test root', async () => {
    const other = mint({}, { seed: new Uint8Array(32).fill(8) }).collateral;
    const verdict = await minted.verify({ collateral: Object.values(other.files) });
    expect(verdict.verdict).toBe('fail');
    expect(failures(verdict)).toContain('collateral.tcb-info.certificates.anchor');
    expect(verdict.tcbStatus).toBeUndefined();
  });

  test('a certificate of the PCK chain does not sign TCB info', async () => {
    const chain = text('sgx-pck-crl-issuer-chain.pem');
    const verdict = await minted.verify({
      collateral: [
        ...without('tcb-info-issuer-chain.pem', 'sgx-enclave-identity-issuer-chain.pem'),
        utf8Bytes(chain),
      ],
    });
    expect(statusOf(verdict, 'collateral.tcb-info.signature')).toBe('skipped');
  });
});

test('no truncation of any file throws, and none passes', async () => {
  for (const [name, bytes] of Object.entries(files)) {
    for (let size = 0; size < bytes.length; size += 37) {
      const verdict = await minted.verify({ collateral: instead(name, bytes.slice(0, size)) });
      // Chains stand in more than one file: a cut one may still be complete.
      if (!name.endsWith('.pem')) expect(verdict.verdict, `${name} cut at ${String(size)}`).not.toBe('pass');
    }
  }
}, 60_000);
