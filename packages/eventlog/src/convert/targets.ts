/** The table of formats to convert to: which registers and banks each has, and who writes it. A new target is one row. */
import type { AlgorithmName } from '@tsm/core';
import { NV_FIRST, type CelIndexKind } from '../cel/model.ts';
import { HASHES } from '../ima/entry.ts';
import type { LogFormat } from '../log.ts';
import { MAX_REGISTER } from '../tcg/walk.ts';
import type { Draft, Refusal } from './model.ts';
import type { Selection } from './selection.ts';
import type { Place } from './source.ts';
import { toCel, type CelFormat } from './to-cel.ts';
import { toDstack } from './to-dstack.ts';
import { toIma } from './to-ima.ts';
import { toAgile, toSha1 } from './to-tcg.ts';
import { toText } from './to-text.ts';
import { toTrustAuthority } from './to-trust-authority.ts';

type Range = readonly [first: number, last: number];

/** What banks a log of the format has: any of these algorithms, or of all; one or many at a time. */
interface Banks {
  readonly only?: readonly AlgorithmName[];
  readonly many: boolean;
}

interface TargetRow {
  /** Numbers of registers that it can name, by numbering; undefined for a log of one register without a name. */
  readonly registers: Partial<Record<CelIndexKind, Range>> | undefined;
  readonly banks: Banks;
  readonly write: (selection: Selection) => Draft | Refusal;
}

const ALL_32: Range = [0, 0xffff_ffff];
const PCR: TargetRow['registers'] = { pcr: [0, MAX_REGISTER] };
const RTMR: TargetRow['registers'] = { ccmr: [1, 4] };
/** Numbers of PCRs below 4 are read as RTMRs. */
const IMA: TargetRow['registers'] = { pcr: [4, MAX_REGISTER], ccmr: [1, 4] };
const ANY = { many: true } as const;
const IMA_BANKS = { many: false, only: [...HASHES.values()] } as const;

const cel = (format: CelFormat, registers: TargetRow['registers']): TargetRow => ({
  registers,
  banks: ANY,
  write: (selection) => toCel(selection, format),
});

export const TARGETS: Readonly<Record<LogFormat, TargetRow>> = {
  ccel: { registers: { ccmr: [0, MAX_REGISTER] }, banks: ANY, write: toAgile },
  tcg2: { registers: PCR, banks: ANY, write: toAgile },
  tcg1: { registers: PCR, banks: { many: false, only: ['sha1'] }, write: toSha1 },
  'tsm-text': { registers: undefined, banks: { many: false }, write: toText },
  'cel-tlv': cel('cel-tlv', { pcr: [0, 0xff], nv_index: ALL_32, ccmr: [0, 0xff] }),
  'cel-json': cel('cel-json', { pcr: [0, 0xffff_fff0], nv_index: [0, 0xffff_fff0], ccmr: [0, 0xff] }),
  'cel-cbor': cel('cel-cbor', { pcr: ALL_32, nv_index: ALL_32, ccmr: [0, 0xff] }),
  'systemd-json': cel('systemd-json', {
    ...{ pcr: [0, 0xffff_fff0], nv_index: [0, 0xffff_fff0], ccmr: [1, 0xff] },
  }),
  'ima-ascii': { registers: IMA, banks: IMA_BANKS, write: toIma },
  'ima-binary': { registers: IMA, banks: IMA_BANKS, write: toIma },
  'dstack-json': { registers: RTMR, banks: { many: false, only: ['sha384', 'sha256'] }, write: toDstack },
  'trust-authority-json': { registers: RTMR, banks: ANY, write: toTrustAuthority },
};

/** Can the format name this register? Numbers of PCRs that belong to NV indexes name another register where unmeasured. */
export function canName({ registers }: TargetRow, { kind, value }: Place): boolean {
  if (!registers) return true;
  const range = kind === 'single' ? undefined : registers[kind];
  return range !== undefined && value >= range[0] && value <= range[1];
}

const NAMES: Readonly<Record<CelIndexKind, string>> = {
  pcr: 'PCRs',
  nv_index: 'NV indexes',
  ccmr: 'CC measurement registers',
};

/** The numberings of a format in words. */
export const numberingWords = ({ registers = {} }: TargetRow): string =>
  Object.keys(registers)
    .map((kind) => NAMES[kind as CelIndexKind])
    .join(' and ');

/** The register with this name, in any numbering; undefined for what no format calls a register. */
export function placeOfName(name: string): Place | undefined {
  const [, kind, digits = ''] = /^(pcr|rtmr|ccmr|nv0x)([\da-f]{1,8})$/.exec(name) ?? [];
  if (name === 'mrtd') return { kind: 'ccmr', value: 0 };
  if (kind === 'nv0x')
    return parseInt(digits, 16) >= NV_FIRST ? { kind: 'nv_index', value: parseInt(digits, 16) } : undefined;
  const value = Number(digits);
  if (kind === undefined || !Number.isInteger(value) || value > MAX_REGISTER) return undefined;
  if (kind === 'rtmr') return value < 4 ? { kind: 'ccmr', value: value + 1 } : undefined;
  return { kind: kind === 'pcr' ? 'pcr' : 'ccmr', value };
}
