/** What OVMF and QEMU do from which release on: the rules that decide a prediction. */
import type { PageOrder } from './mrtd.ts';

/** What a release of OVMF measures, and how. */
export interface FirmwareRules {
  /** As edk2 names it: `edk2-stable202411`. */
  readonly title: string;
  /** The separator of the boot attempt goes to RTMR1, not to RTMR0 (edk2-stable202411). */
  readonly separatorInRtmr1: boolean;
  /** Files of fw_cfg are measured (edk2-stable202505). */
  readonly measuresFwCfg: boolean;
  /** The kernel comes from the file etc/boot/kernel where QEMU offers it (edk2-stable202502). */
  readonly readsBootKernel: boolean;
  /** `initrd=initrd` stands before the command line, not after it (edk2-stable202508). */
  readonly initrdFirst: boolean;
  /** The boot manager menu and the firmware setup are the boot options, not UiApp (edk2-stable202505). */
  readonly bootManagerMenu: boolean;
}

/** Where no release is given. */
export const DEFAULT_FIRMWARE = 'edk2-stable202605';
export const DEFAULT_QEMU = '10.1';

/** Rules of an edk2 release: `edk2-stable202411`, `202411`, or a package's `2024.11-5`. */
export function firmwareRules(text: string): FirmwareRules | undefined {
  const [, year, month] = /^(?:edk2-stable)?(20\d\d)\.?(0[1-9]|1[0-2])(?!\d)/.exec(text.trim()) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const release = Number(year + month);
  return {
    title: `edk2-stable${String(release)}`,
    separatorInRtmr1: release >= 202411,
    measuresFwCfg: release >= 202505,
    readsBootKernel: release >= 202502,
    initrdFirst: release >= 202508,
    bootManagerMenu: release >= 202505,
  };
}

/** What a release of QEMU does. */
export interface HostRules {
  readonly title: string;
  readonly order: PageOrder;
  /** The setup header of the kernel of a confidential guest stays as it is (10.1). */
  readonly keepsSetupHeader: boolean;
  /** The kernel is also there as the file etc/boot/kernel (10.0). */
  readonly offersBootKernel: boolean;
}

/** Rules of a QEMU release; no TD runs on one before 8.0. */
export function hostRules(text: string): HostRules | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text.trim()) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const release = Number(major) * 1000 + Number(minor);
  if (release < 8000) return undefined;
  return {
    title: `QEMU ${major}.${minor}`,
    order: release < 9000 ? 'two-pass' : 'single-pass',
    keepsSetupHeader: release >= 10001,
    offersBootKernel: release >= 10000,
  };
}
