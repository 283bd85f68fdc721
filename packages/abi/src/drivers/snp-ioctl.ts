/** `/dev/sev-guest` (include/uapi/linux/sev-guest.h): reports through pointers of the caller. */
import type { ReportBlobs, ReportRequest } from '@tsm/core';
import { errno } from '../errno.ts';
import { device, iowr } from '../files/device.ts';
import type { FileNode, UserMemory } from '../node.ts';

export const SNP_GET_REPORT = iowr('S', 0, 32);
export const SNP_GET_EXT_REPORT = iowr('S', 2, 32);

/** struct snp_guest_request_ioctl: message version, request, response, error of firmware (low) and VMM (high). */
const ARGUMENT = { request: 8, response: 16, error: 24, size: 32 };
/** struct snp_report_req: user data, level. In an extended one the place for certificates follows. */
const REQUEST = { size: 96, data: 64, vmpl: 64, certsAddress: 96, certsLength: 104, extendedSize: 112 };
/** struct snp_report_resp: MSG_REPORT_RSP, whose report stands behind a header of 32 bytes. */
const RESPONSE = { size: 4000, reportSize: 4, report: 32 };
const PAGE = 4096;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function respond(memory: UserMemory, address: bigint, outblob: Uint8Array): void {
  const response = new Uint8Array(RESPONSE.size);
  viewOf(response).setUint32(RESPONSE.reportSize, outblob.length, true);
  response.set(outblob, RESPONSE.report);
  memory.write(address, response);
}

/** Writes the certificates, or how much room they need; false when there is too little. */
function handOutCertificates(
  memory: UserMemory,
  address: bigint,
  request: Uint8Array,
  table: Uint8Array,
): boolean {
  const view = viewOf(request);
  if (table.length === 0) return true;
  const needed = Math.ceil(table.length / PAGE) * PAGE;
  if (view.getUint32(REQUEST.certsLength, true) < needed) {
    const length = new Uint8Array(4);
    viewOf(length).setUint32(0, needed, true);
    memory.write(address + BigInt(REQUEST.certsLength), length);
    return false;
  }
  memory.write(view.getBigUint64(REQUEST.certsAddress, true), table);
  return true;
}

export function sevGuestDevice(produce: (request: ReportRequest) => ReportBlobs): FileNode {
  const report =
    (extended: boolean) =>
    (_command: number, argument: Uint8Array, memory?: UserMemory): Uint8Array => {
      if (!memory || argument.length < ARGUMENT.size) throw errno('EFAULT', 'the argument cannot be read');
      if (argument[0] === 0) throw errno('EINVAL', 'msg_version: expected 1 or more, got 0');
      const [address, target] = [ARGUMENT.request, ARGUMENT.response].map((at) =>
        viewOf(argument).getBigUint64(at, true),
      );
      if (!address || !target) throw errno('EINVAL', 'request and response: expected addresses');
      const request = memory.read(address, extended ? REQUEST.extendedSize : REQUEST.size);
      const inblob = request.slice(0, REQUEST.data);
      const { outblob, auxblob } = produce({
        inblob,
        privlevel: viewOf(request).getUint32(REQUEST.vmpl, true),
      });
      if (extended && !handOutCertificates(memory, address, request, auxblob ?? new Uint8Array(0)))
        throw errno('EIO', 'certs_len: too small; it has the size that is needed now');
      respond(memory, target, outblob);
      const done = argument.slice();
      viewOf(done).setBigUint64(ARGUMENT.error, 0n, true);
      return done;
    };
  return device(
    new Map([
      [SNP_GET_REPORT, report(false)],
      [SNP_GET_EXT_REPORT, report(true)],
    ]),
  );
}
