/** Details of the negotiation: versions, flags and algorithms by name. */
import type { Infer } from '@tsm/core/layout';
import { AEADS, ALG_TYPE, ASYMS, DHES, HASHES } from '../spdm/algorithms.ts';
import { CAPABILITY, flagsOfVersion } from '../spdm/capabilities.ts';
import { versionText } from '../spdm/codes.ts';
import type {
  Algorithms,
  GetCapabilities,
  NegotiateAlgorithms,
  Version,
} from '../spdm/layout/negotiation.ts';
import { listed, maskText, type Value, type Words } from './words.ts';

const FLAGS = Object.entries(CAPABILITY).map(([name, bit]) => ({ name, bit }));

export const flagText = (flags: number): string => maskText(FLAGS, flags).replaceAll('|', ' ');
export const asymText = (mask: number): string => maskText(ASYMS, mask);
export const hashText = (mask: number): string => maskText(HASHES, mask);

/** Bit 0 of a measurement hash is raw bits only; the others are those of BaseHash, one higher. */
const MEASUREMENT_HASHES = [
  { name: 'raw', bit: 0 },
  ...HASHES.map(({ name, bit }) => ({ name, bit: bit + 1 })),
];
export const measurementHashText = (mask: number): string => maskText(MEASUREMENT_HASHES, mask);

/** Algorithms of an AlgStruct table by its type. */
export function tableText(type: number, mask: number): string {
  if (type === ALG_TYPE.DHE) return maskText(DHES, mask);
  if (type === ALG_TYPE.AEAD) return maskText(AEADS, mask);
  return type === ALG_TYPE.REQ_BASE_ASYM ? asymText(mask) : '';
}

type Offer = Infer<typeof NegotiateAlgorithms> | Infer<typeof Algorithms>;

const algorithms = ({ baseAsym, baseHash, tables }: Offer): string =>
  listed(
    baseAsym !== 0 && asymText(baseAsym),
    baseHash !== 0 && hashText(baseHash),
    ...tables.map(({ type, algorithms: mask }) => mask !== 0 && tableText(type, mask)),
  );

const capabilities = ({ version, flags, dataTransferSize }: Value<typeof GetCapabilities>): string =>
  listed(
    `SPDM ${versionText(version)}`,
    dataTransferSize > 0 && `transfers of ${String(dataTransferSize)}`,
    flagText(flagsOfVersion(flags, version)),
  );

const versions = ({ entries }: Infer<typeof Version>): string =>
  entries.map((entry) => versionText(entry >> 8)).join(', ');

export const NEGOTIATION: readonly (readonly [number, Words])[] = [
  [0x04, versions],
  [0xe1, capabilities],
  [0x61, capabilities],
  [0xe3, algorithms],
  [0x63, algorithms],
];
