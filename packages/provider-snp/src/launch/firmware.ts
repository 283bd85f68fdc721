/** What firmware says about itself: the table of GUIDs at its end, and the pages it wants. Spec: OVMF ResetVector. */
import type { Issue, Place } from '@tsm/core';
import { decode, sizeOf, u32le, type Infer, struct, field } from '@tsm/core/layout';
import { SNP_ISSUES } from '../issues.ts';
import {
  FIRMWARE_GUID,
  FirmwareTableEntry,
  SevMetadata,
  type SevMetadataSection,
} from '../layout/firmware.ts';
import { PAGE } from './vmsa.ts';

export type Section = Infer<typeof SevMetadataSection>;

/** An image in guest memory. */
export interface Firmware {
  readonly bytes: Uint8Array;
  /** Guest physical address of its first byte. */
  readonly gpa: number;
  /** First four bytes of each entry of the table, as a number, by GUID. */
  readonly entries: ReadonlyMap<string, number>;
  readonly sections: readonly Section[];
  readonly issues: readonly Issue[];
}

/** The table ends this many bytes before the end of the image. */
const AFTER_TABLE = 32;
/** More memory than any firmware asks for. */
const MAX_SIZE = 2 ** 28;

const Pointer = struct('FirmwareTableData', 'EDK II OvmfPkg/ResetVector', {
  value: field(u32le, 'Address or distance'),
});

const HEADER = sizeOf(FirmwareTableEntry);

function entryBefore(
  bytes: Uint8Array,
  end: number,
): { guid: string; size: number; start: number } | undefined {
  if (end < HEADER) return undefined;
  const { value } = decode(FirmwareTableEntry, bytes, { offset: end - HEADER, end });
  return value && { ...value, start: end - value.size };
}

/** The entries, from the last to the first. */
function readTable(bytes: Uint8Array, place: Place): { entries: Map<string, number>; issues: Issue[] } {
  const entries = new Map<string, number>();
  const refuse = (reason: string) => ({
    entries,
    issues: [SNP_ISSUES.make('snp.firmware-table', place, { reason })],
  });
  const end = bytes.length - AFTER_TABLE;
  const footer = entryBefore(bytes, end);
  if (footer?.guid !== FIRMWARE_GUID.footer)
    return refuse(`its last entry is ${footer?.guid ?? 'not there'}`);
  if (footer.size < HEADER || footer.start < 0) return refuse(`its size is ${String(footer.size)}`);
  for (let at = end - HEADER; at > footer.start;) {
    const entry = entryBefore(bytes, at);
    if (!entry || entry.size < HEADER || entry.start < footer.start) {
      return refuse(`the entry that ends at offset 0x${at.toString(16)} has no valid size`);
    }
    const { value } = decode(Pointer, bytes, { offset: entry.start, end: at - HEADER });
    if (value && !entries.has(entry.guid)) entries.set(entry.guid, value.value);
    at = entry.start;
  }
  return { entries, issues: [] };
}

function readSections(
  bytes: Uint8Array,
  distance: number,
  place: Place,
): { sections: Section[]; issues: Issue[] } {
  const refuse = (reason: string) => ({
    sections: [],
    issues: [SNP_ISSUES.make('snp.firmware-metadata', place, { reason })],
  });
  if (distance > bytes.length) return refuse(`it would start ${String(distance)} bytes before the end`);
  const { value, issues } = decode(SevMetadata, bytes, { offset: bytes.length - distance, path: place.path });
  if (!value) return { sections: [], issues: [...issues] };
  if (value.signature !== 'ASEV') return refuse(`its signature is ${JSON.stringify(value.signature)}`);
  if (value.version !== 1) return refuse(`its version is ${String(value.version)}`);
  const total = value.sections.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_SIZE) return refuse(`its sections have ${String(total)} bytes`);
  const odd = value.sections.find(({ gpa, size }) => gpa % PAGE !== 0 || size % PAGE !== 0);
  if (odd) return refuse(`a section at 0x${odd.gpa.toString(16)} is not made of whole pages`);
  return { sections: value.sections, issues: [] };
}

/** Reads an image that ends at `end` in guest memory. `name`: path of its issues. */
export function readFirmware(bytes: Uint8Array, end: number, name: string): Firmware {
  const place: Place = { path: name, offset: 0, length: bytes.length };
  const gpa = end - bytes.length;
  if (bytes.length === 0 || bytes.length % PAGE !== 0 || bytes.length > MAX_SIZE || gpa < 0) {
    const issue = SNP_ISSUES.make('snp.firmware-size', place, { what: `the ${name}`, size: bytes.length });
    return { bytes, gpa, entries: new Map(), sections: [], issues: [issue] };
  }
  const { entries, issues } = readTable(bytes, place);
  const distance = entries.get(FIRMWARE_GUID.sevMetadata);
  if (issues.length > 0) return { bytes, gpa, entries, sections: [], issues };
  if (distance === undefined) {
    const args = { entry: 'SEV metadata', why: 'it is not made for SEV-SNP' };
    return {
      bytes,
      gpa,
      entries,
      sections: [],
      issues: [SNP_ISSUES.make('snp.firmware-entry', place, args)],
    };
  }
  return { bytes, gpa, entries, ...readSections(bytes, distance, place) };
}
