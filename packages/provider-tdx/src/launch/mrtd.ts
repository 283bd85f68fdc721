/** MRTD: the hash of what the host did to build the TD's memory. Spec: Intel TDX Module ABI, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND. */
import type { Digests } from '@tsm/core';
import { encode, sizeOf } from '@tsm/core/layout';
import { MrExtendRecord, PageAddRecord } from '../layout/launch-record.ts';

export const PAGE = 4096;
const CHUNK = 256;
/** A firmware image ends where the reset vector is: at 4 GiB. */
const IMAGE_END = 1n << 32n;
/** Where a record holds the address: after the name of the operation. */
const GPA_OFFSET = 16;

/** Pages with consecutive addresses. */
export interface PageRun {
  readonly address: bigint;
  readonly pages: number;
  /** What the pages hold, zeros after it, where they are measured; without it they are only added. */
  readonly content?: Uint8Array;
}

/**
 * `single-pass`: each page is measured right after its addition (KVM upstream); `two-pass`: all pages of a run are added
 * first (hosts before that).
 */
export type PageOrder = 'single-pass' | 'two-pass';

/** Size of the records of a run in bytes. */
export function recordsSize({ pages, content }: Pick<PageRun, 'pages' | 'content'>): number {
  const measured = content ? (PAGE / CHUNK) * sizeOf(MrExtendRecord) : 0;
  return pages * (sizeOf(PageAddRecord) + measured);
}

/** Writes records one after the other. */
class RecordWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly add = encode(PageAddRecord, {
    operation: 'MEM.PAGE.ADD'.padEnd(16, '\0'),
    gpa: 0n,
    reserved: new Uint8Array(104),
  });
  private readonly extend = encode(MrExtendRecord, {
    operation: 'MR.EXTEND'.padEnd(16, '\0'),
    gpa: 0n,
    reserved: new Uint8Array(104),
    chunk: new Uint8Array(CHUNK),
  });
  private at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  private record(template: Uint8Array, gpa: bigint): void {
    this.bytes.set(template, this.at);
    this.view.setBigUint64(this.at + GPA_OFFSET, gpa, true);
    this.at += template.length;
  }

  addPage({ address }: PageRun, page: number): void {
    this.record(this.add, address + BigInt(page * PAGE));
  }

  measurePage({ address, content }: PageRun, page: number): void {
    if (!content) return;
    for (let offset = page * PAGE; offset < (page + 1) * PAGE; offset += CHUNK) {
      this.record(this.extend, address + BigInt(offset));
      this.bytes.set(content.subarray(offset, offset + CHUNK), this.at - CHUNK);
    }
  }
}

/** MRTD, 48 bytes, of runs that the host builds in this order. */
export function measureRuns(
  digests: Digests,
  runs: readonly PageRun[],
  order: PageOrder = 'single-pass',
): Uint8Array {
  const writer = new RecordWriter(runs.reduce((sum, run) => sum + recordsSize(run), 0));
  for (const run of runs) {
    for (let page = 0; page < run.pages; page++) {
      writer.addPage(run, page);
      if (order === 'single-pass') writer.measurePage(run, page);
    }
    if (order === 'single-pass') continue;
    for (let page = 0; page < run.pages; page++) writer.measurePage(run, page);
  }
  return digests.digest('sha384', writer.bytes);
}

/**
 * MRTD, 48 bytes, of a TD whose initial memory is one plain image: every page added and measured, in the order of
 * addresses, each page's content right after its addition (as KVM does). The last page is filled up with zeros. `gpa`:
 * guest physical address of the image, default so that it ends at 4 GiB. No image: the hash of no record.
 */
export function measureImage(digests: Digests, image: Uint8Array, gpa?: bigint): Uint8Array {
  const pages = Math.ceil(image.length / PAGE);
  const address = gpa ?? IMAGE_END - BigInt(pages * PAGE);
  return measureRuns(digests, [{ address, pages, content: image }]);
}
