/** What VMMs put where, and in which order they hand it to the RMM. Source: veraison/cca-realm-measurements, docs/realm-vm.md. */
import type { Issue } from '@tsm/core';
import { CCA_ISSUES } from '../issues.ts';
import type { RealmHash } from '../registers.ts';
import { kernelImage, type KernelImage } from './kernel.ts';
import type { RealmCall } from './realm.ts';
import { GRANULE } from './rim.ts';

export const VMMS = ['kvmtool', 'qemu', 'cloud-hypervisor'] as const;

export type VmmName = (typeof VMMS)[number];

/** What a realm VM is started with. */
export interface VmImages {
  /** Size of RAM in bytes. */
  readonly memory: bigint;
  readonly kernel?: Uint8Array | undefined;
  readonly initrd?: Uint8Array | undefined;
  readonly firmware?: Uint8Array | undefined;
  /** The device tree, as the VMM generates it. */
  readonly dtb?: Uint8Array | undefined;
  /** Whether the VMM reserves memory for a log of what it measured. */
  readonly log?: boolean | undefined;
}

/** Where things are. What is undefined is not there, or does not enter the RIM. */
interface Placement {
  readonly kernel?: bigint | undefined;
  readonly initrd?: bigint | undefined;
  readonly firmware?: bigint | undefined;
  readonly dtb: bigint;
  readonly log?: bigint | undefined;
  /** Entry point, and address of the device tree for it. */
  readonly pc: bigint;
  readonly x0: bigint;
}

interface Vmm {
  readonly hashAlgorithm: RealmHash;
  readonly ramBase: bigint;
  /** Size that the device tree is filled up to, in bytes. */
  readonly dtbSize: number;
  /** IPA bits that it asks for; a host may have less. Undefined where its memory map is not known. */
  ipaBits(ramEnd: bigint): number | undefined;
  place(images: VmImages, image: KernelImage | undefined): Placement;
}

const KIB = 1n << 10n;
const MIB = 1n << 20n;
const GIB = 1n << 30n;
const LOG_SIZE = 64n * KIB;

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const alignUp = (value: bigint, unit: bigint): bigint => ((value + unit - 1n) / unit) * unit;
/** Position of the highest bit that is set. */
const log2 = (value: bigint): number => value.toString(2).length - 1;
const sizeOf = (bytes: Uint8Array | undefined): bigint => BigInt(bytes?.length ?? 0);

const KVMTOOL: Vmm = {
  hashAlgorithm: 'sha256',
  ramBase: 2n * GIB,
  dtbSize: 64 * 1024,
  ipaBits: (ramEnd) => Math.max(log2(ramEnd - 1n), 32) + 1,
  place({ memory, initrd, firmware, log }, image) {
    const limit = min(this.ramBase + memory, this.ramBase + 256n * MIB);
    const reserved = log ? limit - LOG_SIZE : undefined;
    const dtb = alignUp((reserved ?? limit) - 2n * MIB - BigInt(this.dtbSize), 2n * MIB);
    return {
      kernel: image && this.ramBase + image.textOffset,
      initrd: initrd && alignUp(dtb - sizeOf(initrd) - 4n, 4n),
      firmware: firmware && this.ramBase,
      ...{ dtb, log: reserved, pc: image || firmware ? this.ramBase : 0n, x0: dtb },
    };
  },
};

const QEMU: Vmm = {
  hashAlgorithm: 'sha512',
  ramBase: GIB,
  dtbSize: 0,
  // The high PCI window ends at 1 TiB, as long as RAM ends below the high regions; one bit more is for the shared half.
  ipaBits: (ramEnd) => (ramEnd <= 256n * GIB ? log2(1024n * GIB - 1n) + 2 : undefined),
  place({ memory, initrd, firmware, log }, image) {
    if (firmware) {
      const reserved = log ? this.ramBase + MIB : undefined;
      return { firmware: 0n, dtb: this.ramBase, log: reserved, pc: 0n, x0: 0n };
    }
    const kernel = image && this.ramBase + image.textOffset;
    const lowest = this.ramBase + min(memory / 2n, 128n * MIB);
    const start = alignUp(max(lowest, (kernel ?? 0n) + (image?.loadSize ?? 0n)), 4n * KIB);
    const dtb = image ? alignUp(start + sizeOf(initrd), 2n * MIB) : this.ramBase;
    return {
      kernel,
      initrd: initrd && start,
      ...{ dtb, log: log ? dtb + MIB : undefined, pc: this.ramBase, x0: dtb },
    };
  },
};

const CLOUD_HYPERVISOR: Vmm = {
  hashAlgorithm: 'sha512',
  ramBase: GIB,
  dtbSize: 0,
  ipaBits: () => 48,
  place({ memory, initrd }, image) {
    const pc = this.ramBase + 4n * MIB;
    return {
      kernel: image && pc + image.textOffset,
      initrd: initrd && this.ramBase + memory - alignUp(sizeOf(initrd), BigInt(GRANULE)),
      ...{ dtb: this.ramBase, pc, x0: this.ramBase },
    };
  },
};

const TABLE: Readonly<Record<VmmName, Vmm>> = {
  kvmtool: KVMTOOL,
  qemu: QEMU,
  'cloud-hypervisor': CLOUD_HYPERVISOR,
};

export interface VmmPlan {
  /** The VMM's own choices; the caller may have others. */
  readonly hashAlgorithm: RealmHash;
  readonly ipaBits: number | undefined;
  readonly calls: readonly RealmCall[];
  readonly issues: readonly Issue[];
}

function filledUp(bytes: Uint8Array, size: number): Uint8Array {
  const filled = new Uint8Array(Math.max(size, bytes.length));
  filled.set(bytes);
  return filled;
}

/** The calls of a VMM for these images: RAM, measured data by address, the first vCPU, the log region. */
export function planVm(name: VmmName, images: VmImages): VmmPlan {
  const vmm = TABLE[name];
  const { firmware, kernel, initrd, dtb } = images;
  const top = vmm.ramBase + images.memory;
  const loaded = kernel && kernelImage(kernel);
  const at = vmm.place(images, loaded?.image);
  const blobs = [
    { what: 'firmware', ipa: at.firmware, bytes: firmware },
    { what: 'kernel', ipa: at.kernel, bytes: kernel },
    { what: 'initrd', ipa: at.initrd, bytes: initrd },
    { what: 'device tree', ipa: at.dtb, bytes: dtb && filledUp(dtb, vmm.dtbSize) },
    {
      what: 'log region',
      ipa: at.log,
      bytes: at.log === undefined ? undefined : new Uint8Array(Number(LOG_SIZE)),
    },
  ].flatMap(({ what, ipa, bytes }) =>
    ipa === undefined || bytes === undefined
      ? []
      : [{ call: 'data' as const, what, ipa, bytes, measured: what !== 'log region' }],
  );
  const place = (path: string) => ({ path, offset: 0, length: 0 });
  const outside = blobs.flatMap(({ what, ipa, bytes }) => {
    const end = ipa + BigInt(bytes.length);
    // Firmware of QEMU is in flash, below the RAM.
    if (end <= top && ipa >= (what === 'firmware' ? 0n : vmm.ramBase)) return [];
    const words = { what, end: `0x${end.toString(16)}`, limit: `0x${top.toString(16)}` };
    return [CCA_ISSUES.make('cca.launch-memory', place(what), words)];
  });
  const unmeasured = blobs.some(({ what }) => what === 'firmware')
    ? (['kernel', 'initrd'] as const).filter((what) => images[what] && at[what] === undefined)
    : [];
  const measured = blobs.filter((one) => one.measured).sort((a, b) => (a.ipa < b.ipa ? -1 : 1));
  return {
    hashAlgorithm: vmm.hashAlgorithm,
    ipaBits: vmm.ipaBits(top),
    calls: [
      { call: 'ripas', base: vmm.ramBase, top },
      ...measured,
      { call: 'rec', pc: at.pc, gprs: [at.x0] },
      ...blobs.filter((one) => !one.measured),
    ],
    issues: [
      ...(at.kernel === undefined ? [] : (loaded?.issues ?? [])),
      ...outside,
      ...unmeasured.map((what) => CCA_ISSUES.make('cca.launch-not-measured', place(what), { what })),
    ],
  };
}
