/** Minted reports hold against node:crypto and our own verifier, under the test root only, and are reproducible. */
import { createPublicKey, verify as nodeVerify, X509Certificate } from 'node:crypto';
import { concat, firstFailure, isFilledWith, toHex, type Check, type Verdict } from '@tsm/core';
import { decode, leaves } from '@tsm/core/layout';
import { appraise, claimsOf, createVerifyCache, encodeCrl, parseCertificate } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import snp, { createSnp, decodeEvidence, readCertificateTable, vekExtension } from '../src/index.ts';
import { AttestationReportV3 } from '../src/layout/index.ts';
import { rsaKey } from '../src/pki/rsa.ts';
import { INSECURE_TEST_KEYS } from '../src/pki/test-keys.ts';
import { FORMS, inblob, launch, mint, tools } from './support/guests.ts';

function ids(checks: readonly Check[]): string[] {
  return checks.flatMap((check) => [check.id, ...ids(check.checks ?? [])]);
}

const summary = ({ verdict, checks }: Verdict) => [verdict, firstFailure(checks)?.id];

describe.each(FORMS)('$title', (form) => {
  const { outblob, auxblob, files, options } = mint(form);
  const kind = form.signingKey ?? 'vcek';

  test('node:crypto accepts the chain and the signature', () => {
    const [vek, ask, ark] = readCertificateTable(auxblob).certificates.map(
      ({ der }) => new X509Certificate(der),
    ) as [X509Certificate, X509Certificate, X509Certificate];
    expect(vek.verify(ask.publicKey) && ask.verify(ark.publicKey) && ark.verify(ark.publicKey)).toBe(true);
    expect(vek.checkIssued(ask) && ask.checkIssued(ark)).toBe(true);
    expect([vek.ca, ask.ca, ark.ca]).toEqual([false, true, true]);
    expect(vek.subject).toContain(`CN=SEV-${kind.toUpperCase()}`);
    expect(ark.subject).toContain(`CN=ARK-${form.product}`);
    const r = outblob.slice(0x2a0, 0x2d0).reverse();
    const s = outblob.slice(0x2e8, 0x318).reverse();
    const key = { key: vek.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(nodeVerify('sha384', outblob.slice(0, 0x2a0), key, concat(r, s))).toBe(true);
  });

  test('the certificate says the chip and its TCB', () => {
    const { extension, issues } = vekExtension(parseCertificate(files[`${kind}.der`]!).certificate!);
    expect(issues).toEqual([]);
    const { claims } = snp.evidence.decode(outblob);
    for (const [part, value] of Object.entries(extension!.tcb)) expect(claims![`tcb.${part}`]).toBe(value);
    expect(extension!.hwId?.length).toBe(kind === 'vlek' ? undefined : form.product === 'Turin' ? 8 : 64);
    expect(extension!.cspId !== undefined).toBe(kind === 'vlek');
    const chipId = claims!['chipId'] as Uint8Array;
    expect(isFilledWith(chipId, 0)).toBe(kind === 'vlek' || form.maskChipId === true);
  });

  test('verifies under the test root, with files, with the certificate table, and as an extended report', async () => {
    expect(summary(await snp.verify(outblob, { ...options, reportData: inblob }))).toEqual([
      'pass',
      undefined,
    ]);
    const { now, trustAnchors } = options;
    expect(
      (await snp.verify(outblob, { now, trustAnchors: trustAnchors!, collateral: [auxblob] })).verdict,
    ).toBe('pass');
    const extended = concat(outblob, auxblob, new Uint8Array(5));
    expect((await snp.verify(extended, { now, trustAnchors: trustAnchors! })).verdict).toBe('pass');
    expect(snp.evidence.decode(extended).trailing).toBe(5);
  });

  test("is refused with AMD's roots, by the anchor", async () => {
    const { now, collateral } = options;
    expect(summary(await snp.verify(outblob, { now, collateral: collateral! }))).toEqual([
      'fail',
      'certificates.anchor',
    ]);
  });

  test('values by offset are those of the tables', () => {
    const { report } = decodeEvidence(outblob);
    expect(report.value).toEqual(report.decoded.value);
    expect(report.decoded.issues).toEqual([]);
    for (const { name, value, offset } of snp.evidence.decode(outblob).registers) {
      expect(toHex(outblob.slice(offset, offset + value.length)), name).toBe(toHex(value));
    }
    expect(leaves(report.decoded.tree).reduce((sum, { length }) => sum + length, 0)).toBe(1184);
  });

  test('is the same for the same seed and time, and differs with either', () => {
    expect(toHex(mint(form).outblob)).toBe(toHex(outblob));
    expect(toHex(mint(form, { seed: new Uint8Array(32) }).outblob)).not.toBe(toHex(outblob));
    expect(toHex(mint(form, { now: new Date('2026-03-02T00:00:00Z') }).auxblob)).not.toBe(toHex(auxblob));
  });
});

describe('revocation', () => {
  const { outblob, options, files } = mint();
  const { now, trustAnchors = [] } = options;
  const vek = [files['vcek.der']!, files['cert_chain.pem']!];
  const ark = rsaKey(INSECURE_TEST_KEYS.ark, tools.digests);
  const name = (CN: string) => ({ CN, O: 'TSM test', C: 'US' });
  const crl = (changes: Partial<Parameters<typeof encodeCrl>[0]> = {}) =>
    encodeCrl(
      {
        issuer: name('ARK-Milan'),
        thisUpdate: now,
        nextUpdate: new Date('2027-03-01'),
        revoked: [],
        ...changes,
      },
      { scheme: 'rsa-pss-sha384', sign: ark.sign },
    );
  const verify = (collateral: readonly Uint8Array[], more = {}) =>
    snp.verify(outblob, { now, trustAnchors, collateral, ...more });

  test('without a list passes, and says so', async () => {
    const { verdict, notChecked } = await verify(vek);
    expect(verdict).toBe('pass');
    expect(notChecked.map(({ id }) => id)).toContain('revocation.crl');
  });

  test('without a list that is required is inconclusive', async () => {
    expect((await verify(vek, { requireCrl: true })).verdict).toBe('inconclusive');
    expect((await verify([...vek, files['crl.der']!], { requireCrl: true })).verdict).toBe('pass');
  });

  test('a list with the ASK on it refuses', async () => {
    const revoked = [{ serial: 0x10001n, date: now }];
    expect(summary(await verify([...vek, crl()]))).toEqual(['pass', undefined]);
    expect(summary(await verify([...vek, crl({ revoked })]))).toEqual(['fail', 'revocation.crl']);
  });

  test('a list that is bad refuses, or leaves revocation open where it is not the root’s', async () => {
    const good = files['crl.der']!;
    const flipped = good.slice();
    flipped[flipped.length - 5]! ^= 1;
    expect(summary(await verify([...vek, flipped]))).toEqual(['fail', 'revocation.crl']);
    const stale = crl({ thisUpdate: new Date('2024-01-01'), nextUpdate: new Date('2025-01-01') });
    expect(summary(await verify([...vek, stale]))).toEqual(['fail', 'revocation.crl']);
    expect(summary(await verify([...vek, good.slice(0, 100)]))).toEqual(['fail', 'collateral.files']);
    expect((await verify([...vek, crl({ issuer: name('ARK-Genoa') })])).verdict).toBe('inconclusive');
  });
});

describe('collateral', () => {
  const { outblob, options, files, auxblob } = mint();
  const { now, trustAnchors = [] } = options;
  const verify = (collateral: readonly Uint8Array[], bytes = outblob, more = {}) =>
    snp.verify(bytes, { now, trustAnchors, collateral, ...more });

  test('without the VCEK is inconclusive, and says where to get it', async () => {
    const verdict = await verify([files['cert_chain.pem']!]);
    expect(verdict.verdict).toBe('inconclusive');
    expect(JSON.stringify(verdict.checks)).toContain('https://kdsintf.amd.com/vcek/v1/Milan/');
    expect(ids(verdict.checks)).toContain('report.signature');
  });

  test('without ASK and ARK is inconclusive', async () => {
    expect((await snp.verify(outblob, { now, collateral: [files['vcek.der']!] })).verdict).toBe(
      'inconclusive',
    );
  });

  test('the VCEK of another chip is refused', async () => {
    const other = mint({}, { seed: new Uint8Array(32) });
    expect(summary(await verify([other.files['vcek.der']!, files['cert_chain.pem']!]))).toEqual([
      'fail',
      'vek.chip',
    ]);
  });

  test('the VCEK of another product is refused', async () => {
    const other = mint({ product: 'Genoa' });
    expect(summary(await verify(other.options.collateral!, outblob))).toEqual(['fail', 'vek.product']);
  });

  test('of several VCEKs the one that fits is taken', async () => {
    const others = [mint({}, { seed: new Uint8Array(32) }), mint({ product: 'Turin' })];
    const all = [...others.flatMap((one) => Object.values(one.files)), ...Object.values(files)];
    expect((await verify(all)).verdict).toBe('pass');
  });

  test('a VLEK does not stand for a VCEK', async () => {
    const { options: vlek } = mint({ signingKey: 'vlek' });
    expect(summary(await verify(vlek.collateral!))).toEqual(['fail', 'vek.certificate']);
  });

  test('a certificate that is no longer valid is refused', async () => {
    expect(
      summary(await snp.verify(outblob, { ...options, collateral: [auxblob], now: new Date('2034-01-01') })),
    ).toEqual(['fail', 'certificates.validity']);
  });

  test('what no one knows is said, and not read', async () => {
    const { verdict, notChecked } = await verify([...options.collateral!, new Uint8Array(20).fill(9)]);
    expect(verdict).toBe('pass');
    expect(notChecked.map(({ id }) => id)).toContain('collateral[3]');
  });

  test('the answer of a THIM service is read', async () => {
    const pem = new X509Certificate(files['vcek.der']!).toString();
    const chain = new TextDecoder().decode(files['cert_chain.pem']);
    const thim = new TextEncoder().encode(
      JSON.stringify({ vcekCert: pem, certificateChain: chain, tcbm: '00' }),
    );
    expect((await verify([thim])).verdict).toBe('pass');
  });
});

describe('what is bound', () => {
  const { outblob, options } = mint();

  test('report data, shorter ones with zeros at the end', async () => {
    const short = createSnp()
      .model(launch, tools)
      .report({ inblob: concat(inblob.slice(0, 20), new Uint8Array(44)) });
    const verify = (bytes: Uint8Array, reportData: Uint8Array) =>
      snp.verify(bytes, { ...options, reportData });
    expect((await verify(short.outblob, inblob.slice(0, 20))).verdict).toBe('pass');
    expect(summary(await verify(outblob, inblob.slice(0, 20)))).toEqual(['fail', 'report.data']);
    expect(summary(await verify(outblob, concat(inblob, new Uint8Array(1))))).toEqual([
      'fail',
      'report.data',
    ]);
  });

  test('the manifest of an SVSM, with the nonce', async () => {
    const model = createSnp({ vmpl: 2 }).model(launch, tools);
    const { trustAnchors } = model.collateral();
    for (const serviceGuid of [undefined, 'c476f1eb-0123-45a5-9641-b4e7dde5bfe3']) {
      const made = model.report({ inblob, serviceProvider: 'svsm', serviceGuid });
      const verify = (manifest: Uint8Array, reportData?: Uint8Array) =>
        snp.verify(made.outblob, {
          ...{ now: launch.now, trustAnchors, collateral: [made.auxblob!, manifest] },
          ...(reportData ? { reportData } : {}),
        });
      const good = await verify(made.manifestblob!, inblob);
      expect(summary(good)).toEqual(['pass', undefined]);
      expect(ids(good.checks)).toContain('svsm.manifest');
      const id = serviceGuid ? 'report.data' : 'svsm.manifest';
      expect(summary(await verify(made.manifestblob!, inblob.slice().reverse()))).toEqual(['fail', id]);
      const other = made.manifestblob!.slice();
      other[other.length - 1]! ^= 1;
      expect(summary(await verify(other, inblob))).toEqual(['fail', id]);
      expect((await verify(made.manifestblob!)).verdict).toBe(serviceGuid ? 'pass' : 'inconclusive');
    }
  });

  test('a guest cannot pass off its own report as the SVSM’s', async () => {
    const model = createSnp({ vmpl: 2 }).model(launch, tools);
    const { manifestblob } = model.report({ inblob, serviceProvider: 'svsm' });
    const forged = tools.digests.digest('sha512', concat(inblob, manifestblob!));
    const { outblob: report, auxblob } = model.report({ inblob: forged, privlevel: 2 });
    const verdict = await snp.verify(report, {
      ...{ now: launch.now, trustAnchors: model.collateral().trustAnchors },
      ...{ collateral: [auxblob!, manifestblob!], reportData: inblob },
    });
    expect(summary(verdict)).toEqual(['fail', 'svsm.vmpl']);
  });
});

describe('policy', () => {
  test('a guest that may be debugged is genuine; that nobody judged it is said, and a policy refuses it', async () => {
    const { outblob, options } = mint({}, { values: { policy: Uint8Array.of(0, 0, 0xb, 0, 0, 0, 0, 0) } });
    const verdict = await snp.verify(outblob, options);
    expect(verdict.verdict).toBe('pass');
    expect(verdict.notChecked.map(({ id }) => id)).toContain('debug');
    const appraisal = appraise(claimsOf(snp.evidence.decode(outblob), snp, verdict), { version: 1 });
    expect(appraisal.checks[0]?.checks).toMatchObject([{ id: 'policy.debug', status: 'fail' }]);
  });

  test('what was not checked is named', async () => {
    const { outblob, options } = mint();
    const { notChecked } = await snp.verify(outblob, options);
    expect(notChecked.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['policy', 'report.data', 'tcb.minimum']),
    );
  });
});

describe('caching', () => {
  test('a warm verification costs one signature, and still looks at the date', async () => {
    const { outblob, options } = mint();
    const cache = createVerifyCache();
    let signatures = 0;
    const verifier = {
      verify: async (...[scheme, spki, signature, message]: Parameters<typeof nodeSignature>) => {
        signatures++;
        return Promise.resolve(nodeSignature(scheme, spki, signature, message));
      },
    };
    const verify = (now: Date) => snp.verify(outblob, { ...options, now, cache, verifier });
    expect((await verify(launch.now)).verdict).toBe('pass');
    // VEK, ASK, revocation list and report: the root is an anchor as it is.
    expect(signatures).toBe(4);
    signatures = 0;
    expect((await verify(launch.now)).verdict).toBe('pass');
    expect(signatures).toBe(1);
    expect(summary(await verify(new Date('2028-01-01')))).toEqual(['fail', 'revocation.crl']);
    expect(summary(await verify(new Date('2040-01-01')))).toEqual(['fail', 'certificates.validity']);
  });
});

function nodeSignature(
  scheme: string,
  spki: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const options = scheme.startsWith('rsa')
    ? { key, padding: 6, saltLength: 48 }
    : { key, dsaEncoding: 'ieee-p1363' as const };
  return nodeVerify('sha384', message, options, signature);
}

test('the table of a version 3 report is the one that reads it', () => {
  const { outblob } = mint();
  expect(decode(AttestationReportV3, outblob).issues).toEqual([]);
});
