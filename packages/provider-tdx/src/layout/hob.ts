/** The hand-off blocks that a host gives to TD firmware. Spec: UEFI PI 1.8 vol. 3, §5 (HOB code definitions). */
import { enumOf, field, reserved, struct, u16le, u32le, u64le } from '@tsm/core/layout';

const PI = 'UEFI PI 1.8 vol. 3, §5';

export const HOB_TYPE = { HANDOFF: 1, RESOURCE_DESCRIPTOR: 3, END_OF_HOB_LIST: 0xffff } as const;
const HOB_TYPES = Object.entries(HOB_TYPE).map(([name, value]) => ({ name, value }));

/** Memory that the host added before the launch, and memory that the guest must accept. */
export const RESOURCE = { SYSTEM_MEMORY: 0, MEMORY_UNACCEPTED: 7 } as const;
const RESOURCES = Object.entries(RESOURCE).map(([name, value]) => ({ name, value }));

export const HobHeader = struct('HobHeader', PI, {
  type: field(enumOf(u16le, HOB_TYPES), 'Kind of block'),
  length: field(u16le, 'Size of the block in bytes'),
  reserved: field(reserved(4), 'Zero'),
});

export const HandoffInfoHob = struct('HandoffInfoHob', `${PI}, EFI_HOB_HANDOFF_INFO_TABLE`, {
  header: field(HobHeader, 'Type 1, 56 bytes'),
  version: field(u32le, '9'),
  bootMode: field(u32le, '0, boot with full configuration'),
  memoryTop: field(u64le, 'Zero in a TD HOB'),
  memoryBottom: field(u64le, 'Zero in a TD HOB'),
  freeMemoryTop: field(u64le, 'Zero in a TD HOB'),
  freeMemoryBottom: field(u64le, 'Zero in a TD HOB'),
  endOfHobList: field(u64le, 'Address after the end block'),
});

export const ResourceHob = struct('ResourceHob', `${PI}, EFI_HOB_RESOURCE_DESCRIPTOR`, {
  header: field(HobHeader, 'Type 3, 48 bytes'),
  owner: field(reserved(16), 'Owner GUID: zero in a TD HOB'),
  resourceType: field(enumOf(u32le, RESOURCES), 'Kind of memory'),
  attributes: field(u32le, '7: present, initialized, tested'),
  start: field(u64le, 'Guest physical address'),
  size: field(u64le, 'Size in bytes'),
});
