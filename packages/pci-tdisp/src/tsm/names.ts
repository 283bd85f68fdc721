/** What a vendor-defined message of PCI-SIG is called: `IDE_KM KEY_PROG`, `TDISP LOCK_INTERFACE`. */
import { equalBytes } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { IDE_KM } from '../ide-km/messages.ts';
import { VendorDefinedRequest } from '../spdm/layout/exchange.ts';
import { PCI_PROTOCOL, PCI_VENDOR } from '../spdm/session.ts';
import { nameOf, TDISP_ERROR, TDISP_ERROR_CODE, TDISP_REQUEST } from '../tdisp/codes.ts';
import { TdispError } from '../tdisp/messages.ts';

const VENDOR_DEFINED = [0xfe, 0x7e];

function tdispName(payload: Uint8Array): string {
  const [, type = 0] = payload;
  if (type !== TDISP_ERROR_CODE) return `TDISP ${nameOf(TDISP_REQUEST, type | 0x80)}`;
  const { value } = decode(TdispError, payload);
  return `TDISP ERROR ${value ? nameOf(TDISP_ERROR, value.errorCode) : ''}`;
}

/** Undefined for any other SPDM message. */
export function pciMessageName(message: Uint8Array): string | undefined {
  const { value } = decode(VendorDefinedRequest, message);
  if (!VENDOR_DEFINED.includes(message[1] ?? 0) || !value) return undefined;
  if (value.standardId !== PCI_VENDOR.standardId || !equalBytes(value.vendorId, PCI_VENDOR.vendorId))
    return undefined;
  const [protocol, ...rest] = value.payload;
  if (protocol === PCI_PROTOCOL.IDE_KM) return `IDE_KM ${nameOf(IDE_KM, rest[0] ?? 0)}`;
  return protocol === PCI_PROTOCOL.TDISP ? tdispName(Uint8Array.from(rest)) : undefined;
}
