/** Chains: every rule has a chain that breaks it and nothing else; real chains lead to their vendors' roots. */
import { firstFailure, type Check, type SignatureScheme, type VerifyCache } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import {
  basicConstraints,
  CheckList,
  createVerifyCache,
  encodeDer,
  keyUsage,
  orderChain,
  parseCertificate,
  verifyChain,
  webCryptoVerifier,
  type Certificate,
  type ChainContext,
  type ChainTitles,
} from '../src/index.ts';
import { digests, FROM, mint, mintCrl, NOW, testKey, TO, type Holder } from './support/pki.ts';

const root: Holder = { CN: 'Root', key: testKey('ecdsa-p256-sha256', 'root') };
const ca: Holder = { CN: 'CA', key: testKey('ecdsa-p384-sha384', 'ca') };
const leaf: Holder = { CN: 'Leaf', key: testKey('ecdsa-p256-sha256', 'leaf') };
const stranger: Holder = { CN: 'Stranger', key: testKey('ecdsa-p256-sha256', 'stranger') };

const rootCertificate = mint(root, root, { ca: true, pathLength: 1 });
const caCertificate = mint(ca, root, { ca: true, pathLength: 0 });
const leafCertificate = mint(leaf, ca, { ca: false });
const good = [leafCertificate, caCertificate, rootCertificate];

const base: ChainContext = {
  ...{ now: NOW, anchors: [rootCertificate.der], crls: [], revocation: 'optional', digests },
  verifier: webCryptoVerifier(),
};

async function verify(
  chain: readonly Certificate[],
  changes: Partial<ChainContext> = {},
  titles?: ChainTitles,
) {
  const checks = new CheckList();
  const ok = await verifyChain(checks, chain, { ...base, ...changes }, titles);
  return { ok, verdict: checks.verdict('test') };
}

/** The id of the one check that fails; text where none, or several, do. */
function failed(checks: readonly Check[]): string {
  const all = (list: readonly Check[]): Check[] => list.flatMap((one) => [one, ...all(one.checks ?? [])]);
  return all(checks)
    .filter(({ status, checks: inner }) => status === 'fail' && !inner)
    .map(({ id }) => id)
    .join(', ');
}

describe('a good chain', () => {
  test('passes, and says in one line what it is', async () => {
    const { ok, verdict } = await verify(good, {}, { names: ['PCK', 'Platform CA', 'Root CA'] });
    expect(ok).toBe(true);
    expect(verdict.verdict).toBe('pass');
    expect(verdict.checks[0]).toMatchObject({
      ...{ id: 'certificates', status: 'pass' },
      actual: 'PCK ← Platform CA ← Root CA, valid 2026-01-01 … 2036-01-01',
    });
    expect(verdict.checks[0]?.checks?.map(({ id }) => id)).toEqual(
      ['anchor', 'chain', 'signature', 'validity', 'constraints'].map((part) => `certificates.${part}`),
    );
    expect(verdict.notChecked.map(({ id }) => id)).toEqual(['revocation.crl']);
  });

  test.each([
    ['ends at the anchor', good, [rootCertificate.der]],
    ['ends below the anchor', good.slice(0, 2), [rootCertificate.der]],
    ['ends at a pinned root', good, [{ sha256: digests.digest('sha256', rootCertificate.der) }]],
    ['ends below a key that is an anchor', good.slice(0, 2), [root.key.spki]],
    ['ends at the root of a key that is an anchor', good, [root.key.spki]],
    ['goes on above its anchor', good, [caCertificate.der]],
    ['has several anchors', good, [stranger.key.spki, rootCertificate.der]],
  ] as const)('%s', async (_, chain, anchors) => {
    expect((await verify(chain, { anchors })).ok).toBe(true);
  });

  test('may stand under other ids', async () => {
    const { verdict } = await verify(good, {}, { id: 'x.certificates', revocation: 'x.revocation' });
    expect(verdict.checks.map(({ id }) => id)).toEqual(['x.certificates', 'x.revocation']);
    expect(verdict.notChecked[0]?.id).toBe('x.revocation.crl');
  });

  test.each<SignatureScheme>([
    ...(['ecdsa-p256-sha256', 'ecdsa-p384-sha384', 'ecdsa-p521-sha512', 'ed25519'] as const),
    ...(['rsa-pkcs1-sha256', 'rsa-pkcs1-sha384', 'rsa-pss-sha256', 'rsa-pss-sha384'] as const),
  ])('may be signed with %s', async (scheme) => {
    const top: Holder = { CN: 'Top', key: testKey(scheme, 'top') };
    const chain = [mint(leaf, top, { ca: false }), mint(top, top, { ca: true })];
    const anchors = [chain[1]!.der];
    expect((await verify(chain, { anchors })).ok).toBe(true);
    const flipped = chain[0]!.der.slice();
    flipped[flipped.length - 1]! ^= 1;
    const bad = parseCertificate(flipped).certificate!;
    expect(failed((await verify([bad, chain[1]!], { anchors })).verdict.checks)).toBe(
      'certificates.signature',
    );
  });
});

describe('a chain is refused', () => {
  const critical = { oid: '1.3.6.1.4.1.99999.7', critical: true, value: encodeDer({ kind: 'null' }) };
  const withExtensions = (...extensions: Parameters<typeof mint>[2]['more'] & object) =>
    mint(ca, root, { ca: true }, { extensions });
  const twice = basicConstraints(false);

  test.each<[why: string, id: string, chain: Certificate[], changes?: Partial<ChainContext>]>([
    [
      'signed by another key',
      'signature',
      [
        mint(leaf, ca, { ca: false }, { signer: testKey('ecdsa-p384-sha384', 'x') }),
        caCertificate,
        rootCertificate,
      ],
    ],
    [
      'signed by a key of another curve',
      'signature',
      [mint(leaf, ca, { ca: false }, { signer: leaf.key }), caCertificate, rootCertificate],
    ],
    [
      'with an issuer of another name',
      'chain',
      [mint(leaf, ca, { ca: false }, { issuer: { CN: 'Other' } }), caCertificate, rootCertificate],
    ],
    ['before it is valid', 'validity', good, { now: new Date(FROM.getTime() - 1) }],
    ['after it was valid', 'validity', good, { now: new Date(TO.getTime() + 1) }],
    [
      'whose issuer is no CA',
      'constraints',
      [leafCertificate, mint(ca, root, { ca: false }), rootCertificate],
    ],
    [
      'whose issuer has no basicConstraints',
      'constraints',
      [leafCertificate, withExtensions(keyUsage('keyCertSign')), rootCertificate],
    ],
    [
      'whose issuer may not sign certificates',
      'constraints',
      [leafCertificate, withExtensions(basicConstraints(true), keyUsage('cRLSign')), rootCertificate],
    ],
    [
      'that is too long for a CA',
      'constraints',
      [
        mint(leaf, ca, { ca: false }),
        mint(ca, root, { ca: true }),
        mint(root, root, { ca: true, pathLength: 0 }),
      ],
      { anchors: [root.key.spki] },
    ],
    [
      'with a critical extension that nobody knows',
      'constraints',
      [mint(leaf, ca, { ca: false, more: [critical] }), caCertificate, rootCertificate],
    ],
    [
      'with an extension twice',
      'constraints',
      [mint(leaf, ca, { ca: false, more: [twice] }), caCertificate, rootCertificate],
    ],
    ['that ends at another root', 'anchor', good, { anchors: [mint(stranger, stranger, { ca: true }).der] }],
    [
      'whose root has the name of the anchor only',
      'anchor',
      good,
      { anchors: [mint({ ...stranger, CN: 'Root' }, { ...stranger, CN: 'Root' }, { ca: true }).der] },
    ],
    ['whose root has another hash', 'anchor', good, { anchors: [{ sha256: new Uint8Array(32) }] }],
    ['without any anchor', 'anchor', good, { anchors: [] }],
    [
      'in a wrong order',
      'chain, certificates.signature, certificates.constraints',
      [caCertificate, leafCertificate, rootCertificate].reverse(),
      { anchors: [stranger.key.spki] },
    ],
  ])('%s', async (_, id, chain, changes) => {
    const { ok, verdict } = await verify(chain, changes);
    expect(failed(verdict.checks)).toBe(`certificates.${id}`);
    expect(ok).toBe(false);
    expect(verdict.verdict).toBe('fail');
    const failure = firstFailure(verdict.checks);
    expect([typeof failure?.expected, typeof failure?.actual]).toEqual(['string', 'string']);
    expect(failure?.range).toBeDefined();
  });

  test('but not for a critical extension that the caller reads', async () => {
    const chain = [mint(leaf, ca, { ca: false, more: [critical] }), caCertificate, rootCertificate];
    expect((await verify(chain, { handled: [critical.oid] })).ok).toBe(true);
  });

  test('a date that is none is the caller’s mistake', async () => {
    await expect(verify(good, { now: new Date(NaN) })).rejects.toThrow(RangeError);
  });

  test.each([
    ['ends too early', [leafCertificate]],
    ['is empty', []],
  ])('a chain that %s is not decided, with what is missing', async (_, chain) => {
    const { ok, verdict } = await verify(chain);
    expect([ok, verdict.verdict]).toEqual([false, 'inconclusive']);
    const [anchor] = verdict.checks[0]?.checks ?? [];
    expect(anchor).toMatchObject({ id: 'certificates.anchor', status: 'skipped' });
    expect(anchor?.remedy).toBe(
      chain.length > 0 ? 'give the certificate of CN=CA' : 'give the certificate chain',
    );
  });

  test('every flipped bit of a leaf is refused', async () => {
    const { der } = leafCertificate;
    let parsed = 0;
    for (let i = 0; i < der.length; i++) {
      const flipped = der.slice();
      flipped[i]! ^= 1 << (i % 8);
      const { certificate } = parseCertificate(flipped);
      if (!certificate) continue;
      parsed++;
      expect((await verify([certificate, caCertificate, rootCertificate])).ok, `byte ${String(i)}`).toBe(
        false,
      );
    }
    expect(parsed).toBeGreaterThan(der.length / 2);
  });
});

describe('revocation', () => {
  const own = mintCrl(ca);
  const rootList = mintCrl(root);
  const entry = { serial: 7n, date: NOW };
  const titles: ChainTitles = { crls: ['pck-crl', 'root-crl'] };
  const list = async (changes: Partial<ChainContext>) => {
    const { ok, verdict } = await verify(good, changes, titles);
    const checks = verdict.checks[1]?.checks ?? [];
    return { ok, verdict, statuses: checks.map(({ id, status }) => `${id.slice(11)} ${status}`) };
  };

  test('with fresh lists of both issuers passes', async () => {
    const { verdict, statuses } = await list({ crls: [own, rootList], revocation: 'required' });
    expect([verdict.verdict, ...statuses]).toEqual(['pass', 'pck-crl pass', 'root-crl pass']);
    expect(verdict.notChecked).toEqual([]);
  });

  test('a revoked certificate fails', async () => {
    const { statuses, verdict } = await list({
      crls: [mintCrl(ca, { revoked: [{ ...entry, serial: 1n }, entry] }), rootList],
    });
    expect(statuses).toEqual(['pck-crl fail', 'root-crl pass']);
    expect(firstFailure(verdict.checks)?.actual).toBe(`revoked on ${NOW.toISOString()}`);
  });

  test.each([
    ['is signed by another key', mintCrl(ca, { signer: testKey('ecdsa-p384-sha384', 'x') })],
    ['is out of date', mintCrl(ca, { nextUpdate: NOW })],
    ['is not valid yet', mintCrl(ca, { thisUpdate: new Date(NOW.getTime() + 1000) })],
    ['does not say until when it holds', mintCrl(ca, { nextUpdate: undefined })],
    [
      'has a critical extension, such as a scope',
      mintCrl(ca, {
        extensions: [{ oid: '2.5.29.28', critical: true, value: encodeDer({ kind: 'sequence', value: [] }) }],
      }),
    ],
    [
      'has an extension twice',
      mintCrl(ca, { extensions: [keyUsage(), keyUsage()].map((one) => ({ ...one, critical: false })) }),
    ],
  ])('a list that %s fails, required or not', async (_, bad) => {
    for (const revocation of ['required', 'optional'] as const) {
      const { ok, statuses, verdict } = await list({ crls: [bad, rootList], revocation });
      expect(statuses).toEqual(['pck-crl fail', 'root-crl pass']);
      expect(ok).toBe(false);
      expect(firstFailure(verdict.checks)?.remedy).toMatch(/current revocation list of CN=CA/);
    }
  });

  test('an issuer without cRLSign cannot have one', async () => {
    const noSign = mint(
      ca,
      root,
      { ca: true },
      { extensions: [basicConstraints(true), keyUsage('keyCertSign')] },
    );
    const { verdict } = await verify([leafCertificate, noSign, rootCertificate], { crls: [own] });
    expect(failed(verdict.checks)).toBe('revocation.crl');
  });

  test('a stale list beside a fresh one does no harm; a forged one does', async () => {
    const stale = mintCrl(ca, { nextUpdate: NOW });
    expect((await list({ crls: [stale, own, rootList] })).ok).toBe(true);
    const forged = mintCrl(ca, { signer: testKey('ecdsa-p384-sha384', 'x') });
    expect((await list({ crls: [own, forged, rootList] })).ok).toBe(false);
    const before = mintCrl(ca, { nextUpdate: NOW, revoked: [entry] });
    expect((await list({ crls: [before, own, rootList] })).ok).toBe(false);
  });

  test('a list of the same name by another key is not this issuer’s', async () => {
    const other = mintCrl({ CN: 'CA', key: testKey('ecdsa-p384-sha384', 'x') });
    expect((await list({ crls: [other, own, rootList] })).ok).toBe(true);
    expect((await list({ crls: [other, rootList], revocation: 'required' })).statuses[0]).toBe(
      'pck-crl fail',
    );
  });

  test('without a list: required and none at all is skipped, required and only others fails', async () => {
    const none = await list({ revocation: 'required' });
    expect([none.verdict.verdict, none.ok, ...none.statuses]).toEqual([
      'inconclusive',
      true,
      'pck-crl skipped',
      'root-crl skipped',
    ]);
    const others = await list({ revocation: 'required', crls: [rootList] });
    expect([others.verdict.verdict, others.ok, ...others.statuses]).toEqual([
      'fail',
      false,
      'pck-crl fail',
      'root-crl pass',
    ]);
  });

  test('without a list: optional stands under not checked, or is skipped where lists are asked for', async () => {
    const optional = await list({});
    expect(optional.verdict).toMatchObject({
      verdict: 'pass',
      notChecked: [{ id: 'revocation.pck-crl' }, { id: 'revocation.root-crl' }],
    });
    const asked = await list({ requireCrl: true });
    expect([asked.verdict.verdict, ...asked.statuses]).toEqual([
      'inconclusive',
      'pck-crl skipped',
      'root-crl skipped',
    ]);
  });

  test('where an issuer publishes no list, none is missed', async () => {
    const { verdict } = await verify(
      good,
      { crls: [rootList], requireCrl: true },
      { crls: [undefined, 'ask-crl'] },
    );
    expect(verdict.verdict).toBe('pass');
  });
});

describe('the cache', () => {
  /** Counts what the verifier is asked. */
  function counting(cache: VerifyCache | undefined) {
    let count = 0;
    const inner = webCryptoVerifier();
    const verifier = {
      verify: (...args: Parameters<typeof inner.verify>) => {
        count++;
        return inner.verify(...args);
      },
    };
    return { context: { verifier, cache }, count: () => count };
  }

  test('spares every signature the second time, and no date', async () => {
    const { context, count } = counting(createVerifyCache());
    const crls = [mintCrl(ca), mintCrl(root)];
    expect((await verify(good, { ...context, crls })).ok).toBe(true);
    expect(count()).toBe(4);
    const again = good.map(({ der }) => parseCertificate(der).certificate!);
    expect((await verify(again, { ...context, crls })).ok).toBe(true);
    expect(count()).toBe(4);
    const late = await verify(good, { ...context, crls, now: new Date(TO.getTime() + 1) });
    expect(failed(late.verdict.checks)).toBe('certificates.validity, revocation.crl, revocation.crl');
  });

  test('does not keep what failed', async () => {
    const { context, count } = counting(createVerifyCache());
    const bad = [
      mint(leaf, ca, { ca: false }, { signer: testKey('ecdsa-p384-sha384', 'x') }),
      caCertificate,
      rootCertificate,
    ];
    await verify(bad, context);
    await verify(bad, context);
    expect(count()).toBe(2 + 1);
  });
});

describe('certificates in any order', () => {
  test('become a chain', () => {
    const mixed = [rootCertificate, leafCertificate, mint(stranger, stranger, { ca: true }), caCertificate];
    expect(orderChain(mixed, leafCertificate)).toEqual(good);
  });

  test('of one name are told apart by their keys', () => {
    const other = mint({ CN: 'CA', key: stranger.key }, root, { ca: true });
    expect(orderChain([other, caCertificate, rootCertificate], leafCertificate)).toEqual(good);
  });

  test('that name each other in a circle end', () => {
    const a = mint({ CN: 'A', key: leaf.key }, { CN: 'B', key: ca.key }, { ca: true });
    const b = mint({ CN: 'B', key: ca.key }, { CN: 'A', key: leaf.key }, { ca: true });
    expect(orderChain([a, b], a)).toEqual([a, b]);
  });
});
