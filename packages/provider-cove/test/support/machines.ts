/** Machines under test: launched TVMs of each form, their evidence, and what verifies it. */
import { portableDigests, type Launch, type VerifyOptions } from '@tsm/core';
import {
  encodeCbor,
  encodeDer,
  encodeSign1,
  parseDer,
  type CborKey,
  type CborValue,
  type DerValue,
} from '@tsm/evidence';
import { extractCdi, layerOf, type KeyPair, type Layer } from '../../src/dice.ts';
import { createCove, type CoveModel, type CoveOptions, type CoveProvider } from '../../src/index.ts';
import { derive, layersOf, softwareOf, type Layers, type Software } from '../../src/tsm/platform.ts';
import { encodeEvidence, platformToken, tsmToken, tvmToken, type Tokens } from '../../src/tsm/tokens.ts';
import { launchTvm, type Tvm } from '../../src/tsm/tvm.ts';

export const tools = { digests: portableDigests };
export const NOW = new Date('2026-03-01T12:00:00Z');
export const image = Uint8Array.from({ length: 9000 }, (_, i) => i & 0xff);
export const challenge = Uint8Array.from({ length: 64 }, (_, i) => 255 - i);

export const launchOf = (fill = 7, values: Launch['values'] = {}): Launch => ({
  seed: new Uint8Array(32).fill(fill),
  now: NOW,
  image,
  values,
});

export interface Minted {
  readonly provider: CoveProvider;
  readonly model: CoveModel;
  readonly evidence: Uint8Array;
  readonly inblob: Uint8Array;
  readonly options: VerifyOptions;
}

/** Evidence of a TVM that extended a register, and what verifies it. */
export function mint(options: CoveOptions = {}, launch: Launch = launchOf()): Minted {
  const provider = createCove(options);
  const model = provider.model(launch, tools);
  const runtime = provider.registers.find(({ extensible }) => extensible);
  if (runtime) model.extend(runtime.name, new Uint8Array(runtime.size).fill(9));
  const inblob = challenge.slice(0, provider.report.inblob.max);
  const { outblob: evidence } = model.report({ inblob });
  const { files, trustAnchors } = model.collateral();
  const verifying = { now: NOW, collateral: Object.values(files), trustAnchors, reportData: inblob };
  return { provider, model, evidence, inblob, options: verifying };
}

/** What a platform of the specification is made of, to build evidence that no model would mint. */
export interface Parts {
  readonly layers: Layers;
  readonly software: Software;
  readonly tvm: Tvm;
  readonly tokens: Tokens;
}

export function partsOf(publicKey: Uint8Array, launch: Launch = launchOf(), state = 2): Parts {
  const provider = createCove();
  const layers = layersOf(launch, tools, 'sha384');
  const software = softwareOf(tools.digests, 'sha384');
  const tvm = launchTvm(launch, tools, { registers: provider.registers, salus: false });
  const tokens = {
    platform: platformToken(layers, software, { state, hash: 'sha384' }),
    tsm: tsmToken(layers, software, 'sha384'),
    tvm: tvmToken(tvm, layers.tsm, publicKey, challenge),
  };
  return { layers, software, tvm, tokens };
}

/** A CWT signed by anybody: claims as they are given. */
export function cwt(
  claims: readonly (readonly [CborKey, CborValue])[],
  { sign }: KeyPair,
  algorithm = -8,
): Uint8Array {
  const payload = encodeCbor({ tag: 61, value: new Map(claims) });
  return encodeSign1({ algorithm, payload }, sign);
}

/** Bare evidence of these tokens. */
export const bare = (tokens: Tokens): Uint8Array => encodeEvidence(tokens);

/** The published TSM of salus. */
export const publishedTsm: Layer = layerOf(
  extractCdi(Uint8Array.from('RANDOMATTESTATIONCDI', (char) => char.charCodeAt(0))),
);

/** The TSM of a salus model with secrets from its seed. */
export const seededTsm = (fill = 7): Layer =>
  layerOf(derive(new Uint8Array(32).fill(fill), 'salus attestation CDI'));

/** A certificate with its signed part changed, signed again. */
export function resigned(der: Uint8Array, edit: (tbs: DerValue[]) => void, { sign }: KeyPair): Uint8Array {
  const { value } = parseDer(der);
  if (value?.kind !== 'sequence') throw new TypeError('expected a certificate');
  const [whole, algorithm] = value.value;
  if (whole?.kind !== 'sequence' || !algorithm) throw new TypeError('expected a certificate');
  const parts = [...whole.value];
  edit(parts);
  const tbs: DerValue = { kind: 'sequence', value: parts };
  const signature: DerValue = { kind: 'bits', value: sign(encodeDer(tbs)) };
  return encodeDer({ kind: 'sequence', value: [tbs, algorithm, signature] });
}
