/** The platform that a simulated TVM runs on: its software, its DICE layers and what they measure. */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatAll, utf8Bytes, type Digests, type Launch, type ModelTools } from '@tsm/core';
import { layerOf, nextCdi, type Layer } from '../dice.ts';
import type { CoveHash, TcbElement } from '../registers.ts';

/** One software component, as the claims describe it. */
export interface Component {
  readonly type: string;
  readonly measurement: Uint8Array;
  readonly svn: string;
  readonly manifest: Uint8Array;
  readonly signer: Uint8Array;
}

/** What runs below a TVM. */
export interface Software {
  readonly platform: readonly Component[];
  readonly tsmDriver: Component;
  readonly tsm: Component;
}

/** The layers whose keys sign the tokens. */
export interface Layers {
  readonly rot: Layer;
  readonly platform: Layer;
  readonly tsm: Layer;
}

/** Security version number of the whole TCB. */
export const TCB_SVN = 1n;

/** "TSM" in ASCII, zero-padded to 64 bytes: a manufacturer that does not exist. */
export function manufacturerId(): Uint8Array {
  const id = new Uint8Array(64);
  id.set(utf8Bytes('TSM'));
  return id;
}

/** HKDF-SHA256 (RFC 5869) of the seed; `purpose` keeps the outputs apart. */
export function derive(seed: Uint8Array, purpose: string, size = 32): Uint8Array {
  return hkdf(sha256, seed, undefined, utf8Bytes(`tsm cove test ${purpose}`), size);
}

/** The same on every simulated platform. */
export function softwareOf(digests: Digests, hash: CoveHash): Software {
  const digest = (text: string): Uint8Array => digests.digest(hash, utf8Bytes(`TSM test ${text}`));
  const component = (type: string, svn: string): Component => ({
    type,
    measurement: digest(type),
    svn,
    manifest: digest(`${type} manifest`),
    signer: digest(`${type} signer`),
  });
  return {
    platform: [component('RoT firmware', '1'), component('M-mode firmware', '3')],
    tsmDriver: component('TSM-driver', '2'),
    tsm: component('TSM', '5'),
  };
}

/** What the root of trust measured before the TVM, by TCB element, each an extension of its register. */
export function measuredBefore({
  platform,
  tsmDriver,
  tsm,
}: Software): ReadonlyMap<TcbElement, readonly Component['measurement'][]> {
  const firmware = [...platform, tsmDriver];
  return new Map<TcbElement, readonly Uint8Array[]>([
    ['platformFirmware', firmware.map(({ measurement }) => measurement)],
    ['platformConfig', firmware.map(({ manifest }) => manifest)],
    ['tsmSoftware', [tsm.measurement]],
    ['tsmConfig', [tsm.manifest]],
  ]);
}

/** UDS → platform → TSM; each layer's secret follows from the one before and from what it loads. */
export function layersOf(
  { seed }: Pick<Launch, 'seed'>,
  { digests, signer }: ModelTools,
  hash: CoveHash,
): Layers {
  const { platform, tsmDriver, tsm } = softwareOf(digests, hash);
  const measured = (components: readonly Component[]): Uint8Array =>
    digests.digest(hash, concatAll(components.map(({ measurement }) => measurement)));
  const rot = layerOf(derive(seed, 'UDS'), signer);
  const platformLayer = layerOf(nextCdi(rot.cdi, measured(platform)), signer);
  const tsmLayer = layerOf(nextCdi(platformLayer.cdi, measured([tsmDriver, tsm])), signer);
  return { rot, platform: platformLayer, tsm: tsmLayer };
}
