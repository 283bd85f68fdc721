/** VENDOR_DEFINED requests of PCI-SIG, handed to whoever speaks their protocol. */
import { concat, equalBytes } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import { LARGE } from '../layout/authentication.ts';
import { VendorDefinedRequest, VendorDefinedResponse } from '../layout/exchange.ts';
import { PCI_VENDOR } from '../session.ts';
import { refuse, type Handler } from './reply.ts';

export const answerVendorDefined: Handler = ({ responder, request, session }) => {
  const { connection } = responder;
  const { value } = decode(VendorDefinedRequest, request);
  if (!value) return refuse('InvalidRequest');
  const large = (value.param1 & LARGE) !== 0;
  if (large && !(connection.version >= 0x14 && connection.both('LARGE_RESP')))
    return refuse('InvalidRequest');
  const [protocol] = value.payload;
  const ours = value.standardId === PCI_VENDOR.standardId && equalBytes(value.vendorId, PCI_VENDOR.vendorId);
  const handler = ours && protocol !== undefined ? responder.vendorHandler(protocol) : undefined;
  const answer = handler?.(value.payload.subarray(1), session?.id);
  if (!answer || protocol === undefined) return refuse('InvalidRequest');
  const payload = concat(Uint8Array.of(protocol), answer);
  const response = encode(VendorDefinedResponse, {
    ...{ version: connection.version, code: 0x7e, param1: value.param1 & LARGE, param2: 0 },
    ...{ standardId: value.standardId, vendorId: value.vendorId, gap: new Uint8Array(2) },
    ...{ length: payload.length, payload },
  });
  return { response };
};
