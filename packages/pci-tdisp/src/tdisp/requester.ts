/** TDISP from the host (TSM): one function for each request, and the report as a whole. */
import { concatAll, TsmError, type TdiState } from '@tsm/core';
import { decode, type Infer } from '@tsm/core/layout';
import { PCI_PROTOCOL, type SpdmSession } from '../spdm/session.ts';
import {
  nameOf,
  responseCode,
  TDI_STATES,
  TDISP_ERROR,
  TDISP_ERROR_CODE,
  TDISP_REQUEST,
  TDISP_VERSION,
  type TdispRequestName,
} from './codes.ts';
import * as messages from './messages.ts';
import { type MmioRange } from './report.ts';
import { encodeMessage } from './responder.ts';

/** The session as far as this protocol needs it. */
export type TdispSession = Pick<SpdmSession, 'send'>;

/** Bytes of the report that one request asks for. */
const PORTION = 1024;
const REPORT_MAX = 0xffff;

/** The device's refusal as a code: `tdisp.invalid-interface-state`. */
function refusal(name: TdispRequestName, response: Uint8Array): TsmError {
  const { value } = decode(messages.TdispError, response);
  const reason = value ? nameOf(TDISP_ERROR, value.errorCode) : 'no error code';
  const code = `tdisp.${reason.toLowerCase().replaceAll('_', '-')}`;
  return new TsmError(code, `TDISP: the device refused ${name}: ${reason}`);
}

/** One request and the fields of its response. Errors: `tdisp.*`, and those of the session. */
function ask(
  session: TdispSession,
  functionId: number,
  name: TdispRequestName,
  fields: Readonly<Record<string, unknown>> = {},
): unknown {
  const code = TDISP_REQUEST[name];
  const { request, response } = messages.TDISP_LAYOUTS[name];
  const bytes = session.send(PCI_PROTOCOL.TDISP, encodeMessage(request, code, functionId, fields));
  const { value: header } = decode(messages.TdispHeader, bytes);
  const bad = (what: string): never => {
    throw new TsmError('tdisp.bad-response', `TDISP: ${name}: ${what}`);
  };
  if (!header) return bad(`a response of ${String(bytes.length)} bytes has no header`);
  if (header.version !== TDISP_VERSION) bad(`version 0x${header.version.toString(16)}, expected 0x10`);
  if (header.functionId !== functionId) bad('the response is about another interface');
  if (header.messageType === TDISP_ERROR_CODE) throw refusal(name, bytes);
  const { value, length } = decode(response, bytes);
  if (header.messageType !== responseCode(code) || !value || length !== bytes.length)
    bad('the response has another code or length');
  return value;
}

/** Versions that the device speaks; without 1.0 it is `tdisp.version-mismatch`. */
export function getVersion(session: TdispSession, functionId: number): Uint8Array {
  const { versions } = ask(session, functionId, 'GET_TDISP_VERSION') as Infer<typeof messages.TdispVersion>;
  if (!versions.includes(TDISP_VERSION))
    throw new TsmError('tdisp.version-mismatch', 'TDISP: the device does not speak version 1.0');
  return versions;
}

export function getCapabilities(session: TdispSession, functionId: number) {
  const fields = { tsmCapabilities: 0 };
  return ask(session, functionId, 'GET_TDISP_CAPABILITIES', fields) as Infer<
    typeof messages.TdispCapabilities
  >;
}

export interface LockRequest {
  /** Bits of LOCK_FLAG. */
  readonly flags: number;
  readonly streamId: number;
  readonly mmioReportingOffset?: bigint;
  readonly p2pAddressMask?: bigint;
}

/** The nonce, 32 bytes. One of zeros only is `tdisp.bad-response`. */
export function lockInterface(session: TdispSession, functionId: number, lock: LockRequest): Uint8Array {
  const { mmioReportingOffset = 0n, p2pAddressMask = 0n } = lock;
  const fields = { ...lock, lockReserved: new Uint8Array(1), mmioReportingOffset, p2pAddressMask };
  const { nonce } = ask(session, functionId, 'LOCK_INTERFACE', fields) as Infer<
    typeof messages.TdispLockResponse
  >;
  if (nonce.every((byte) => byte === 0))
    throw new TsmError('tdisp.bad-response', 'TDISP: LOCK_INTERFACE: the nonce is all zeros');
  return nonce;
}

/** The whole DEVICE_INTERFACE_REPORT, portion by portion. */
export function getReport(session: TdispSession, functionId: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (let left = 1; left > 0;) {
    const fields = { offset, length: PORTION };
    const answer = ask(session, functionId, 'GET_DEVICE_INTERFACE_REPORT', fields) as Infer<
      typeof messages.TdispReportPortion
    >;
    const { portion, remainder } = answer;
    offset += portion.length;
    if (portion.length === 0 || portion.length > PORTION || offset + remainder > REPORT_MAX)
      throw new TsmError('tdisp.bad-response', 'TDISP: a portion of the report has no or too many bytes');
    parts.push(portion);
    left = remainder;
  }
  return concatAll(parts);
}

export function getState(session: TdispSession, functionId: number): TdiState {
  const { state } = ask(session, functionId, 'GET_DEVICE_INTERFACE_STATE') as Infer<
    typeof messages.TdispState
  >;
  const name = TDI_STATES[state];
  if (!name) throw new TsmError('tdisp.bad-response', `TDISP: there is no state ${String(state)}`);
  return name;
}

export function startInterface(session: TdispSession, functionId: number, nonce: Uint8Array): void {
  ask(session, functionId, 'START_INTERFACE', { nonce });
}

export function stopInterface(session: TdispSession, functionId: number): void {
  ask(session, functionId, 'STOP_INTERFACE');
}

export function bindP2pStream(session: TdispSession, functionId: number, streamId: number): void {
  ask(session, functionId, 'BIND_P2P_STREAM', { streamId });
}

export function unbindP2pStream(session: TdispSession, functionId: number, streamId: number): void {
  ask(session, functionId, 'UNBIND_P2P_STREAM', { streamId });
}

export function setMmioAttribute(session: TdispSession, functionId: number, range: MmioRange): void {
  ask(session, functionId, 'SET_MMIO_ATTRIBUTE', { range });
}

/** A vendor's message to the device, and its answer. */
export function sendVdm(
  session: TdispSession,
  functionId: number,
  vendorId: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const fields = { registryId: 0, vendorIdLength: vendorId.length, vendorId, data };
  return (ask(session, functionId, 'VDM', fields) as Infer<typeof messages.TdispVdm>).data;
}
