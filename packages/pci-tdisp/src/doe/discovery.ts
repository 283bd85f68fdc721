/** DOE discovery, both sides: which data object types there are. Spec: PCIe 6.1 §6.30.1.1. */
import { decode, encode } from '@tsm/core/layout';
import { DiscoveryRequest, DiscoveryResponse, DOE_TYPE, PCI_SIG } from './layout.ts';

export interface DoeProtocol {
  readonly vendorId: number;
  readonly type: number;
}

/** What a device with SPDM has. */
export const SPDM_PROTOCOLS: readonly DoeProtocol[] = Object.values(DOE_TYPE).map((type) => ({
  vendorId: PCI_SIG,
  type,
}));

/** The body of the answer; undefined for a request that is none, or an index that is not there: nothing is sent then. */
export function answerDiscovery(
  request: Uint8Array,
  protocols: readonly DoeProtocol[] = SPDM_PROTOCOLS,
): Uint8Array | undefined {
  const { value } = decode(DiscoveryRequest, request);
  const found = value && protocols[value.index];
  if (!found) return undefined;
  const next = value.index + 1;
  return encode(DiscoveryResponse, { ...found, nextIndex: next < protocols.length ? next : 0 });
}

/** The body of a request for one entry. */
export function discoveryRequest(index: number): Uint8Array {
  return encode(DiscoveryRequest, { index, version: 0, reserved: new Uint8Array(2) });
}
