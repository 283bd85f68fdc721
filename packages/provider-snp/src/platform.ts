/** The processors that a simulated guest may run on, at fixed security versions. */
import type { Tcb } from './tcb.ts';

export type SimulatedProduct = 'Milan' | 'Genoa' | 'Turin';

export interface Platform {
  readonly product: SimulatedProduct;
  /** As VCEKs name it. */
  readonly productName: string;
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number };
  readonly tcb: Tcb;
  /** Bytes of CHIP_ID that are not zero. */
  readonly chipIdSize: number;
}

export const PLATFORMS: Readonly<Record<SimulatedProduct, Platform>> = {
  Milan: {
    product: 'Milan',
    productName: 'Milan-B0',
    cpuid: { family: 0x19, model: 0x01, stepping: 1 },
    tcb: { bootLoader: 4, tee: 0, snp: 24, microcode: 219 },
    chipIdSize: 64,
  },
  Genoa: {
    product: 'Genoa',
    productName: 'Genoa',
    cpuid: { family: 0x19, model: 0x11, stepping: 1 },
    tcb: { bootLoader: 10, tee: 0, snp: 23, microcode: 84 },
    chipIdSize: 64,
  },
  Turin: {
    product: 'Turin',
    productName: 'Turin',
    cpuid: { family: 0x1a, model: 0x02, stepping: 1 },
    tcb: { fmc: 1, bootLoader: 1, tee: 1, snp: 4, microcode: 81 },
    chipIdSize: 8,
  },
};

/** Firmware version 1.58, build 3. */
export const FIRMWARE = { major: 1, minor: 58, build: 3 };

/** ECC on, aliases checked; SMT as the guest's policy has it. */
export const PLATFORM_INFO_BITS = 0x24n;
/** Mitigations of the simulated firmware, for version 5 reports. */
export const MITIGATIONS = 3n;
/** The cloud provider that VLEKs are made for. */
export const CSP_ID = 'CN=tsm-test.invalid';
