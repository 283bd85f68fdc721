/** The TD HOB: the list of memory that QEMU hands to TD firmware. Spec: QEMU hw/i386/tdvf-hob.c; UEFI PI 1.8 vol. 3, §5. */
import { concatAll, type Issue } from '@tsm/core';
import { encode, sizeOf } from '@tsm/core/layout';
import { HandoffInfoHob, HOB_TYPE, HobHeader, RESOURCE, ResourceHob } from '../layout/hob.ts';
import { TDVF_SECTION } from '../layout/tdvf.ts';
import { TDX_LAUNCH_ISSUES } from './issues.ts';
import type { FirmwareSection } from './metadata.ts';

const MIB = 1n << 20n;
const FOUR_GIB = 1n << 32n;
/** From this size of memory on, the low part is cut (QEMU q35). */
const LOW_LIMIT = 0xb0000000n;
const LOW_SIZE = 0x80000000n;
const HOB_VERSION = 9;
/** EFI_RESOURCE_ATTRIBUTE_PRESENT, INITIALIZED and TESTED. */
const PRESENT_INITIALIZED_TESTED = 7;

interface Range {
  readonly start: bigint;
  readonly end: bigint;
  readonly accepted: boolean;
}

/** Memory below 4 GiB in bytes, of so many MiB in all. */
export function lowMemory(memory: bigint): bigint {
  const size = memory * MIB;
  return size < LOW_LIMIT ? size : LOW_SIZE;
}

/** Guest memory; only its low part holds firmware. */
function memoryOf(memory: bigint): Range[] {
  const size = memory * MIB;
  const low = lowMemory(memory);
  const ranges = [{ start: 0n, end: low, accepted: false }];
  return size === low
    ? ranges
    : [...ranges, { start: FOUR_GIB, end: FOUR_GIB + size - low, accepted: false }];
}

/** Cuts memory at the sections that the host adds before the launch. What does not fit is named. */
function rangesOf(memory: bigint, sections: readonly FirmwareSection[]): Range[] | string {
  const accepted = sections
    .filter(({ type }) => type === TDVF_SECTION.TD_HOB || type === TDVF_SECTION.TEMP_MEM)
    .map(({ address, size }) => ({ start: address, end: address + size, accepted: true }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const ranges: Range[] = [];
  for (const whole of memoryOf(memory)) {
    let { start } = whole;
    for (const range of accepted) {
      if (range.start < start || range.end > whole.end) continue;
      if (range.start > start) ranges.push({ start, end: range.start, accepted: false });
      ranges.push(range);
      start = range.end;
    }
    if (start < whole.end) ranges.push({ ...whole, start });
  }
  const lost = accepted.find((range) => !ranges.includes(range));
  return lost ? `memory has no free place for the section at 0x${lost.start.toString(16)}` : ranges;
}

const header = (type: number, length: number) => ({ type, length, reserved: new Uint8Array(4) });

/**
 * The TD HOB that QEMU makes for `memory` MiB and the sections of the firmware, without its end block: what the firmware
 * measures. The issue says why there is none.
 */
export function tdHob(
  memory: bigint,
  sections: readonly FirmwareSection[],
): { hob: Uint8Array; address: bigint } | { issue: Issue } {
  const fail = (found: string) => ({
    issue: TDX_LAUNCH_ISSUES.make('tdx-launch.td-hob', { path: 'memory', offset: 0, length: 0 }, { found }),
  });
  const [place, second] = sections.filter(({ type }) => type === TDVF_SECTION.TD_HOB);
  if (!place || second) return fail('the firmware has no single TD_HOB section');
  const ranges = rangesOf(memory, sections);
  if (typeof ranges === 'string') return fail(ranges);

  const size = sizeOf(HandoffInfoHob) + ranges.length * sizeOf(ResourceHob);
  const end = size + sizeOf(HobHeader);
  if (BigInt(end) > place.size) return fail(`${String(end)} bytes do not fit the TD_HOB section`);
  const handoff = encode(HandoffInfoHob, {
    header: header(HOB_TYPE.HANDOFF, sizeOf(HandoffInfoHob)),
    version: HOB_VERSION,
    bootMode: 0,
    memoryTop: 0n,
    memoryBottom: 0n,
    freeMemoryTop: 0n,
    freeMemoryBottom: 0n,
    endOfHobList: place.address + BigInt(end),
  });
  const resources = ranges.map((range) =>
    encode(ResourceHob, {
      header: header(HOB_TYPE.RESOURCE_DESCRIPTOR, sizeOf(ResourceHob)),
      owner: new Uint8Array(16),
      resourceType: range.accepted ? RESOURCE.SYSTEM_MEMORY : RESOURCE.MEMORY_UNACCEPTED,
      attributes: PRESENT_INITIALIZED_TESTED,
      start: range.start,
      size: range.end - range.start,
    }),
  );
  return { hob: concatAll([handoff, ...resources]), address: place.address };
}
