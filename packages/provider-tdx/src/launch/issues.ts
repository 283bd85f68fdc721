/** Issues that predicting the measurements of a TD can raise. */
import { issueTable } from '@tsm/core';

interface Found {
  /** What is wrong, in words. */
  readonly found: string;
}

const METADATA = 'Intel TDX Virtual Firmware Design Guide, TDVF metadata';

export const TDX_LAUNCH_ISSUES = issueTable({
  'tdx-launch.left-out': {
    severity: 'warning',
    message: (a: { registers: string; reason: string; remedy: string }) =>
      `${a.registers} left out: ${a.reason}; ${a.remedy}`,
  },
  'tdx-launch.value': {
    severity: 'error',
    message: (a: Found & { expected: string }) => `found ${a.found}: expected ${a.expected}`,
  },
  'tdx-launch.no-metadata': {
    severity: 'error',
    message: (a: Found) =>
      `no TDVF metadata (${a.found}): give the joined image of a TDX build, or firmware-type=plain`,
    spec: METADATA,
  },
  'tdx-launch.metadata': {
    severity: 'error',
    message: (a: Found) => `no host loads this image: ${a.found}`,
    spec: METADATA,
  },
  'tdx-launch.too-large': {
    severity: 'error',
    message: (a: Found & { limit: string }) => `${a.found} to measure: the limit is ${a.limit}`,
  },
  'tdx-launch.td-hob': {
    severity: 'error',
    message: (a: Found) => `no TD HOB can be made: ${a.found}; give td-hob`,
    spec: 'QEMU hw/i386/tdvf-hob.c',
  },
  'tdx-launch.pe': {
    severity: 'error',
    message: (a: Found) => `firmware does not measure this image: ${a.found}`,
    spec: 'Windows Authenticode Portable Executable Signature Format; edk2 OvmfPkg/Tcg/TdTcg2Dxe/MeasureBootPeCoff.c',
  },
  'tdx-launch.pe-overlap': {
    severity: 'warning',
    message: (a: Found) => `${a.found}: the bytes are hashed more than once`,
    spec: 'edk2 OvmfPkg/Tcg/TdTcg2Dxe/MeasureBootPeCoff.c',
  },
  'tdx-launch.kernel': {
    severity: 'error',
    message: (a: Found) => `QEMU cannot boot this kernel as Linux: ${a.found}`,
    spec: 'Linux Documentation/arch/x86/boot.rst; QEMU hw/i386/x86-common.c',
  },
  'tdx-launch.acpi': {
    severity: 'error',
    message: (a: Found) => `the table loader cannot be rebuilt: ${a.found}; give acpi-loader and acpi-rsdp`,
    spec: 'QEMU hw/acpi/bios-linker-loader.c',
  },
  'tdx-launch.gpt': {
    severity: 'error',
    message: (a: Found) => `no GUID partition table that firmware measures: ${a.found}`,
    spec: 'UEFI 2.10 §5.3',
  },
});
