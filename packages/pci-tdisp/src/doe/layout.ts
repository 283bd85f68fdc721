/** Data objects of PCI DOE as byte-layout tables. Spec: PCIe 6.1 §6.30.1. */
import { enumOf, field, reserved, struct, u16le, u32le, u8 } from '@tsm/core/layout';

const SPEC = 'PCIe 6.1 §6.30.1';

/** PCI-SIG, as vendor of data object types. */
export const PCI_SIG = 0x0001;

/** Data object types of PCI-SIG. */
export const DOE_TYPE = { DISCOVERY: 0, SPDM: 1, SECURED_SPDM: 2 } as const;

const TYPES = Object.entries(DOE_TYPE).map(([name, value]) => ({ name, value }));

/** 8 bytes before every data object. */
export const DoeHeader = struct('DoeHeader', SPEC, {
  vendorId: field(u16le, 'Vendor who defines the type; 1 is PCI-SIG'),
  type: field(enumOf(u8, TYPES), 'Type of the data object'),
  reserved: field(reserved(1), 'Reserved'),
  length: field(u32le, 'Bits 17:0: length in double words with this header; 0 is 2^18'),
});

export const DiscoveryRequest = struct('DiscoveryRequest', `${SPEC}.1`, {
  index: field(u8, 'Index of the wanted entry'),
  version: field(u8, 'Version of the discovery'),
  reserved: field(reserved(2), 'Reserved'),
});

export const DiscoveryResponse = struct('DiscoveryResponse', `${SPEC}.1`, {
  vendorId: field(u16le, 'Vendor of the type'),
  type: field(u8, 'Data object type'),
  nextIndex: field(u8, 'Index of the next entry; 0 is the last'),
});
