/** The hardware of one realm: RMM, and the firmware that holds the CPAK. Spec: Arm RMM specification (DEN0137), B5.4 (RSI). */
import {
  ALGORITHMS,
  concat,
  toBase64,
  TsmError,
  utf8Bytes,
  type Launch,
  type MintedCollateral,
  type Model,
  type ModelTools,
} from '@tsm/core';
import { ecPublicKey, encodePem } from '@tsm/evidence';
import { derive, deriveKeyPair, type KeyPair } from './keys.ts';
import { measureRealm, type RealmDescription } from './launch/realm.ts';
import { mintPlatformToken, mintRealmToken, wrapTokens, type TokenForm } from './mint.ts';
import { SECURED } from './platform.ts';
import { registersOf, type RealmHash } from './registers.ts';
import { armCcaGuest, CHALLENGE_SIZE } from './report.ts';

/** A launch of a realm. What of `image`, `realm` and `values.rim` is given says how it is built; default: an empty one. */
export interface CcaLaunch extends Launch {
  /** Parameters and calls of the host, as {@link measureRealm} takes them. */
  readonly realm?: Pick<RealmDescription, 'parameters' | 'calls'>;
}

export interface CcaModel extends Required<Model> {
  /** RSI_ATTESTATION_TOKEN_INIT and CONTINUE: the token over a challenge of 64 bytes (`EINVAL` for another size). */
  token(challenge: Uint8Array): Uint8Array;
  /** What a verifier needs beside the token: the platform's key, as PEM and as JWK, which is the trust anchor too. */
  collateral(): MintedCollateral & {
    readonly files: Readonly<Record<'cpak.pem' | 'cpak.jwk', Uint8Array>>;
  };
}

export interface RealmForm extends TokenForm {
  readonly hashAlgorithm: RealmHash;
}

const invalid = (message: string): TsmError => new TsmError('EINVAL', message);

/** Largest value of RSI_MEASUREMENT_EXTEND in bytes. */
const MAX_EXTEND = 64;

const RAM_BASE = 0x80000000n;
const RAM_SIZE = 512n << 20n;
/** Limits of a host that gives no more than it must. */
const PARAMETERS = { s2sz: 33, numBps: 1, numWps: 1 };

/** One image at the start of RAM, where the only vCPU starts too. */
function plainRealm(image: Uint8Array | undefined): Pick<RealmDescription, 'parameters' | 'calls'> {
  const data = image ? [{ call: 'data', what: 'image', ipa: RAM_BASE, bytes: image } as const] : [];
  return {
    parameters: PARAMETERS,
    calls: [
      { call: 'ripas', base: RAM_BASE, top: RAM_BASE + RAM_SIZE },
      ...data,
      { call: 'rec', pc: RAM_BASE },
    ],
  };
}

/** Sizes of what a launch may give as `values`, in bytes. */
const valueSizes = (digestSize: number) => ({ rim: digestSize, rpv: 64, lifecycle: 2 });

function valuesOf(values: Launch['values'] = {}, digestSize: number) {
  const sizes = valueSizes(digestSize);
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(sizes, name))
      throw invalid(`launch.values.${name}: expected one of ${Object.keys(sizes).join(', ')}`);
    const size = sizes[name as keyof typeof sizes];
    if (value.length !== size)
      throw invalid(`launch.values.${name}: expected ${String(size)} bytes, got ${String(value.length)}`);
  }
  const { rim, rpv = new Uint8Array(64), lifecycle } = values;
  const [high = 0, low = 0] = lifecycle ?? [];
  return { rim, rpv, lifecycle: lifecycle ? (high << 8) | low : SECURED };
}

function rimOf(
  { image, realm }: CcaLaunch,
  given: Uint8Array | undefined,
  { profile, hashAlgorithm }: RealmForm,
  { digests }: ModelTools,
): Uint8Array {
  if ([image, realm, given].filter((one) => one !== undefined).length > 1)
    throw invalid('launch: expected one of image, realm and values.rim, got several');
  if (given) return given.slice();
  const described = realm ?? plainRealm(image);
  return measureRealm(digests, { ...described, hashAlgorithm, ripasMeasured: profile !== '2.0' }).rim;
}

/** What the platform has for all its realms: two key pairs and the platform token. */
interface Platform {
  readonly rak: KeyPair;
  readonly token: Uint8Array;
}

const cpakOf = ({ seed }: Launch, { signer }: ModelTools): KeyPair => deriveKeyPair(seed, 'CPAK', signer);

function startPlatform(launch: Launch, tools: ModelTools, lifecycle: number, form: RealmForm): Platform {
  const rak = deriveKeyPair(launch.seed, 'RAK', tools.signer);
  const state = { cpak: cpakOf(launch, tools), rak, lifecycle };
  return { rak, token: mintPlatformToken(state, form, tools.digests) };
}

const base64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

function endorsementOf({ point }: KeyPair): ReturnType<CcaModel['collateral']> {
  const spki = ecPublicKey('p384', point);
  const [x, y] = [point.slice(1, 49), point.slice(49)].map(base64Url);
  const jwk = `${JSON.stringify({ kty: 'EC', crv: 'P-384', x, y })}\n`;
  const files = { 'cpak.pem': utf8Bytes(encodePem('PUBLIC KEY', spki)), 'cpak.jwk': utf8Bytes(jwk) };
  return { files, trustAnchors: [spki] };
}

/** Starts a realm. Keys and platform token are made at the first report. */
export function startRealm(launch: CcaLaunch, tools: ModelTools, form: RealmForm): CcaModel {
  const { digests } = tools;
  const { hashAlgorithm } = form;
  const specs = registersOf(hashAlgorithm);
  const { rim, rpv, lifecycle } = valuesOf(launch.values, ALGORITHMS[hashAlgorithm].size);
  const registers = new Map(specs.map(({ name, size }) => [name, new Uint8Array(size) as Uint8Array]));
  registers.set('rim', rimOf(launch, rim, form, tools));
  const instanceId = concat(Uint8Array.of(1), derive(launch.seed, 'realm instance id', 32));
  let platform: Platform | undefined;

  const read = (name: string): Uint8Array => {
    const value = registers.get(name);
    if (!value) throw invalid(`register: a realm has no ${name}`);
    return value;
  };
  const token = (challenge: Uint8Array): Uint8Array => {
    if (challenge.length !== CHALLENGE_SIZE)
      throw invalid(`challenge: expected ${String(CHALLENGE_SIZE)} bytes, got ${String(challenge.length)}`);
    const { rak, token: platformToken } = (platform ??= startPlatform(launch, tools, lifecycle, form));
    const realm = {
      hashAlgorithm,
      personalizationValue: rpv,
      instanceId,
      registers: [...registers.values()],
    };
    return wrapTokens(platformToken, mintRealmToken(realm, form, rak, challenge), form.form);
  };

  return {
    // RSI_MEASUREMENT_READ.
    read: (name) => read(name).slice(),
    // RSI_MEASUREMENT_EXTEND: the value is hashed as it is, without padding. RSI_ERROR_INPUT is EINVAL.
    extend(name, value) {
      const old = read(name);
      if (name === 'rim') throw invalid('register: rim cannot be extended');
      if (value.length < 1 || value.length > MAX_EXTEND)
        throw invalid(`${name}: expected 1 to ${String(MAX_EXTEND)} bytes, got ${String(value.length)}`);
      registers.set(name, digests.digest(hashAlgorithm, concat(old, value)));
    },
    report({ inblob }) {
      const { min, max } = armCcaGuest.inblob;
      if (inblob.length < min || inblob.length > max)
        throw invalid(
          `inblob: expected ${String(min)} to ${String(max)} bytes, got ${String(inblob.length)}`,
        );
      const challenge = new Uint8Array(CHALLENGE_SIZE);
      challenge.set(inblob);
      return { outblob: token(challenge) };
    },
    token,
    collateral: () => endorsementOf(cpakOf(launch, tools)),
  };
}
