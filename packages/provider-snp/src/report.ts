/** How the Linux SEV guest driver shows reports (drivers/virt/coco/sev-guest/sev-guest.c). */
import type { ReportDriver } from '@tsm/core';

/** Size of REPORT_DATA, which is the `inblob`, in bytes. */
export const REPORT_DATA_SIZE = 64;

/** `vmpl`: the guest's own level. An SVSM is below it, and its attributes are there, only above level 0. */
export function sevGuest(vmpl: number): ReportDriver {
  const svsm = ['serviceProvider', 'serviceGuid', 'serviceManifestVersion', 'manifestblob'] as const;
  return {
    name: 'sev_guest',
    inblob: { min: REPORT_DATA_SIZE, max: REPORT_DATA_SIZE },
    attributes: ['privlevel', 'privlevelFloor', 'auxblob', ...(vmpl > 0 ? svsm : [])],
    privlevelFloor: vmpl,
  };
}
