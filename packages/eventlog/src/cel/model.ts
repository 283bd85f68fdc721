/**
 * One record of a Canonical Event Log, whatever it is encoded in, and the tables of content types.
 * Source: TCG Canonical Event Log Format 1.1; go-tpm-tools for the content of Container-Optimized OS (80) and the index
 * of CC measurement registers (108); linux-coco RFC for lines of a text log as records.
 */

/** How the content of a type is built. */
type Shape = 'pair' | 'event' | 'template' | 'bytes' | 'json' | 'line';

interface ContentType {
  readonly name: string;
  /** Undefined where only JSON has it. */
  readonly number?: number;
  readonly shape: Shape;
}

export const CONTENT_TYPES: readonly ContentType[] = [
  { name: 'cel', number: 4, shape: 'pair' },
  { name: 'pcclient_std', number: 5, shape: 'event' },
  { name: 'ima_template', number: 7, shape: 'template' },
  { name: 'ima_tlv', number: 8, shape: 'bytes' },
  { name: 'systemd', number: 9, shape: 'json' },
  { name: 'cos', number: 80, shape: 'pair' },
  { name: 'tsm_text', shape: 'line' },
];

const BY_NAME = new Map(CONTENT_TYPES.map((one) => [one.name, one]));
const BY_NUMBER = new Map(CONTENT_TYPES.map((one) => [one.number, one]));

/** Name of a content type; its number where it has none. */
export const contentName = (number: number): string => BY_NUMBER.get(number)?.name ?? String(number);

/** Number of a content type; undefined for one that only JSON can say. */
export function contentNumber(name: string): number | undefined {
  return BY_NAME.get(name)?.number ?? (/^\d{1,3}$/.test(name) ? Number(name) : undefined);
}

/** How the content is built; types of unknown names are JSON, of unknown numbers bytes. */
export function shapeOf(name: string): Shape {
  return BY_NAME.get(name)?.shape ?? (contentNumber(name) === undefined ? 'json' : 'bytes');
}

/** What a record is about. `type` in pairs and events, `name` in templates; `data` is UTF-8 in JSON and lines. */
export interface CelContent {
  readonly type?: number;
  readonly name?: string;
  readonly data: Uint8Array;
}

export type CelIndexKind = 'pcr' | 'nv_index' | 'ccmr';

export interface CelIndex {
  readonly kind: CelIndexKind;
  readonly value: number;
}

/** A digest by its TPM_ALG_ID. */
export interface CelDigest {
  readonly tcgId: number;
  readonly digest: Uint8Array;
}

export interface CelRecord {
  /** Undefined where the log does not number its records. */
  readonly recnum?: number;
  readonly index: CelIndex;
  readonly digests: readonly CelDigest[];
  /** `pcclient_std`; the number in decimal for a type without a name. */
  readonly contentType: string;
  readonly content: CelContent;
}

/** A record that was read, and where its parts stand. */
export interface ReadCel extends CelRecord {
  /** Offset of each digest; -1 where it is not there as bytes. */
  readonly digestOffsets: readonly number[];
  /** Offset of the content's data; -1 where it is not there as bytes. */
  readonly dataOffset: number;
  /** Offset of the whole content; -1 where it is not a TLV. */
  readonly contentOffset: number;
}

/** NV indexes that stand in for PCRs. */
export const NV_FIRST = 0x0100_0000;

interface Named {
  readonly value: number;
  readonly name: string;
  readonly title: string;
  /** False where nothing is extended. */
  readonly measured: boolean;
}

const named = (value: number, name: string, title: string, measured = true): Named => ({
  value,
  name,
  title,
  measured,
});

/** Records about the log itself. */
const MANAGEMENT: readonly Named[] = [
  named(1, 'cel_version', 'version of the log', false),
  named(2, 'firmware_end', 'end of the firmware events', false),
  named(80, 'cel_timestamp', 'time stamp'),
  named(81, 'state_trans', 'change of state'),
];

/** Events of Google's Container-Optimized OS. */
const COS: readonly Named[] = [
  named(0, 'image_ref', 'container image'),
  named(1, 'image_digest', 'image digest'),
  named(2, 'restart_policy', 'restart policy'),
  named(3, 'image_id', 'image id'),
  named(4, 'arg', 'argument'),
  named(5, 'env_var', 'environment'),
  named(6, 'override_arg', 'overridden argument'),
  named(7, 'override_env', 'overridden environment'),
  named(8, 'launch_separator', 'end of the launch'),
  named(9, 'memory_monitor', 'memory monitor'),
  named(10, 'gpu_cc_mode', 'GPU confidential computing mode'),
  named(11, 'gpu_device_binding', 'GPU binding'),
];

/** The kinds of pairs, by content type. */
const PAIRS: ReadonlyMap<string, readonly Named[]> = new Map([
  ['cel', MANAGEMENT],
  ['cos', COS],
]);

/** What a pair of this content type is called; undefined for a number that no row has. */
export function pairOf(contentType: string, type: number): Named | undefined {
  return PAIRS.get(contentType)?.find((one) => one.value === type);
}

/** The number of a pair by its name or number in text. */
export function pairNumber(contentType: string, name: string): number | undefined {
  return PAIRS.get(contentType)?.find((one) => one.name === name)?.value;
}
