/** MRTD: the hash of what the host did to build the TD's memory. Spec: Intel TDX Module ABI, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND. */
import type { Digests } from '@tsm/core';
import { encode, sizeOf } from '@tsm/core/layout';
import { MrExtendRecord, PageAddRecord } from './layout/launch-record.ts';

const PAGE = 4096;
const CHUNK = 256;
/** A firmware image ends where the reset vector is: at 4 GiB. */
const IMAGE_END = 1n << 32n;

const RESERVED = new Uint8Array(104);
const PAGE_ADD = 'MEM.PAGE.ADD'.padEnd(16, '\0');
const MR_EXTEND = 'MR.EXTEND'.padEnd(16, '\0');

/** The records of one page: its addition, then its content in 16 chunks. */
function* recordsOfPage(page: Uint8Array, gpa: bigint): Generator<Uint8Array> {
  yield encode(PageAddRecord, { operation: PAGE_ADD, gpa, reserved: RESERVED });
  for (let offset = 0; offset < PAGE; offset += CHUNK) {
    const chunk = page.slice(offset, offset + CHUNK);
    yield encode(MrExtendRecord, {
      operation: MR_EXTEND,
      gpa: gpa + BigInt(offset),
      reserved: RESERVED,
      chunk,
    });
  }
}

/**
 * MRTD, 48 bytes, of a TD whose initial memory is one image: every page added and measured, in the order of addresses,
 * each page's content right after its addition (as KVM does). The last page is filled up with zeros. `gpa`: guest
 * physical address of the image, default so that it ends at 4 GiB. No image: the hash of no record.
 */
export function measureImage(digests: Digests, image: Uint8Array, gpa?: bigint): Uint8Array {
  const pages = Math.ceil(image.length / PAGE);
  const start = gpa ?? IMAGE_END - BigInt(pages * PAGE);
  const recordsSize = sizeOf(PageAddRecord) + (PAGE / CHUNK) * sizeOf(MrExtendRecord);
  const records = new Uint8Array(pages * recordsSize);
  let at = 0;
  for (let offset = 0; offset < image.length; offset += PAGE) {
    const page = new Uint8Array(PAGE);
    page.set(image.slice(offset, offset + PAGE));
    for (const record of recordsOfPage(page, start + BigInt(offset))) {
      records.set(record, at);
      at += record.length;
    }
  }
  return digests.digest('sha384', records);
}
