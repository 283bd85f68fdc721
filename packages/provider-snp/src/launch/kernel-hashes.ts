/** The page of kernel hashes that QEMU adds for direct boot. Spec: QEMU target/i386/sev.c, build_kernel_loader_hashes. */
import { concat, type Digests } from '@tsm/core';
import { encode, sizeOf } from '@tsm/core/layout';
import { HASH_TABLE_GUID, KernelHash, KernelHashTable } from '../layout/kernel-hashes.ts';
import { PAGE } from './vmsa.ts';

/** What is booted; without `initrd` the hash is that of no bytes. */
export interface DirectBoot {
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  /** Command line, without its NUL. */
  readonly append: Uint8Array;
}

/** 176 bytes. */
function kernelHashTable({ kernel, initrd, append }: DirectBoot, digests: Digests): Uint8Array {
  const entry = (guid: string, bytes: Uint8Array) => ({
    guid,
    length: sizeOf(KernelHash),
    hash: digests.digest('sha256', bytes),
  });
  return encode(KernelHashTable, {
    guid: HASH_TABLE_GUID.header,
    length: 18 + 3 * sizeOf(KernelHash),
    cmdline: entry(HASH_TABLE_GUID.cmdline, concat(append, new Uint8Array(1))),
    initrd: entry(HASH_TABLE_GUID.initrd, initrd),
    kernel: entry(HASH_TABLE_GUID.kernel, kernel),
    padding: new Uint8Array(8),
  });
}

/** The page with the table at `offset`; undefined where it does not fit. */
export function kernelHashPage(boot: DirectBoot, offset: number, digests: Digests): Uint8Array | undefined {
  if (offset + sizeOf(KernelHashTable) > PAGE) return undefined;
  const page = new Uint8Array(PAGE);
  page.set(kernelHashTable(boot, digests), offset);
  return page;
}
