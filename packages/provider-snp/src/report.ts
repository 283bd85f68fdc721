/** How reports are shown: as the Linux SEV guest driver does (drivers/virt/coco/sev-guest/sev-guest.c), or as an Azure VM's vTPM quotes. */
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

/** Largest nonce in bytes: that of configfs-tsm; TPM2B_DATA takes 66 (TPM 2.0 Library part 2 §10.4.4). */
export const NONCE_MAX = 64;

/** No driver of Linux: what an agent in an Azure VM gathers from the vTPM. `inblob` is the nonce of the quote. */
export const azureVtpm: ReportDriver = {
  name: 'azure_vtpm',
  inblob: { min: 1, max: NONCE_MAX },
  attributes: [],
};
