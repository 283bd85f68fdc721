/** The certificates of the shared vectors: every one leads to its vendor's root at the date of its entry, and only there. */
import { fromHex } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { readVector, vectors } from '../../core/test/support/vectors.ts';
import {
  CheckList,
  createVerifyCache,
  orderChain,
  parseCertificate,
  parseCrl,
  verifyChain,
  webCryptoVerifier,
  type Certificate,
  type ChainContext,
  type Crl,
} from '../src/index.ts';
import { derIn, distinct } from './support/corpus.ts';
import { digests } from './support/pki.ts';

/** SHA-256 of the roots' certificates, as their vendors publish them. */
const PINS = {
  intel: '44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3',
  milan: '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
  genoa: '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
  turin: '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
};
const pin = (name: keyof typeof PINS) => ({ sha256: fromHex(PINS[name])! });
const anchors = (Object.keys(PINS) as (keyof typeof PINS)[]).map(pin);

const found = distinct(['tdx', 'snp'].flatMap((area) => vectors(`evidence/${area}`)).flatMap(derIn));
const certificates = found
  .filter(({ kind }) => kind === 'certificate')
  .map(({ file, der }) => ({ file, certificate: parseCertificate(der).certificate! }));
const pool = (test: boolean) =>
  certificates.filter(({ file }) => file.includes('intel_testroot') === test).map((one) => one.certificate);
const crls = (test: boolean): Crl[] =>
  found
    .filter(({ kind, file }) => kind === 'crl' && file.includes('intel_testroot') === test)
    .map(({ der }) => parseCrl(der).crl!);

const cache = createVerifyCache();
const base = {
  digests,
  cache,
  verifier: webCryptoVerifier(cache),
  crls: [],
  revocation: 'optional',
} as const;

async function verdict(
  chain: readonly Certificate[],
  context: Partial<ChainContext> & Pick<ChainContext, 'now' | 'anchors'>,
) {
  const checks = new CheckList();
  await verifyChain(checks, chain, { ...base, ...context });
  return checks.verdict('test');
}

describe.runIf(found.length > 0)('real chains', () => {
  const real = pool(false);

  test('37 certificates and 8 lists are there', () => {
    expect([certificates.length, found.length - certificates.length]).toEqual([37, 8]);
  });

  test('every certificate leads to its vendor’s root', async () => {
    for (const leaf of real) {
      const chain = orderChain(real, leaf);
      // The middle of its own validity: the corpus reaches from 2020 to 2050.
      const dates = chain.map(
        ({ notBefore, notAfter }) => [notBefore.getTime(), notAfter.getTime()] as const,
      );
      const now = new Date(
        (Math.max(...dates.map(([from]) => from)) + Math.min(...dates.map(([, to]) => to))) / 2,
      );
      const { verdict: result, checks } = await verdict(chain, { now, anchors });
      const bad = /invalid/.test(certificates.find(({ certificate }) => certificate === leaf)?.file ?? '');
      expect(result, `${leaf.subject} ${JSON.stringify(checks)}`).toBe(bad ? 'fail' : 'pass');
    }
  });

  test('no certificate leads to the root of another vendor or product', async () => {
    for (const leaf of real) {
      const chain = orderChain(real, leaf);
      const own = anchors.filter(({ sha256 }) =>
        digests.digest('sha256', chain.at(-1)!.der).every((byte, i) => byte === sha256[i]),
      );
      const others = anchors.filter((anchor) => !own.includes(anchor));
      expect((await verdict(chain, { now: leaf.notBefore, anchors: others })).verdict).toBe('fail');
    }
  });

  test('Intel’s test root is no root, but for who trusts it', async () => {
    const mine = pool(true);
    const now = new Date('2023-01-01T00:00:00Z');
    const root = mine.find(({ subject, issuer }) => subject === issuer)!;
    for (const leaf of mine) {
      const chain = orderChain(mine, leaf);
      expect((await verdict(chain, { now, anchors })).verdict).toBe('fail');
      const own = await verdict(chain, {
        now,
        anchors: [root.der],
        crls: crls(true),
        revocation: 'required',
      });
      expect(own.verdict, JSON.stringify(own)).toBe('pass');
    }
  });

  const collateral = (name: string) =>
    JSON.parse(Buffer.from(readVector(`evidence/tdx/${name}.json`)).toString()) as {
      root_ca_crl: string;
      pck_crl: string;
    };
  const listsOf = (name: string): Crl[] => {
    const { root_ca_crl, pck_crl } = collateral(name);
    return [root_ca_crl, pck_crl].flatMap((text) => parseCrl(fromHex(text)!).crl ?? []);
  };
  const pck = () => {
    const der = derIn({ file: 'evidence/tdx/quote_v4_phala.dat', format: 'tdx-quote' } as never);
    return der.map((one) => parseCertificate(one.der).certificate!);
  };
  const required = { anchors, revocation: 'required', now: new Date('2025-07-01T00:00:00Z') } as const;

  test.each([
    ['the lists of its day', 'collateral_phala', 'pass'],
    ['lists that are not valid yet', 'collateral_phala_outdated', 'fail'],
    ['garbage for a list', 'bad/col_pckcrl_garbage', 'fail'],
    ['no list of its own issuer', 'bad/col_pckcrl_missing', 'fail'],
  ])('a PCK chain with %s: %s gives %s', async (_, name, expected) => {
    expect((await verdict(pck(), { ...required, crls: listsOf(name) })).verdict).toBe(expected);
  });

  test('a PCK chain refuses every list with a flipped bit', async () => {
    const [rootList, pckList] = listsOf('collateral_phala');
    for (let at = 0; at < pckList!.der.length; at += 7) {
      const der = pckList!.der.slice();
      der[at]! ^= 1 << (at % 8);
      const { crl } = parseCrl(der);
      if (!crl) continue;
      expect(
        (await verdict(pck(), { ...required, crls: [rootList!, crl] })).verdict,
        `byte ${String(at)}`,
      ).toBe('fail');
    }
  });
});
