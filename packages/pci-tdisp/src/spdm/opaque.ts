/** Opaque data of KEY_EXCHANGE and PSK_EXCHANGE: which versions of secured messages. Spec: DSP0274 1.2, opaque data; DSP0277. */
import { concat } from '@tsm/core';

/** Versions of secured messages, 1.0 to 1.2. */
const OFFERED = [0x1000, 0x1100, 0x1200] as const;

const u16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);
const FORMAT_1 = Uint8Array.of(1, 0, 0, 0);
/** Before 1.2: `FTMD` as SpecificationID, version 1, one element. */
const SPECIFIC = Uint8Array.of(0x46, 0x54, 0x4d, 0x44, 1, 1, 0, 0);
const ELEMENT_HEAD = 4;

/** One element of the DMTF, padded to whole double words. */
function element(version: number, data: Uint8Array): Uint8Array {
  const size = ELEMENT_HEAD + data.length;
  const padding = new Uint8Array((4 - (size % 4)) % 4);
  return concat(version >= 0x12 ? FORMAT_1 : SPECIFIC, Uint8Array.of(0, 0), u16(data.length), data, padding);
}

/** What a requester offers. */
export function offeredVersions(version: number): Uint8Array {
  return element(version, concat(Uint8Array.of(1, 1, OFFERED.length), ...OFFERED.map(u16)));
}

/** What a responder selects. */
export function selectedVersion(version: number, selected: number): Uint8Array {
  return element(version, concat(Uint8Array.of(1, 0), u16(selected)));
}

/** The data of the first element of the DMTF with this id; undefined when there is none. */
function find(version: number, opaque: Uint8Array, id: number): Uint8Array | undefined {
  const head = version >= 0x12 ? FORMAT_1.length : SPECIFIC.length;
  const count = opaque[version >= 0x12 ? 0 : 5] ?? 0;
  let at = head;
  for (let i = 0; i < count && at + ELEMENT_HEAD <= opaque.length; i++) {
    const vendorLength = opaque[at + 1] ?? 0;
    const start = at + 2 + vendorLength + 2;
    const length = (opaque[start - 2] ?? 0) + ((opaque[start - 1] ?? 0) << 8);
    const data = opaque.subarray(start, start + length);
    if (opaque[at] === 0 && vendorLength === 0 && data.length === length && data[1] === id) return data;
    at += Math.ceil((start + length - at) / 4) * 4;
  }
  return undefined;
}

/** The newest version that a requester offers and is known here; undefined when there is none. */
export function chooseVersion(version: number, opaque: Uint8Array): number | undefined {
  const data = find(version, opaque, 1);
  if (!data) return undefined;
  const offered = Array.from(
    { length: data[2] ?? 0 },
    (_, i) => (data[3 + 2 * i] ?? 0) + ((data[4 + 2 * i] ?? 0) << 8),
  );
  return [...OFFERED].reverse().find((one) => offered.some((other) => other >> 8 === one >> 8));
}

/** The version that a responder selected, where it is one of those offered. */
export function versionSelected(version: number, opaque: Uint8Array): number | undefined {
  const data = find(version, opaque, 0);
  const value = data && (data[2] ?? 0) + ((data[3] ?? 0) << 8);
  return OFFERED.find((one) => one >> 8 === (value ?? 0) >> 8);
}
