/** TCB_VERSION, the security versions of a processor's firmware. Spec: AMD SEV-SNP Firmware ABI (56860), §2.2. */
import { field, reserved, struct, u8, type Infer } from '@tsm/core/layout';

const SPEC = 'AMD SEV-SNP ABI (56860) §2.2';

/** 8 bytes; Milan and Genoa. */
export const TcbVersion = struct('TcbVersion', `${SPEC}, table 3`, {
  bootLoader: field(u8, 'SVN of the boot loader'),
  tee: field(u8, 'SVN of the PSP operating system'),
  reserved: field(reserved(4), 'Reserved'),
  snp: field(u8, 'SVN of the SNP firmware'),
  microcode: field(u8, 'Lowest patch level of the cores'),
});

/** 8 bytes; Turin and later. */
export const TcbVersionTurin = struct('TcbVersionTurin', `${SPEC}, table 4`, {
  fmc: field(u8, 'SVN of the FMC firmware'),
  bootLoader: field(u8, 'SVN of the boot loader'),
  tee: field(u8, 'SVN of the PSP operating system'),
  snp: field(u8, 'SVN of the SNP firmware'),
  reserved: field(reserved(3), 'Reserved'),
  microcode: field(u8, 'Lowest patch level of the cores'),
});

export type WireTcb = Infer<typeof TcbVersion> | Infer<typeof TcbVersionTurin>;
