/** Security versions of the firmware, whatever their order in TCB_VERSION. Spec: AMD SEV-SNP ABI (56860), §2.2. */
import type { WireTcb } from './layout/tcb.ts';

/** `fmc` is there since Turin. */
export interface Tcb {
  readonly fmc?: number;
  readonly bootLoader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

const PARTS = ['fmc', 'bootLoader', 'tee', 'snp', 'microcode'] as const;

export function tcbOf(wire: WireTcb): Tcb {
  const { bootLoader, tee, snp, microcode } = wire;
  return { ...('fmc' in wire ? { fmc: wire.fmc } : {}), bootLoader, tee, snp, microcode };
}

/** No part of `a` is above that of `b`. */
export function notAbove(a: Tcb, b: Tcb): boolean {
  return PARTS.every((part) => (a[part] ?? 0) <= (b[part] ?? 0));
}

export function sameTcb(a: Tcb, b: Tcb): boolean {
  return PARTS.every((part) => a[part] === b[part]);
}

/** `bootLoader 4, tee 0, snp 24, microcode 219`. */
export function tcbText(tcb: Tcb): string {
  return PARTS.flatMap((part) => (tcb[part] === undefined ? [] : [`${part} ${String(tcb[part])}`])).join(
    ', ',
  );
}
