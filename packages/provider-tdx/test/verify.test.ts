/** Minted quotes are verified as real ones are: with the test root they pass, and each thing that is wrong is named. */
import { concat, portableDigests, toHex, utf8Bytes, utf8Text, type Verdict } from '@tsm/core';
import { createVerifyCache, webCryptoVerifier } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import tdx, { createTdx, type TcbStatus, type TdxOptions } from '../src/index.ts';
import {
  allChecks,
  failures,
  LAUNCH,
  mint,
  NOW,
  REPORT_DATA,
  skips,
  statusOf,
  whyFailed,
} from './support/minted.ts';

const svn = (...head: number[]): Uint8Array =>
  Uint8Array.from([...head, ...Array<number>(16 - head.length).fill(0)]);
const later = (days: number): Date => new Date(LAUNCH.now.getTime() + days * 86_400_000);

const FORMS: TdxOptions[] = ([4, 5] as const).flatMap((quoteVersion) =>
  (['1.0', '1.5'] as const).map((tdVersion) => ({ quoteVersion, tdVersion })),
);

describe.each(FORMS)('quote v$quoteVersion, TD $tdVersion', (form) => {
  const { verify, quote } = mint(form);

  test('passes with the test root', async () => {
    const verdict = await verify({ reportData: REPORT_DATA });
    expect([verdict.verdict, verdict.tcbStatus, failures(verdict), skips(verdict)]).toEqual([
      'pass',
      'UpToDate',
      [],
      [],
    ]);
    expect(verdict.notChecked.map(({ id }) => id)).toEqual(['policy', 'event-log']);
  });

  test("is refused with Intel's root, and for nothing else", async () => {
    const { now, collateral } = { now: NOW, collateral: Object.values(mint(form).collateral.files) };
    const verdict = await tdx.verify(quote, { now, collateral });
    expect(verdict.verdict).toBe('fail');
    expect(verdict.tcbStatus).toBeUndefined();
    expect(failures(verdict)).toEqual([
      'certificates.anchor',
      'collateral.tcb-info.certificates.anchor',
      'collateral.qe-identity.certificates.anchor',
    ]);
  });

  test('every range lies in the quote, and every check that fails or is skipped has a remedy', async () => {
    for (const verdict of [
      await verify(),
      await verify({ collateral: [] }),
      await tdx.verify(quote, { now: NOW }),
    ]) {
      for (const { id, range, status, remedy, checks } of allChecks(verdict.checks)) {
        if (range) expect(range.offset + range.length, id).toBeLessThanOrEqual(quote.length);
        if (status === 'skipped' && !checks) expect(remedy, id).toMatch(/\w/);
      }
    }
  });
});

test('collateral is minted under the names of the services, and is the same for the same seed and time', () => {
  const [one, two] = [mint().collateral, mint().collateral];
  expect(Object.keys(one.files)).toEqual([
    'tcb.json',
    'tcb-info-issuer-chain.pem',
    'qe-identity.json',
    'sgx-enclave-identity-issuer-chain.pem',
    'pckcrl.der',
    'sgx-pck-crl-issuer-chain.pem',
    'rootcacrl.der',
  ]);
  expect(Object.values(one.files).map(toHex)).toEqual(Object.values(two.files).map(toHex));
  const other = mint({}, { now: later(1) }).collateral;
  expect(toHex(other.files['tcb.json']!)).not.toBe(toHex(one.files['tcb.json']!));
});

const STATUSES: [TcbStatus, TdxOptions][] = [
  ['UpToDate', {}],
  ['SWHardeningNeeded', { tcb: { pceSvn: 10 } }],
  ['ConfigurationNeeded', { tcb: { pceSvn: 9 } }],
  ['ConfigurationAndSWHardeningNeeded', { tcb: { pceSvn: 8 } }],
  ['OutOfDate', { tcb: { pceSvn: 7 } }],
  ['OutOfDateConfigurationNeeded', { tcb: { pceSvn: 6 } }],
  ['Revoked', { tcb: { pceSvn: 5 } }],
  ['NotSupported', { tcb: { pceSvn: 4 } }],
  ['NotSupported', { tcb: { cpuSvn: svn(2, 3, 2, 2, 4, 1, 0, 5) } }],
  ['OutOfDate', { tcb: { teeTcbSvn: svn(4, 1, 2) } }],
  ['Revoked', { tcb: { teeTcbSvn: svn(3, 1, 2) } }],
  ['NotSupported', { tcb: { teeTcbSvn: svn(2, 1, 2) } }],
  ['NotSupported', { tcb: { teeTcbSvn: svn(5, 1, 1) } }],
  ['OutOfDate', { tcb: { qeIsvSvn: 5 } }],
  ['OutOfDateConfigurationNeeded', { tcb: { qeIsvSvn: 5, pceSvn: 9 } }],
  ['Revoked', { tcb: { qeIsvSvn: 4 } }],
  ['NotSupported', { tcb: { qeIsvSvn: 3 } }],
];
const TD15 = { quoteVersion: 5, tdVersion: '1.5' } as const;
const RELAUNCH: [TcbStatus, TdxOptions][] = [
  ['TDRelaunchAdvised', { ...TD15, tcb: { teeTcbSvn: svn(4, 1, 2) } }],
  ['TDRelaunchAdvisedConfigurationNeeded', { ...TD15, tcb: { teeTcbSvn: svn(4, 1, 2), pceSvn: 9 } }],
  ['OutOfDate', { ...TD15, tcb: { teeTcbSvn: svn(4, 1, 2), teeTcbSvn2: svn(4, 1, 2) } }],
  ['OutOfDate', { ...TD15, tcb: { teeTcbSvn: svn(4, 1, 2), qeIsvSvn: 5 } }],
];

describe('TCB statuses', () => {
  test.each([...STATUSES, ...RELAUNCH])('%s: %o', async (status, options) => {
    const verdict = await mint(options).verify();
    expect(verdict.tcbStatus).toBe(status);
    expect(verdict.verdict).toBe(status === 'UpToDate' ? 'pass' : 'fail');
    expect(failures(verdict)).toEqual(status === 'UpToDate' ? [] : ['tcb.level']);
    const accepting = await mint(options).verify({ acceptTcb: [status] });
    expect(accepting.verdict).toBe(status === 'Revoked' || status === 'NotSupported' ? 'fail' : 'pass');
  });

  test('the level names its advisories, and what to do', async () => {
    const { checks } = await mint({ tcb: { pceSvn: 7 } }).verify();
    const level = allChecks(checks).find(({ id }) => id === 'tcb.level');
    expect(level).toMatchObject({
      actual: 'OutOfDate, level of 2026-03-01: TSM-SA-00001',
      range: { offset: 48, length: 16 },
      remedy: expect.stringContaining('update') as string,
    });
  });

  test('a module of a major version without identity is none that TCB info lists', async () => {
    const verdict = await mint({ tcb: { teeTcbSvn: svn(5, 2, 2) } }).verify();
    expect([failures(verdict), verdict.tcbStatus]).toEqual([['tcb.module'], undefined]);
  });
});

describe('the TD', () => {
  test.each([
    ['DEBUG', 0, 'fail', ['debug']],
    ['a reserved bit of TUD', 1, 'fail', ['debug']],
    ['PERFMON', 63, 'pass', []],
    ['a bit without a name', 40, 'inconclusive', []],
  ])('with %s', async (_, bit, verdict, failed) => {
    const attributes = new Uint8Array(8);
    attributes[bit >> 3]! |= 1 << (bit & 7);
    const minted = mint({}, { values: { attributes } });
    const given = await minted.verify();
    expect([given.verdict, failures(given)]).toEqual([verdict, failed]);
    expect(createTdx().evidence.decode(minted.quote).claims?.['debug']).toBe(bit < 8);
  });

  test('with a component of XFAM that has no name', async () => {
    const verdict = await mint(
      {},
      { values: { xfam: Uint8Array.of(0xe7, 2, 6, 0x40, 0, 0, 0, 0) } },
    ).verify();
    expect([verdict.verdict, skips(verdict)]).toEqual(['inconclusive', ['td.xfam']]);
  });

  test('report data is bound: all of it, or a short one padded with zeros', async () => {
    const { verify } = mint();
    expect((await verify({ reportData: REPORT_DATA })).verdict).toBe('pass');
    const wrong = [REPORT_DATA.slice(0, 63), new Uint8Array(64), concat(REPORT_DATA, new Uint8Array(1))];
    for (const reportData of wrong) expect(failures(await verify({ reportData }))).toEqual(['report.data']);
    const td = createTdx().model(LAUNCH, { digests: portableDigests });
    const short = concat(REPORT_DATA.slice(0, 32), new Uint8Array(32));
    const { outblob } = td.report({ inblob: short });
    expect((await verify({ reportData: REPORT_DATA.slice(0, 32) }, outblob)).verdict).toBe('pass');
  });

  test('bytes after the quote are said, and change nothing', async () => {
    const { quote, verify } = mint();
    const verdict = await verify({}, concat(quote, new Uint8Array(70).fill(1)));
    expect(verdict.verdict).toBe('pass');
    expect(verdict.notChecked[0]).toEqual({
      id: 'trailing',
      reason: '70 bytes after the quote: not part of it, and not read',
    });
  });

  test('a TDREPORT never passes: its MAC is for the same processor', async () => {
    const report = tdx.model(LAUNCH, { digests: portableDigests }).tdReport(REPORT_DATA);
    const verdict = await tdx.verify(report, { now: NOW });
    expect([verdict.verdict, skips(verdict)]).toEqual(['inconclusive', ['report.mac']]);
    report[600]! ^= 1;
    expect(failures(await tdx.verify(report, { now: NOW }))).toEqual(['structure']);
  });
});

describe('the PCK certificate', () => {
  test.each([1, 2, 3, 4, 7] as const)(
    'comes from outside with certification data %i',
    async (certification) => {
      const { verify, collateral, quote } = mint({ certification });
      expect(tdx.evidence.decode(quote).issues).toEqual([]);
      expect((await verify()).verdict).toBe('pass');
      const { 'pckcert.pem': certificate, ...others } = collateral.files;
      expect(utf8Text(certificate!)).toContain('BEGIN CERTIFICATE');
      const without = await verify({ collateral: Object.values(others) });
      expect(without.verdict).toBe(certification === 4 ? 'pass' : 'inconclusive');
      if (certification !== 4) expect(skips(without)).toContain('qe.signature');
    },
  );

  test('of another platform is not the one that signed the QE report', async () => {
    const { collateral } = mint({ certification: 1 }, { seed: new Uint8Array(32).fill(9) });
    const verdict = await mint({ certification: 1 }).verify({
      collateral: Object.values(collateral.files),
      trustAnchors: collateral.trustAnchors,
    });
    expect(verdict.verdict).toBe('fail');
    expect(failures(verdict)).toContain('qe.signature');
  });

  test('of several in the collateral is the one that signed the QE report', async () => {
    const one = mint({ certification: 1 });
    const other = mint({ certification: 1 }, { seed: new Uint8Array(32).fill(9) });
    const files = [...Object.values(other.collateral.files), ...Object.values(one.collateral.files)];
    const verdict = await one.verify({ collateral: files });
    // Both platforms have the same FMSPC: Intel's root would have signed one TCB info for both.
    expect(statusOf(verdict, 'qe.signature')).toBe('pass');
    expect(statusOf(verdict, 'certificates')).toBe('pass');
  });

  test('that is revoked never passes', async () => {
    const verdict = await mint({ pckRevoked: true }).verify();
    expect([verdict.verdict, failures(verdict)]).toEqual(['fail', ['revocation.pck-crl']]);
  });
});

describe('time', () => {
  const cases: [string, number, Verdict['verdict'], string | undefined][] = [
    ['at the launch', 0, 'pass', undefined],
    ['before it', -1, 'fail', 'certificates.validity'],
    ['on the last day of the collateral', 29.9, 'pass', undefined],
    ['after its next update', 30.1, 'fail', 'revocation.pck-crl'],
    ['after the certificates', 3000, 'fail', 'certificates.validity'],
  ];
  test.each(cases)('%s', async (_, days, verdict, why) => {
    const given = await mint().verify({ now: later(days) });
    expect([given.verdict, whyFailed(given)]).toEqual([verdict, why]);
  });

  test('a warm cache gives the same verdict at each time, also over the ends of validity', async () => {
    const { verify } = mint();
    const cache = createVerifyCache();
    for (const days of [1, 0, 29.9, 30, 30.1, -1, 1, 3000, 29.9, 2]) {
      const now = later(days);
      expect(await verify({ now, cache })).toEqual(await verify({ now }));
    }
  });
});

describe('a warm cache', () => {
  test('costs one signature for each further quote, and the verdict is the same', async () => {
    const { verify } = mint();
    const real = webCryptoVerifier();
    let signatures = 0;
    const verifier: typeof real = {
      verify: (...args) => {
        signatures += 1;
        return real.verify(...args);
      },
    };
    const cache = createVerifyCache();
    const cold = await verify({ cache, verifier });
    // Chain of the platform and collateral are verified at the same time: both may need the root's list.
    expect([9, 10]).toContain(signatures);
    signatures = 0;
    expect(await verify({ cache, verifier })).toEqual(cold);
    expect(signatures).toBe(1);
  });

  test('is not used for other bytes, anchors or collateral', async () => {
    const { verify, quote, collateral } = mint();
    const cache = createVerifyCache();
    await verify({ cache });
    const attestationKey = 636 + 64;
    const altered = quote.slice();
    altered[attestationKey + 7]! ^= 1;
    expect(failures(await verify({ cache }, altered))).toContain('qe.binding');
    expect(
      failures(
        await verify({ cache, trustAnchors: mint({}, { seed: new Uint8Array(1) }).collateral.trustAnchors }),
      ),
    ).toContain('certificates.anchor');
    const others = Object.entries(collateral.files).filter(([name]) => name !== 'pckcrl.der');
    expect((await verify({ cache, collateral: others.map(([, file]) => file) })).verdict).not.toBe('pass');
    const list = collateral.files['pckcrl.der']!;
    list[list.length - 3]! ^= 1;
    expect(failures(await verify({ cache }))).toContain('revocation.pck-crl');
  });
});

describe('what is no quote is refused by name', () => {
  const { quote, verify } = mint();
  const edited = (offset: number, ...values: number[]): Uint8Array => {
    const copy = quote.slice();
    copy.set(values, offset);
    return copy;
  };
  test.each([
    ['an SGX quote', edited(4, 0), 'structure.tee-type'],
    ['version 3 of SGX', edited(0, 3, 0, 2, 0, 0), 'structure.tee-type'],
    ['version 3', edited(0, 3), 'structure.version'],
    ['version 6', edited(0, 6), 'structure.version'],
    ['a P-384 key', edited(2, 3), 'structure.key-type'],
    ['authentication data of 4 GiB', edited(632, 0xff, 0xff, 0xff, 0xff), 'structure.complete'],
    ['certification data type 5 without a QE report', edited(764, 5), 'structure.certification'],
    ['a gap between the sizes', edited(1254, 0), 'structure.complete'],
    ['no bytes', new Uint8Array(0), 'structure.complete'],
    ['text', utf8Bytes('not a quote at all'), 'structure.tee-type'],
  ])('%s', async (_, bytes, id) => {
    const verdict = await verify({}, bytes);
    expect([verdict.verdict, failures(verdict)]).toEqual(['fail', [id]]);
  });

  test('a quote of another vendor', async () => {
    expect(failures(await verify({}, edited(12, 1)))).toEqual(['structure.vendor', 'quote.signature']);
  });
});
