/** The SEV guest driver (drivers/virt/coco/sev-guest/sev-guest.c, arch/x86/coco/sev/core.c). */
import type { MeasurementSource, ReportBlobs, ReportRequest } from '@tsm/core';
import { errno } from '../errno.ts';
import { sysfsText } from '../files/sysfs.ts';
import { directory } from '../node.ts';
import type { DriverSetting, GuestDriver } from './driver.ts';
import { REPORT_STATUS, type GuestMessage, type SnpHardware } from './snp-hardware.ts';
import { sevGuestDevice } from './snp-ioctl.ts';

const INBLOB_SIZE = 64;
/** A throttled request is tried again every 2 seconds for 60. */
const BUSY = { interval: 2000, limit: 60_000 };
const SERVICE_RETRIES = 3;
/** What the driver takes of the certificates. */
const AUXBLOB_MAX = 16 * 1024;

const INVALID: ReadonlySet<number> = new Set([
  REPORT_STATUS.invalidParameters,
  REPORT_STATUS.invalidKeySelection,
]);

class SevGuest {
  private readonly hardware: SnpHardware;
  private readonly setting: DriverSetting;
  private readonly vmpl: number;
  /** After a message that cannot be trusted the key would be used with the same sequence number again. */
  private keyWiped = false;

  constructor(hardware: SnpHardware, setting: DriverSetting, vmpl: number) {
    this.hardware = hardware;
    this.setting = setting;
    this.vmpl = vmpl;
  }

  report(request: ReportRequest): ReportBlobs {
    const { inblob, serviceProvider } = request;
    if (inblob.length !== INBLOB_SIZE)
      throw errno('EINVAL', `inblob: expected ${String(INBLOB_SIZE)} bytes, got ${String(inblob.length)}`);
    if (serviceProvider === undefined) return this.extendedReport(request);
    if (serviceProvider !== 'svsm')
      throw errno('EINVAL', `service_provider: expected svsm, got ${serviceProvider}`);
    return this.serviceReport(request);
  }

  extendedReport(request: ReportRequest): ReportBlobs {
    if (this.keyWiped) throw errno('ENOTTY', 'the message key was wiped');
    const { status, blobs } = this.send(request);
    if (INVALID.has(status)) throw errno('EINVAL', `MSG_REPORT_RSP status 0x${status.toString(16)}`);
    if (status !== REPORT_STATUS.ok) throw errno('ENXIO', `MSG_REPORT_RSP status 0x${status.toString(16)}`);
    const { auxblob } = blobs;
    return auxblob ? { ...blobs, auxblob: auxblob.subarray(0, AUXBLOB_MAX) } : blobs;
  }

  private serviceReport(request: ReportRequest): ReportBlobs {
    if (this.vmpl === 0) throw errno('EINVAL', 'service_provider: there is no SVSM below level 0');
    for (let retry = 0; retry <= SERVICE_RETRIES; retry++) {
      const answer = this.hardware.services(request);
      if (answer.kind === 'answer') return answer.blobs;
    }
    throw errno('EINVAL', `the SVSM asked for larger buffers more than ${String(SERVICE_RETRIES)} times`);
  }

  private send(request: ReportRequest): Extract<GuestMessage, { kind: 'answer' }> {
    const { clock } = this.setting;
    const start = clock.now();
    for (;;) {
      const message = this.hardware.message(request);
      if (message.kind === 'answer') return message;
      if (message.kind === 'undecodable') {
        this.keyWiped = true;
        throw errno('EBADMSG', 'the response does not decrypt; the message key is wiped');
      }
      if (clock.now() - start >= BUSY.limit) throw errno('ETIMEDOUT', 'the host was busy for 60 seconds');
      // A signal does not end this wait: the request is with the host.
      clock.sleep(BUSY.interval);
    }
  }
}

/** `source`: the registers of the report, which no kernel shows; a profile may. */
export function snpDriver(
  hardware: SnpHardware,
  source: Omit<MeasurementSource, 'name'>,
  setting: DriverSetting,
): GuestDriver {
  const { report } = setting;
  const vmpl = report?.privlevelFloor ?? 0;
  const guest = new SevGuest(hardware, setting, vmpl);
  return {
    measurements: { ...source, name: 'sev_guest' },
    ...(report
      ? { report: { driver: report, produce: (request: ReportRequest) => guest.report(request) } }
      : {}),
    files: [
      ['/dev/sev-guest', sevGuestDevice((request) => guest.extendedReport(request))],
      ['/sys/devices/platform/sev-guest', directory([])],
      ['/sys/devices/system/cpu/sev/vmpl', sysfsText(0o444, () => `${String(vmpl)}\n`)],
    ],
  };
}
