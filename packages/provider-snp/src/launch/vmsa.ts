/** The VMSA pages that a VMM starts the virtual processors with. Source: what QEMU, EC2 and GCE guests measure. */
import { encode, sizeOf, type Infer } from '@tsm/core/layout';
import { type VmcbSegment, Vmsa } from '../layout/vmsa.ts';

export const VMMS = ['QEMU', 'ec2', 'gce'] as const;
export type Vmm = (typeof VMMS)[number];

/** Where the first processor starts: the reset vector. */
export const RESET_VECTOR = 0xfffffff0;

export interface Processor {
  /** Where it starts. */
  readonly eip: number;
  /** EAX of CPUID Fn0000_0001. */
  readonly signature: number;
  /** SEV_FEATURES. */
  readonly features: bigint;
}

type Save = Infer<typeof Vmsa>;
type Segment = Infer<typeof VmcbSegment>;

const segment = (selector: number, attributes: number, limit: number, base = 0): Segment => ({
  ...{ selector, attributes, limit },
  base: BigInt(base),
});

/** PAT after a reset: APM volume 2, §7.8. */
const PAT = 0x0007040600070406n;

/** A table of zeros: every VMSA starts as one. */
function emptySave(): Save {
  const save: Record<string, unknown> = {};
  for (const [name, { codec }] of Object.entries(Vmsa.rows)) {
    const { shape, size = 0 } = codec;
    if (shape.kind === 'struct') save[name] = segment(0, 0, 0);
    else if (shape.kind !== 'uint') save[name] = new Uint8Array(size);
    else save[name] = size === 8 ? 0n : 0;
  }
  return save as Save;
}

/** What does not depend on the VMM: KVM sets SVME in EFER and MCE in CR4. */
function baseSave({ features }: Processor): Save {
  return {
    ...emptySave(),
    gdtr: segment(0, 0, 0xffff),
    ldtr: segment(0, 0x82, 0xffff),
    idtr: segment(0, 0, 0xffff),
    efer: 0x1000n,
    cr4: 0x40n,
    dr7: 0x400n,
    dr6: 0xffff0ff0n,
    rflags: 2n,
    gPat: PAT,
    xcr0: 1n,
    sevFeatures: features,
  };
}

/** How the VMMs differ. */
const PROFILES: Readonly<
  Record<Vmm, (processor: Processor) => Partial<Save> & { readonly codeFlags: number }>
> = {
  QEMU: ({ signature }) => ({ codeFlags: 0x9b, rdx: BigInt(signature), mxcsr: 0x1f80, x87Fcw: 0x37f }),
  ec2: ({ eip }) => ({
    codeFlags: eip === RESET_VECTOR ? 0x9a : 0x9b,
    ss: segment(0, 0x92, 0xffff),
    tr: segment(0, 0x83, 0xffff),
    rdx: 0x600n,
  }),
  gce: () => ({ codeFlags: 0x9b, rdx: 0x600n, gPat: 0x70106n }),
};

/** The page of a processor that starts in real mode. */
export function vmsaPage(vmm: Vmm, processor: Processor): Uint8Array {
  const { codeFlags, ...particular } = PROFILES[vmm](processor);
  const data = segment(0, 0x93, 0xffff);
  return encode(Vmsa, {
    ...baseSave(processor),
    ...{ es: data, ss: data, ds: data, fs: data, gs: data },
    cs: segment(0xf000, codeFlags, 0xffff, processor.eip - (processor.eip % 0x10000)),
    tr: segment(0, 0x8b, 0xffff),
    cr0: 0x10n,
    rip: BigInt(processor.eip % 0x10000),
    ...particular,
  });
}

/** The page of a processor that starts in an SVSM: flat, 32 bits. FCW stays zero, as QEMU's SVSM branch has it. */
export function svsmVmsaPage(processor: Processor): Uint8Array {
  const data = segment(0x10, 0xc93, 0xffffffff);
  return encode(Vmsa, {
    ...baseSave(processor),
    ...{ es: data, ss: data, ds: data, fs: data },
    cs: segment(8, 0xc9b, 0xffffffff),
    gs: segment(0, 0x93, 0xffff),
    tr: segment(0, 0x8b, 0xffff),
    cr0: 0x11n,
    rip: BigInt(processor.eip),
    rdx: BigInt(processor.signature),
    mxcsr: 0x1f80,
  });
}

/** Size of a page. */
export const PAGE = sizeOf(Vmsa);
