/** What every kind of device path node is made of. Source: UEFI 2.10 §10.3.1 and §10.6. */
import { toHex } from '@tsm/core';
import { field, guid, rest, struct, u16le, u64le, u8, type Layout } from '@tsm/core/layout';

export const SPEC = 'UEFI 2.10 §10.3';

/** The header of every node; `length` counts it too. */
export const DEVICE_PATH_HEADER = struct('EFI_DEVICE_PATH_PROTOCOL', `${SPEC}.1`, {
  type: field(u8, 'Type of the node'),
  subType: field(u8, 'Sub-type of the node'),
  length: field(u16le, 'Length of the node in bytes, this header included'),
});

/** One kind of node: the layout of its data, and its text form. */
export interface NodeKind {
  readonly type: number;
  readonly subType: number;
  readonly layout: Layout<unknown>;
  readonly text: (value: unknown) => string;
}

export function kind<T>(
  type: number,
  subType: number,
  layout: Layout<T>,
  text: (value: T) => string,
): NodeKind {
  return { type, subType, layout, text: text as NodeKind['text'] };
}

export const upper = (value: string): string => value.toUpperCase();

/** `NAME(GUID,hex)`, without the data when there is none. */
export const vendor =
  (name: string) =>
  (value: { vendorGuid: string; data: Uint8Array }): string =>
    `${name}(${upper(value.vendorGuid)}${value.data.length === 0 ? '' : `,${toHex(value.data)}`})`;

/** GUID of a vendor, and its data. */
export const vendorLayout = (
  name: string,
  section: string,
): Layout<{ vendorGuid: string; data: Uint8Array }> =>
  struct(name, `${SPEC}${section}`, {
    vendorGuid: field(guid, 'GUID of the vendor'),
    data: field(rest, 'Data of the vendor'),
  });

/** Rows of nodes that name a range of addresses. */
export const ADDRESS_RANGE = {
  startingAddress: field(u64le, 'First byte'),
  endingAddress: field(u64le, 'Last byte'),
};
