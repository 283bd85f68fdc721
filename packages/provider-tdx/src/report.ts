/** How the Linux TDX guest driver shows reports (drivers/virt/coco/tdx-guest/tdx-guest.c). */
import type { ReportDriver } from '@tsm/core';

/** Size of REPORTDATA, which is the `inblob`, in bytes. */
export const REPORT_DATA_SIZE = 64;

export const tdxGuest: ReportDriver = {
  name: 'tdx_guest',
  inblob: { min: REPORT_DATA_SIZE, max: REPORT_DATA_SIZE },
  attributes: [],
};
