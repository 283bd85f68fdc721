/** PAGE_INFO, what the launch digest is extended by for each page. Spec: AMD SEV-SNP ABI (56860), §8.17.2, table 67. */
import { bytes, enumOf, field, reserved, struct, u16le, u64le, u8 } from '@tsm/core/layout';

export const PAGE_TYPE = { NORMAL: 1, VMSA: 2, ZERO: 3, UNMEASURED: 4, SECRETS: 5, CPUID: 6 } as const;
export type PageType = keyof typeof PAGE_TYPE;

const PAGE_TYPES = Object.entries(PAGE_TYPE).map(([name, value]) => ({ name, value }));

/** 112 bytes. */
export const PageInfo = struct('PageInfo', 'AMD SEV-SNP ABI (56860) §8.17.2, table 67', {
  digestCurrent: field(bytes(48), 'Launch digest so far'),
  contents: field(bytes(48), 'SHA-384 of the page, or zeros for pages that are not measured'),
  length: field(u16le, 'Size of this structure, 112'),
  pageType: field(enumOf(u8, PAGE_TYPES), 'Type of the page'),
  imiPage: field(u8, '1 for the pages of an initial migration image'),
  vmpl3Perms: field(u8, 'Permissions of VMPL 3'),
  vmpl2Perms: field(u8, 'Permissions of VMPL 2'),
  vmpl1Perms: field(u8, 'Permissions of VMPL 1'),
  reserved: field(reserved(1), 'Reserved'),
  gpa: field(u64le, 'Guest physical address'),
});
