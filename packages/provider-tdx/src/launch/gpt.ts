/** The partition table as firmware measures it. Spec: UEFI 2.10 §5.3; edk2 SecurityPkg DxeTpm2MeasureBootLib. */
import { concatAll, isFilledWith, type Issue } from '@tsm/core';
import { decode, sizeOf } from '@tsm/core/layout';
import { GptEntry, GptHeader } from '../layout/gpt.ts';
import { TDX_LAUNCH_ISSUES } from './issues.ts';

const BLOCK = 512;
/** A table of real disks has 128 rows. */
const MAX_TABLE = 1 << 20;

/** Event data of EV_EFI_GPT_EVENT: the header, how many rows are in use, and these rows. Its digest covers all of it. */
export function gptEvent(disk: Uint8Array): { event?: Uint8Array; issues: readonly Issue[] } {
  const refuse = (found: string, offset: number, length: number) => {
    const start = Math.min(offset, disk.length);
    const place = { path: 'disk', offset: start, length: Math.min(length, disk.length - start) };
    return { issues: [TDX_LAUNCH_ISSUES.make('tdx-launch.gpt', place, { found })] };
  };
  if (disk.length < BLOCK + sizeOf(GptHeader))
    return refuse('the disk ends before the header', disk.length, 0);
  const header = decode(GptHeader, disk, { offset: BLOCK }).value;
  if (header?.signature !== 'EFI PART') return refuse('no signature in block 1', BLOCK, 8);
  const { numberOfPartitionEntries: count, sizeOfPartitionEntry: size, partitionEntryLba } = header;
  if (size < sizeOf(GptEntry) || count * size > MAX_TABLE)
    return refuse(`${String(count)} rows of ${String(size)} bytes`, BLOCK + 80, 8);
  const start = Number(partitionEntryLba) * BLOCK;
  if (start + count * size > disk.length) return refuse('the rows go on beyond the end', BLOCK + 72, 8);

  const rows: Uint8Array[] = [];
  for (let at = start; at < start + count * size; at += size) {
    if (!isFilledWith(disk.subarray(at, at + 16), 0)) rows.push(disk.subarray(at, at + size));
  }
  const used = new Uint8Array(8);
  new DataView(used.buffer).setBigUint64(0, BigInt(rows.length), true);
  return { event: concatAll([disk.subarray(BLOCK, BLOCK + sizeOf(GptHeader)), used, ...rows]), issues: [] };
}
