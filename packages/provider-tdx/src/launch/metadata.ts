/** From a firmware image to its TDVF sections: what the host loads, where, and how. */
import { guidText, latin1Text, type Issue } from '@tsm/core';
import { decode, type Infer } from '@tsm/core/layout';
import {
  GuidedEntryTail,
  TDVF_ATTRIBUTE,
  TDVF_GUID,
  TDVF_SECTION,
  TdvfMetadata,
  type TdvfSection,
} from '../layout/tdvf.ts';
import { TDX_LAUNCH_ISSUES } from './issues.ts';
import { PAGE } from './mrtd.ts';

/** What comes after the table: the reset vector. */
const RESET_VECTOR = 32;
const TAIL = 18;
const HEAD = 16;
const ROW = 32;
const SIGNATURE = 'TDVF';
/** Real images have about ten. */
const MAX_SECTIONS = 256;
/** Guest physical addresses have at most 52 bits. */
const ADDRESS_END = 1n << 52n;

/** A section of the metadata that passed the checks of a host. */
export interface FirmwareSection {
  readonly name: string;
  readonly type: number;
  /** Bytes from the file, a view; the rest of the section is zeros. */
  readonly data: Uint8Array;
  readonly address: bigint;
  /** Size in memory in bytes. */
  readonly size: bigint;
  /** MR.EXTEND: the content goes into MRTD. */
  readonly measured: boolean;
  /** PAGE.AUG: the pages come later, and not into MRTD. */
  readonly augmented: boolean;
  /** All attribute bits. */
  readonly attributes: number;
}

export interface FirmwareMetadata {
  /** In the order of the metadata; absent when no host would load the image. */
  readonly sections?: readonly FirmwareSection[];
  readonly issues: readonly Issue[];
}

type Row = Infer<typeof TdvfSection>;

const PATH = 'firmware.metadata';

/** Where the descriptor starts, by the table before the reset vector; what is wrong, in words; or nothing without the table. */
function fromTable(image: Uint8Array, view: DataView): number | string | undefined {
  const end = image.length - RESET_VECTOR;
  if (end < TAIL || guidText(image.subarray(end - HEAD, end)) !== TDVF_GUID.TABLE_FOOTER) return undefined;
  const start = Math.max(0, end - view.getUint16(end - TAIL, true));
  for (let at = end - TAIL; at - TAIL >= start;) {
    const tail = decode(GuidedEntryTail, image, { offset: at - TAIL }).value;
    const length = tail?.length ?? 0;
    if (length < TAIL || at - length < start)
      return `the table entry that ends at 0x${at.toString(16)} is ${String(length)} bytes long`;
    if (tail?.guid === TDVF_GUID.METADATA_OFFSET) {
      if (length !== TAIL + 4) return `the metadata entry is ${String(length)} bytes long, not 22`;
      const distance = view.getUint32(at - length, true);
      return distance <= image.length ? image.length - distance : 'the metadata offset is before the image';
    }
    at -= length;
  }
  return undefined;
}

/** Images without the table hold the offset of the descriptor in the reset vector. */
function fromResetVector(image: Uint8Array, view: DataView): number | undefined {
  if (image.length < RESET_VECTOR) return undefined;
  const offset = view.getUint32(image.length - RESET_VECTOR, true);
  return latin1Text(image.subarray(offset, offset + 4)) === SIGNATURE ? offset : undefined;
}

/** Why no host would take this section, or undefined. */
function faultOf(row: Row, image: Uint8Array): string | undefined {
  const { dataOffset, rawDataSize, memoryAddress: address, memoryDataSize: size } = row;
  const page = BigInt(PAGE);
  if (address % page !== 0n || size % page !== 0n) return 'is not made of whole pages';
  if (address >= ADDRESS_END || size > ADDRESS_END - address) return 'is beyond the guest physical addresses';
  if (BigInt(rawDataSize) > size) return 'has more data than memory';
  if (rawDataSize > 0 && dataOffset + rawDataSize > image.length)
    return 'has data beyond the end of the file';
  const fromFile = row.type === TDVF_SECTION.BFV || row.type === TDVF_SECTION.CFV;
  if (fromFile && rawDataSize === 0) return 'has no data';
  const empty = row.type === TDVF_SECTION.TD_HOB || row.type === TDVF_SECTION.TEMP_MEM;
  if (empty && rawDataSize !== 0) return 'has data, but its content comes from elsewhere';
  return undefined;
}

function sectionOf(row: Row, image: Uint8Array): FirmwareSection {
  const { dataOffset, rawDataSize, memoryAddress, memoryDataSize, type, attributes } = row;
  const name = Object.entries(TDVF_SECTION).find(([, value]) => value === type)?.[0];
  return {
    name: name ?? `type ${String(type)}`,
    type,
    data: image.subarray(dataOffset, dataOffset + rawDataSize),
    address: memoryAddress,
    size: memoryDataSize,
    measured: (attributes & (1 << TDVF_ATTRIBUTE.MR_EXTEND)) !== 0,
    augmented: (attributes & (1 << TDVF_ATTRIBUTE.PAGE_AUG)) !== 0,
    attributes,
  };
}

/** The first two sections whose pages the host would add twice. */
function overlapOf(sections: readonly FirmwareSection[]): string | undefined {
  const added = sections
    .filter(({ augmented, size }) => !augmented && size > 0n)
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  for (const [i, { name, address, size }] of added.entries()) {
    const next = added[i + 1];
    if (next && address + size > next.address)
      return `${name} at 0x${address.toString(16)} overlaps ${next.name} at 0x${next.address.toString(16)}`;
  }
  return undefined;
}

/**
 * Reads the TDVF metadata of a firmware image, found by the table before the reset vector or by the offset in it.
 * An image that no host would load has no sections and says why. Never throws on data.
 */
export function readMetadata(image: Uint8Array): FirmwareMetadata {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const whole = { path: 'firmware', offset: 0, length: image.length };
  const found = fromTable(image, view) ?? fromResetVector(image, view);
  if (typeof found !== 'number') {
    const why = found ?? 'neither a table entry nor an offset in the reset vector leads to it';
    return { issues: [TDX_LAUNCH_ISSUES.make('tdx-launch.no-metadata', whole, { found: why })] };
  }
  const bad = (
    why: string,
    place = { path: PATH, offset: found, length: Math.min(HEAD, image.length - found) },
  ) => ({
    issues: [TDX_LAUNCH_ISSUES.make('tdx-launch.metadata', place, { found: why })],
  });
  if (image.length - found < HEAD) return bad('the metadata are cut short');
  const count = view.getUint32(found + 12, true);
  if (count > MAX_SECTIONS) return bad(`${String(count)} sections, more than ${String(MAX_SECTIONS)}`);
  const { value, tree, issues } = decode(TdvfMetadata, image, { offset: found, path: PATH });
  if (!value) return { issues };
  const { signature, length, version } = value;
  if (signature !== SIGNATURE) return bad(`the signature is ${JSON.stringify(signature)}, not "TDVF"`);
  if (version !== 1) return bad(`version ${String(version)} of the metadata`);
  if (count === 0) return bad('no sections');
  if (length !== HEAD + ROW * count)
    return bad(`the length ${String(length)} does not fit ${String(count)} sections`);

  const rows = tree.children.find(({ name }) => name === 'sections')?.children ?? [];
  for (const [i, row] of value.sections.entries()) {
    const fault = faultOf(row, image);
    if (fault !== undefined) return bad(`section ${String(i)} ${fault}`, rows[i]);
  }
  const sections = value.sections.map((row) => sectionOf(row, image));
  const overlap = overlapOf(sections);
  return overlap === undefined ? { sections, issues } : bad(overlap, tree);
}
