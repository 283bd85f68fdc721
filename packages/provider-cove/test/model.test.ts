/** The model: what a TSM does and refuses, register maps, capabilities, and reproducible evidence. */
import { portableDigests, toHex, type Launch, type TsmError } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { encodeCoseKey, parseCertificate } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import cove, {
  createCove,
  PLATFORM_STATE,
  registersOf,
  SPEC_MAP,
  TCB_ELEMENTS,
  type CoveOptions,
} from '../src/index.ts';
import { AttestationCapabilities, SalusCapabilities } from '../src/layout/index.ts';
import { challenge, launchOf, mint, tools } from './support/machines.ts';

const key = encodeCoseKey('ed25519', new Uint8Array(32).fill(5));
const digest = new Uint8Array(48).fill(1);
const salus = createCove({ implementation: 'salus' });

const refusal = (action: () => unknown): { code: string; message: string } => {
  try {
    action();
  } catch (error) {
    const { code, message } = error as TsmError;
    return { code, message };
  }
  throw new Error('it was accepted');
};

describe('registers', () => {
  test("are the specification's example, and salus's by PCR", () => {
    expect(cove.registers.map(({ name, role, kind }) => [name, role, kind])).toEqual([
      ...['mr0', 'mr1', 'mr2', 'mr3'].map((name) => [name, 'platform', 'static']),
      ['mr4', 'launch', 'static'],
      ['mr5', 'config', 'static'],
      ['mr6', 'firmware', 'runtime'],
      ['mr7', 'bootloader', 'runtime'],
      ['mr8', 'os', 'runtime'],
      ['mr9', 'application', 'runtime'],
    ]);
    expect(salus.registers.map(({ name, index }) => [name, index])).toEqual(
      [0, 1, 2, 3, 17, 18, 19, 20].map((pcr) => [`pcr${String(pcr)}`, pcr]),
    );
  });

  test('one initial register holds everything, in the order in which it is measured', async () => {
    const one: CoveOptions = { initial: [{ measures: TCB_ELEMENTS }], runtime: [] };
    const { evidence, options, model, provider } = mint(one);
    expect(provider.evidence.decode(evidence).registers.map(({ name }) => name)).toEqual(['mr0']);
    expect((await provider.verify(evidence, options)).verdict).toBe('pass');
    const backwards = mint({ initial: [{ measures: [...TCB_ELEMENTS].reverse() }], runtime: [] });
    expect(toHex(backwards.model.read('mr0'))).not.toBe(toHex(model.read('mr0')));
  });

  test('eighteen runtime registers, with PCRs, at SHA-512', async () => {
    const provider = createCove({
      hash: 'sha512',
      runtime: Array.from({ length: 18 }, (_, i) => ({ pcr: i })),
    });
    const { evidence, options } = mint({ hash: 'sha512', runtime: Array.from({ length: 18 }, () => ({})) });
    const decoded = provider.evidence.decode(evidence);
    expect(decoded.registers).toHaveLength(24);
    expect(decoded.registers.every(({ value }) => value.length === 64)).toBe(true);
    expect((await provider.verify(evidence, options)).verdict).toBe('pass');
    expect(provider.registers.at(-1)?.numbers).toEqual({ pcrs: [17] });
  });

  test.each<readonly [string, CoveOptions]>([
    ['no initial register', { initial: [] }],
    ['nineteen runtime registers', { runtime: Array.from({ length: 19 }, () => ({})) }],
    ['an element that is measured nowhere', { initial: [{ measures: ['tvmPages', 'tvmConfig'] }] }],
    ['a register without an element', { initial: [...SPEC_MAP.initial, { measures: [] }] }],
    ['another hash', { hash: 'sha256' as never }],
  ])('%s is refused', (_, options) => {
    expect(() => createCove(options)).toThrow(/expected/);
  });

  test('a map gives the same registers as the provider', () => {
    expect(registersOf(SPEC_MAP, false)).toEqual(cove.registers);
  });
});

describe('refusals name the errno and the SBI error', () => {
  const model = cove.model(launchOf(), tools);
  test.each([
    ['an unknown register', () => model.read('mr99'), 'EINVAL', '(-3)'],
    ['a register that is locked', () => model.extend('mr4', digest), 'EINVAL', '(-3)'],
    ['a digest that is too short', () => model.extend('mr6', digest.slice(1)), 'EINVAL', '(-3)'],
    [
      'a digest that is too short, salus',
      () => salus.model(launchOf(), tools).extend('pcr17', digest.slice(1)),
      'EINVAL',
      '(-9)',
    ],
    ['a short challenge', () => model.getEvidence(key, challenge.slice(1)), 'EINVAL', '(-3)'],
    ['a key that is none', () => model.getEvidence(new Uint8Array(9), challenge), 'EINVAL', '(-3)'],
    ['another format', () => model.getEvidence(key, challenge, 'pem' as never), 'EINVAL', '(-3)'],
    [
      'a request that is none',
      () => salus.model(launchOf(), tools).getEvidence(key, challenge),
      'EINVAL',
      '(-3)',
    ],
    [
      'an image that does not start at a page',
      () => cove.model(launchOf(7, { gpa: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) }), tools),
      'EINVAL',
      '(-5)',
    ],
    [
      'an unknown input',
      () => cove.model(launchOf(7, { other: digest }), tools),
      'EINVAL',
      'expected one of',
    ],
    ['an input of a wrong size', () => cove.model(launchOf(7, { gpa: digest }), tools), 'EINVAL', '8 bytes'],
    [
      'an unknown state',
      () => cove.model(launchOf(7, { 'platform-state': Uint8Array.of(5) }), tools),
      'EINVAL',
      '1 to 4',
    ],
  ])('%s', (_, action, code, message) => {
    const refused = refusal(action);
    expect(refused.code).toBe(code);
    expect(refused.message).toContain(message);
  });
});

describe('capabilities', () => {
  test('of the specification', () => {
    const { value, issues } = decode(
      AttestationCapabilities,
      cove.model(launchOf(), tools).getAttestationCapabilities(),
    );
    expect(issues).toEqual([]);
    expect(value).toMatchObject({
      hashAlgorithm: 0,
      certificateFormats: 3,
      initialMeasurements: 6,
      runtimeMeasurements: 4,
    });
    expect(value?.registers.slice(0, 10).map(({ tcgPcrIndex }) => tcgPcrIndex)).toEqual([
      0,
      1,
      ...Array<number>(8).fill(0xff),
    ]);
  });

  test('of salus', () => {
    const { value, issues } = decode(
      SalusCapabilities,
      salus.model(launchOf(), tools).getAttestationCapabilities(),
    );
    expect(issues).toEqual([]);
    expect(value).toMatchObject({ hashAlgorithm: 1, staticMeasurements: 4, runtimeMeasurements: 4 });
    expect(value?.registers.slice(0, 8).map(({ tcgPcrIndex, runtime }) => [tcgPcrIndex, runtime])).toEqual([
      ...[0, 1, 2, 3].map((pcr) => [pcr, 0]),
      ...[17, 18, 19, 20].map((pcr) => [pcr, 1]),
    ]);
  });
});

describe('evidence', () => {
  const bytes = (options: CoveOptions, launch: Launch): string => {
    const model = createCove(options).model(launch, tools);
    const size = createCove(options).report.inblob.max;
    return toHex(model.report({ inblob: new Uint8Array(size).fill(1) }).outblob);
  };

  test.each<readonly [string, CoveOptions]>([
    ['CBOR', {}],
    ['X.509', { certificate: 'x509' }],
    ['salus', { implementation: 'salus', cdi: 'seed' }],
  ])('%s is the same for the same seed, and another for another', (_, options) => {
    expect(bytes(options, launchOf())).toBe(bytes(options, launchOf()));
    expect(bytes(options, launchOf())).not.toBe(bytes(options, launchOf(8)));
  });

  test('collateral is the same for the same seed and time', () => {
    const files = (launch: Launch): string[] =>
      Object.values(cove.model(launch, tools).collateral().files).map(toHex);
    expect(files(launchOf())).toEqual(files(launchOf()));
    expect(files(launchOf())).not.toEqual(files({ ...launchOf(), now: new Date('2026-04-01T00:00:00Z') }));
  });

  test('a given signer makes every signature', () => {
    let signatures = 0;
    const signer = {
      sign: (curve: string) => {
        expect(curve).toBe('ed25519');
        signatures++;
        return new Uint8Array(64);
      },
    };
    const model = cove.model(launchOf(), { digests: portableDigests, signer });
    model.report({ inblob: challenge });
    expect(signatures).toBe(4);
    model.report({ inblob: challenge });
    expect(signatures).toBe(6);
  });

  test('says identity, state and software of the launch', () => {
    const identity = new Uint8Array(64).fill(0xaa);
    const { evidence } = mint({}, launchOf(7, { identity, 'platform-state': Uint8Array.of(3) }));
    const { claims = {}, reportData } = cove.evidence.decode(evidence);
    expect(claims['tvm-identity']).toEqual(identity);
    expect(claims['platform-state']).toBe('debug');
    expect(claims['debug']).toBe(true);
    expect(claims['tsm-driver.type']).toBe('TSM-driver');
    expect(toHex(reportData)).toBe(toHex(challenge));
    const plain = cove.evidence.decode(mint().evidence).claims ?? {};
    expect('tvm-identity' in plain).toBe(false);
    expect(PLATFORM_STATE.secured).toBe(2);
  });

  test('the X.509 certificate is as the draft describes it', () => {
    const { certificate } = parseCertificate(mint({ certificate: 'x509' }).evidence);
    expect(certificate?.issues).toEqual([]);
    expect(certificate?.notAfter).toEqual(new Date('9999-12-31T23:59:59Z'));
    expect(certificate?.basicConstraints).toEqual({ ca: true, pathLength: 0 });
    expect(certificate?.extensions.get('2.23.133.5.4.6')?.critical).toBe(true);
    expect(certificate?.issuer).toMatch(/^serialNumber=[0-9a-f]{40}$/);
    expect(certificate?.subject).toMatch(/^serialNumber=[0-9a-f]{40}$/);
  });

  test('the certificate of salus is as its source makes it', () => {
    const { certificate } = parseCertificate(mint({ implementation: 'salus' }).evidence);
    expect(certificate?.issuer).toBe('SN=299d419624eadd78d56e3d7e4abbf71ef9446eea');
    expect(new TextDecoder().decode(certificate?.authorityKeyId)).toBe(
      '299d419624eadd78d56e3d7e4abbf71ef9446eea',
    );
    expect(certificate?.notBefore).toEqual(new Date('2018-03-22T23:59:59Z'));
    expect(certificate?.notAfter).toEqual(new Date('2049-12-31T23:59:59Z'));
    expect(certificate?.basicConstraints?.ca).toBe(false);
    expect([...(certificate?.extensions.keys() ?? [])].at(-1)).toBe('2.23.133.5.4');
    expect(certificate?.serial.toString(16)).toMatch(/^(3[0-9]|6[1-6]){40}$/);
  });

  test('sealing and attestation identifiers differ, and follow the launch', () => {
    for (const options of [{}, { implementation: 'salus' }] as const) {
      const model = createCove(options).model(launchOf(), tools);
      const other = createCove(options).model({ ...launchOf(), image: new Uint8Array(4096) }, tools);
      expect(toHex(model.cdi('sealing'))).not.toBe(toHex(model.cdi('attestation')));
      expect(toHex(model.cdi('attestation'))).not.toBe(toHex(other.cdi('attestation')));
    }
  });
});
