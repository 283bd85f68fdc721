/** The table of kernel hashes that QEMU leaves for OVMF. Spec: QEMU target/i386/sev.c, SevHashTable; OVMF BlobVerifierSevHashes. */
import { bytes, field, guid, reserved, struct, u16le } from '@tsm/core/layout';

const SPEC = 'QEMU target/i386/sev.c';

export const HASH_TABLE_GUID = {
  header: '9438d606-4f22-4cc9-b479-a793d411fd21',
  cmdline: '97d02dd8-bd20-4c94-aa78-e7714d36ab2a',
  initrd: '44baf731-3a2f-4bd7-9af1-41e29169781d',
  kernel: '4de79437-abd2-427f-b835-d5b172d2045b',
} as const;

/** 50 bytes. */
export const KernelHash = struct('KernelHash', `${SPEC}, SevHashTableEntry`, {
  guid: field(guid, 'What is hashed'),
  length: field(u16le, 'Size of this entry, 50'),
  hash: field(bytes(32), 'SHA-256'),
});

/** 176 bytes. */
export const KernelHashTable = struct('KernelHashTable', `${SPEC}, PaddedSevHashTable`, {
  guid: field(guid, 'Says that this is the table'),
  length: field(u16le, 'Size without the padding, 168'),
  cmdline: field(KernelHash, 'Command line, with its NUL'),
  initrd: field(KernelHash, 'Initial RAM disk; the hash of nothing without one'),
  kernel: field(KernelHash, 'Kernel'),
  padding: field(reserved(8), 'Up to a multiple of 16'),
});
