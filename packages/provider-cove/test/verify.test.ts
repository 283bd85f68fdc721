/** Verification: what is right passes, and what is wrong is refused by the check that names it. */
import { equalBytes, firstFailure, type Check, type Verdict, type VerifyOptions } from '@tsm/core';
import {
  createVerifyCache,
  ed25519PublicKey,
  encodeCoseKey,
  encodeCrl,
  encodeDer,
  encodePem,
  parseCertificate,
  parseDer,
  webCryptoVerifier,
  type DerValue,
} from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import { cdiId, keyPairOf } from '../src/dice.ts';
import { DICE_OID, LABEL, PLATFORM_STATE, verifyEvidence } from '../src/index.ts';
import { derive, manufacturerId } from '../src/tsm/platform.ts';
import { cborCertificate, x509Certificate } from '../src/tsm/tokens.ts';
import {
  bare,
  challenge,
  cwt,
  launchOf,
  mint,
  NOW,
  partsOf,
  publishedTsm,
  resigned,
  seededTsm,
} from './support/machines.ts';

const spec = mint();
const x509 = mint({ certificate: 'x509' });
const salus = mint({ implementation: 'salus', cdi: 'seed' });
const constant = mint({ implementation: 'salus' });

const guest = encodeCoseKey('ed25519', keyPairOf(derive(launchOf().seed, 'guest key')).publicKey);
const parts = partsOf(guest);
const uccs = { evidence: bare(parts.tokens), options: spec.options };

const statusOf = (checks: readonly Check[], id: string): string | undefined => {
  for (const check of checks) {
    const found = check.id === id ? check.status : statusOf(check.checks ?? [], id);
    if (found !== undefined) return found;
  }
  return undefined;
};

const failures = ({ checks }: Verdict): string[] => {
  const failed = (list: readonly Check[]): string[] =>
    list.flatMap((check) =>
      check.checks ? failed(check.checks) : check.status === 'fail' ? [check.id] : [],
    );
  return failed(checks);
};

const verify = (evidence: Uint8Array, options: VerifyOptions): Promise<Verdict> =>
  verifyEvidence(evidence, options);

describe('good evidence', () => {
  test.each([
    ['CBOR certificate', spec],
    ['X.509 certificate', x509],
    ['bare tokens', uccs],
    ['salus', salus],
  ])('%s passes with its collateral and anchors', async (_, { evidence, options }) => {
    const verdict = await verify(evidence, options);
    expect(firstFailure(verdict.checks)).toBeUndefined();
    expect(verdict.verdict).toBe('pass');
    expect(statusOf(verdict.checks, 'report.data')).toBe('pass');
    expect(verdict.notChecked.map(({ id }) => id)).toEqual(expect.arrayContaining(['policy', 'event-log']));
  });

  test('passes with the key of the root of trust alone, in any form of key', async () => {
    const { publicKey } = parts.layers.rot;
    const spki = ed25519PublicKey(publicKey);
    const pem = new TextEncoder().encode(encodePem('PUBLIC KEY', spki));
    for (const key of [spki, pem, publicKey, encodeCoseKey('ed25519', publicKey)]) {
      expect((await verify(spec.evidence, { now: NOW, trustAnchors: [key] })).verdict).toBe('pass');
    }
    expect((await verify(spec.evidence, { now: NOW, collateral: [spki] })).verdict).toBe('pass');
  });

  test('the range of every check lies in the evidence', async () => {
    const { checks } = await verify(x509.evidence, x509.options);
    for (const { id, range } of checks) {
      if (range) expect(range.offset + range.length, id).toBeLessThanOrEqual(x509.evidence.length);
    }
  });

  test('what was not asked for stands under not checked', async () => {
    const { now, collateral = [], trustAnchors = [] } = spec.options;
    const { notChecked, verdict } = await verify(spec.evidence, { now, collateral, trustAnchors });
    expect(verdict).toBe('pass');
    expect(notChecked.find(({ id }) => id === 'report.data')?.reason).toBe('none given');
    const reasons = (await verify(salus.evidence, salus.options)).notChecked.map(({ id }) => id);
    expect(reasons).toEqual(expect.arrayContaining(['freshness', 'platform', 'platform.registers']));
  });

  test('a shorter challenge is padded with zeros', async () => {
    const model = spec.model;
    const short = Uint8Array.of(1, 2, 3);
    const inblob = new Uint8Array(64);
    inblob.set(short);
    const verdict = await verify(model.report({ inblob }).outblob, { ...spec.options, reportData: short });
    expect(verdict.verdict).toBe('pass');
  });
});

describe('trust', () => {
  test.each([
    ['specification', spec, 'token.platform'],
    ['salus', salus, 'certificate.signature'],
  ])('%s: without a signer nothing is decided, with the root alone neither', async (_, one, id) => {
    const { trustAnchors = [] } = one.options;
    for (const options of [{ now: NOW }, { now: NOW, trustAnchors }]) {
      const { verdict, checks } = await verify(one.evidence, options);
      expect(verdict).toBe('inconclusive');
      expect(statusOf(checks, id)).toBe('skipped');
    }
  });

  test.each([
    ['specification', spec, mint({}, launchOf(8))],
    ['salus', salus, mint({ implementation: 'salus', cdi: 'seed' }, launchOf(8))],
  ])('%s: the root of another manufacturer does not vouch for it', async (_, one, other) => {
    const { trustAnchors = [] } = other.options;
    const verdict = await verify(one.evidence, { ...one.options, trustAnchors });
    expect(failures(verdict)).toEqual(['certificates.anchor']);
    expect(verdict.verdict).toBe('fail');
  });

  test('collateral of another platform is refused by the platform token', async () => {
    const other = mint({}, launchOf(8));
    const verdict = await verify(spec.evidence, { ...other.options, reportData: challenge });
    expect(failures(verdict)).toEqual(['token.platform']);
  });

  test('a certificate of the root of trust that has expired is refused', async () => {
    const later = { ...spec.options, now: new Date('2060-01-01T00:00:00Z') };
    expect(failures(await verify(spec.evidence, later))).toEqual(['certificates.validity']);
  });

  test('a list that revokes the root of trust fails; without one, --require-crl is inconclusive', async () => {
    const root = keyPairOf(derive(launchOf().seed, 'manufacturer root'));
    const { files } = spec.model.collateral();
    const { certificate } = parseCertificate(files['rot.cer']!);
    const crl = (serials: bigint[]) =>
      encodeCrl(
        {
          issuer: { CN: 'TSM test CoVE manufacturer root', O: 'TSM test' },
          thisUpdate: NOW,
          nextUpdate: new Date('2027-01-01T00:00:00Z'),
          revoked: serials.map((serial) => ({ serial, date: NOW })),
          extensions: [],
        },
        { scheme: 'ed25519', sign: root.sign },
      );
    const collateral = spec.options.collateral ?? [];
    const revoked = { ...spec.options, collateral: [...collateral, crl([certificate!.serial])] };
    expect((await verify(spec.evidence, revoked)).verdict).toBe('fail');
    expect(failures(await verify(spec.evidence, revoked)).every((id) => id.startsWith('revocation'))).toBe(
      true,
    );
    const required = { ...spec.options, requireCrl: true };
    expect((await verify(spec.evidence, required)).verdict).toBe('inconclusive');
  });

  test('a trust anchor that cannot be read is said; one in PEM is read', async () => {
    const [root] = spec.options.trustAnchors ?? [];
    const pem = new TextEncoder().encode(encodePem('CERTIFICATE', root!));
    expect((await verify(spec.evidence, { ...spec.options, trustAnchors: [pem] })).verdict).toBe('pass');
    const trustAnchors = [root!, new Uint8Array(5)];
    expect(failures(await verify(spec.evidence, { ...spec.options, trustAnchors }))).toEqual(['anchors']);
  });

  test('collateral that cannot be read is said', async () => {
    const broken = Uint8Array.of(0x30, 0x82, 0xff, 0xff, 1);
    const collateral = [...(spec.options.collateral ?? []), broken];
    expect(failures(await verify(spec.evidence, { ...spec.options, collateral }))).toEqual([
      'collateral.files',
    ]);
  });
});

describe('published keys', () => {
  test('the constant key of salus is named, with its certificate and without anything', async () => {
    expect(failures(await verify(constant.evidence, constant.options))).toEqual(['key.insecure']);
    const alone = await verify(constant.evidence, { now: NOW });
    expect(failures(alone)).toEqual(['key.insecure']);
    expect(firstFailure(alone.checks)?.actual).toContain('salus');
  });

  test('it is named as the root of trust of tokens, too', async () => {
    const token = cwt(
      [
        [LABEL.profile, 'https://riscv.org/TBD'],
        [LABEL.platformPublicKey, encodeCoseKey('ed25519', parts.layers.platform.publicKey)],
        [LABEL.platformManufacturerId, manufacturerId()],
        [LABEL.platformState, 2],
        [LABEL.platformSwComponents, [COMPONENT]],
      ],
      publishedTsm,
    );
    const evidence = bare({ ...parts.tokens, platform: token });
    const options = { now: NOW, trustAnchors: [ed25519PublicKey(publishedTsm.publicKey)] };
    expect(failures(await verify(evidence, options))).toEqual(['key.insecure']);
  });
});

const COMPONENT = new Map<number, string | Uint8Array>([
  [1, 'firmware'],
  [2, new Uint8Array(48)],
  [3, '1'],
  [5, new Uint8Array(48)],
  [6, 'sha-384'],
]);

describe('tokens of two machines', () => {
  const other = partsOf(guest, launchOf(8));
  const mixed = (tokens: Partial<typeof parts.tokens>) => bare({ ...parts.tokens, ...tokens });

  test.each([
    ['platform', { platform: other.tokens.platform }, ['token.platform', 'token.tsm']],
    ['tsm', { tsm: other.tokens.tsm }, ['token.tsm', 'token.tvm']],
    ['tvm', { tvm: other.tokens.tvm }, ['token.tvm']],
    ['tsm and tvm', { tsm: other.tokens.tsm, tvm: other.tokens.tvm }, ['token.tsm']],
  ])('%s token of the other', async (_, tokens, expected) => {
    expect(failures(await verify(mixed(tokens), spec.options))).toEqual(expected);
  });

  test('a certificate of another TSM around the tokens', async () => {
    const certified = { tokens: parts.tokens, tsm: other.layers.tsm, tvmId: new Uint8Array(20).fill(1) };
    expect(failures(await verify(cborCertificate(certified), spec.options))).toEqual([
      'certificate.signature',
    ]);
    expect(failures(await verify(x509Certificate(certified, guest), spec.options))).toEqual([
      'certificate.signature',
    ]);
  });

  test('a certificate for another key than the one in the TVM token', async () => {
    const key = encodeCoseKey('ed25519', other.layers.rot.publicKey);
    const certified = { tokens: parts.tokens, tsm: parts.layers.tsm, tvmId: new Uint8Array(20).fill(1) };
    expect(failures(await verify(x509Certificate(certified, key), spec.options))).toEqual(['key.binding']);
  });
});

describe('claims', () => {
  test.each([
    ['debug', PLATFORM_STATE.debug, ['debug']],
    ['not configured', PLATFORM_STATE.notConfigured, ['platform.state']],
    ['recovery', PLATFORM_STATE.recovery, ['platform.state']],
  ])('a platform in state %s', async (_, state, expected) => {
    const { evidence, options, provider } = mint({}, launchOf(7, { 'platform-state': Uint8Array.of(state) }));
    expect(failures(await verify(evidence, options))).toEqual(expected);
    expect(provider.evidence.decode(evidence).claims?.['debug']).toBe(state === PLATFORM_STATE.debug);
  });

  test('another challenge, and one that is longer than the field', async () => {
    const reportData = challenge.slice();
    reportData[63]! ^= 1;
    expect(failures(await verify(spec.evidence, { ...spec.options, reportData }))).toEqual(['report.data']);
    const long = { ...spec.options, reportData: new Uint8Array(65) };
    expect(failures(await verify(spec.evidence, long))).toEqual(['report.data']);
    const key = { ...salus.options, reportData: new Uint8Array(32).fill(1) };
    expect(failures(await verify(salus.evidence, key))).toEqual(['report.data']);
  });

  test('another profile', async () => {
    const token = cwt(
      [
        [LABEL.profile, 'https://example.com/other'],
        [LABEL.platformPublicKey, encodeCoseKey('ed25519', parts.layers.platform.publicKey)],
        [LABEL.platformManufacturerId, manufacturerId()],
        [LABEL.platformState, 2],
        [LABEL.platformSwComponents, [COMPONENT]],
      ],
      parts.layers.rot,
    );
    expect(failures(await verify(bare({ ...parts.tokens, platform: token }), spec.options))).toEqual([
      'profile',
    ]);
  });

  test('a register that is there twice is no structure', async () => {
    const measurement = new Map<number, number | string | Uint8Array>([
      [1, 0],
      [2, new Uint8Array(48)],
      [3, 'sha-384'],
    ]);
    const tvm = cwt(
      [
        [LABEL.nonce, challenge],
        [LABEL.tvmPublicKey, guest],
        [LABEL.tvmInitialMeasurements, [measurement, measurement]],
      ],
      parts.layers.tsm,
    );
    expect(failures(await verify(bare({ ...parts.tokens, tvm }), spec.options))).toEqual(['structure']);
  });

  test('a missing token fails its own check and those that rest on it', async () => {
    const { platform, tsm } = parts.tokens;
    const verdict = await verify(bare({ platform, tsm } as typeof parts.tokens), spec.options);
    expect(failures(verdict)).toEqual(['structure', 'token.tvm', 'report.data']);
  });
});

/** The extensions in field [3] of the signed part. */
function extensionsIn(field: DerValue | undefined): readonly DerValue[] {
  const inside = field?.kind === 'tagged' && !(field.value instanceof Uint8Array) ? field.value : [];
  const [list] = inside;
  if (list?.kind !== 'sequence') throw new TypeError('no extensions');
  return list.value;
}

const extensionsField = (extensions: readonly DerValue[]): DerValue => ({
  kind: 'tagged',
  number: 3,
  value: [{ kind: 'sequence', value: extensions }],
});

/** An extension with this field after the fwids, where it is the TcbInfo. */
function withField(extension: DerValue, field: DerValue): DerValue {
  const [oid, critical, octets] = extension.kind === 'sequence' ? extension.value : [];
  if (oid?.kind !== 'oid' || oid.value !== DICE_OID.arc || octets?.kind !== 'octets' || !critical)
    return extension;
  const { value } = parseDer(octets.value);
  if (value?.kind !== 'sequence') throw new TypeError('no TcbInfo');
  const info = encodeDer({ kind: 'sequence', value: [...value.value, field] });
  return { kind: 'sequence', value: [oid, critical, { kind: 'octets', value: info }] };
}

describe('certificates of salus', () => {
  const tsm = seededTsm();
  const UNKNOWN = '2.5.29.254';

  test('one that is not valid at the date', async () => {
    const options = { now: new Date('2050-01-01T00:00:00Z'), trustAnchors: [tsm.publicKey] };
    expect(failures(await verify(salus.evidence, options))).toEqual(['certificate.validity']);
  });

  test('a critical extension that nobody reads', async () => {
    const evidence = resigned(
      salus.evidence,
      (tbs) => {
        const unknown = {
          kind: 'sequence',
          value: [
            { kind: 'oid', value: UNKNOWN },
            { kind: 'boolean', value: true },
            { kind: 'octets', value: new Uint8Array(2) },
          ],
        } as const;
        tbs[7] = extensionsField([...extensionsIn(tbs[7]), unknown]);
      },
      tsm,
    );
    const verdict = await verify(evidence, salus.options);
    expect(failures(verdict)).toEqual(['certificate.constraints']);
  });

  test('one that was issued to its issuer', async () => {
    const evidence = resigned(salus.evidence, (tbs) => (tbs[5] = tbs[3]!), tsm);
    expect(failures(await verify(evidence, salus.options))).toEqual(['certificate.issuer']);
  });

  test('one with a key of another TSM', async () => {
    const other = { now: NOW, trustAnchors: [seededTsm(8).publicKey] };
    expect(failures(await verify(salus.evidence, other))).toEqual(['certificate.signature']);
  });

  test('a TCB in debug state', async () => {
    const evidence = resigned(
      salus.evidence,
      (tbs) => {
        // BIT STRING with four unused bits, of which the fourth is set.
        const flags: DerValue = { kind: 'tagged', number: 7, value: Uint8Array.of(4, 0x10) };
        tbs[7] = extensionsField(extensionsIn(tbs[7]).map((one) => withField(one, flags)));
      },
      tsm,
    );
    expect(failures(await verify(evidence, salus.options))).toEqual(['debug']);
  });

  test('the identifier of the TSM comes from its private key', () => {
    const { certificate } = parseCertificate(salus.evidence);
    const hex = Array.from(cdiId(tsm.privateKey), (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(certificate?.issuer).toBe(`SN=${hex}`);
  });
});

describe('what is remembered', () => {
  test('a warm verification of the next report checks what is new in it alone', async () => {
    let signatures = 0;
    const inner = webCryptoVerifier();
    const verifier = {
      verify: (...args: Parameters<typeof inner.verify>) => {
        signatures++;
        return inner.verify(...args);
      },
    };
    const options = { ...spec.options, verifier, cache: createVerifyCache() };
    await verify(bare(parts.tokens), options);
    const cold = signatures;
    signatures = 0;
    expect((await verify(bare(parts.tokens), options)).verdict).toBe('pass');
    expect({ cold, warm: signatures }).toEqual({ cold: 4, warm: 1 });
  });

  test('bad evidence is never remembered as good', async () => {
    const options = { ...spec.options, cache: createVerifyCache() };
    expect((await verify(spec.evidence, options)).verdict).toBe('pass');
    const changed = spec.evidence.slice();
    changed[700]! ^= 1;
    expect(equalBytes(changed, spec.evidence)).toBe(false);
    expect((await verify(changed, options)).verdict).toBe('fail');
    expect((await verify(spec.evidence, options)).verdict).toBe('pass');
  });
});
