/** Images for tests of the launch calculator, built by hand: nothing here uses the layout tables under test. */
import { guidBytes } from '@tsm/core';

type Fill = readonly [from: number, to: number, byte: (i: number) => number];

/** DataOffset, RawDataSize, address, memory size, type, attributes. */
export type SectionRow = readonly [number, number, number, number, number, number];

export const METADATA = 'e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae';
const FOOTER = '96b582de-1fb2-45f7-baea-a366c55a082d';
const OFFSET = 'e47a6535-984a-4798-865e-4685a7bf8ec2';

export const guid = (text: string): Uint8Array => guidBytes(text)!;

/** A firmware image with TDVF metadata at `at`, found by the table before the reset vector. */
export function tdvf(
  size: number,
  at: number,
  sections: readonly SectionRow[],
  fills: readonly Fill[] = [],
): Uint8Array {
  const image = new Uint8Array(size);
  for (const [from, to, byte] of fills) for (let i = from; i < to; i++) image[i] = byte(i - from);
  const view = new DataView(image.buffer);
  image.set(guid(METADATA), at - 16);
  image.set([0x54, 0x44, 0x56, 0x46], at);
  [16 + 32 * sections.length, 1, sections.length].forEach((value, i) => {
    view.setUint32(at + 4 + 4 * i, value, true);
  });
  for (const [i, [data, raw, address, memory, type, attributes]] of sections.entries()) {
    const row = at + 16 + 32 * i;
    view.setUint32(row, data, true);
    view.setUint32(row + 4, raw, true);
    view.setBigUint64(row + 8, BigInt(address), true);
    view.setBigUint64(row + 16, BigInt(memory), true);
    view.setUint32(row + 24, type, true);
    view.setUint32(row + 28, attributes, true);
  }
  view.setUint32(size - 72, size - at, true);
  view.setUint16(size - 68, 22, true);
  image.set(guid(OFFSET), size - 66);
  view.setUint16(size - 50, 40, true);
  image.set(guid(FOOTER), size - 48);
  return image;
}

const MEMORY: readonly SectionRow[] = [
  [0, 0, 0x810000, 0x10000, 3, 0],
  [0, 0, 0x80b000, 0x2000, 3, 0],
  [0, 0, 0x809000, 0x2000, 2, 0],
  [0, 0, 0x800000, 0x6000, 3, 0],
];

/** The sections of OVMF's 4 MiB image, with a short BFV: the memory is as in real builds. */
export function ovmf(): Uint8Array {
  const size = 0x86000;
  const sections: SectionRow[] = [
    [0x84000, 0x2000, 0xffffe000, 0x2000, 0, 1],
    [0, 0x84000, 0xffc00000, 0x84000, 1, 0],
    ...MEMORY,
  ];
  return tdvf(size, size - 0x400, sections);
}

/** td-shim with room for a kernel of 32 MiB that is not in MRTD. */
export function tdShim(payloadAttributes = 0): Uint8Array {
  return tdvf(0x2000, 0x1c00, [
    [0x1000, 0x1000, 0xfffff000, 0x1000, 0, 1],
    [0, 0, 0x809000, 0x2000, 2, 0],
    [0, 0, 0x901000, 0x1000, 6, 0],
    [0, 0, 0x1000000, 0x2000000, 5, payloadAttributes],
  ]);
}

export interface PeOptions {
  readonly directories?: number;
  readonly checksum?: number;
  /** Offset and size in the security directory. */
  readonly certificate?: readonly [number, number];
  /** What follows the sections. */
  readonly tail?: Uint8Array;
}

/** A PE32+ image: sections are file offset, size and the byte that fills them. */
export function pe(
  sections: readonly (readonly [number, number, number])[],
  { directories = 16, checksum = 0x12345678, certificate, tail = new Uint8Array(0) }: PeOptions = {},
): Uint8Array {
  const end = Math.max(0x200, ...sections.map(([offset, size]) => offset + size));
  const image = new Uint8Array(end + tail.length);
  const view = new DataView(image.buffer);
  image.set([0x4d, 0x5a]);
  view.setUint32(0x3c, 0x40, true);
  image.set([0x50, 0x45, 0, 0], 0x40);
  view.setUint16(0x44, 0x8664, true);
  view.setUint16(0x46, sections.length, true);
  view.setUint16(0x54, 112 + 8 * directories, true);
  view.setUint16(0x56, 0x22, true);
  const optional = 0x58;
  view.setUint16(optional, 0x20b, true);
  view.setUint32(optional + 60, 0x200, true);
  view.setUint32(optional + 64, checksum, true);
  view.setUint16(optional + 68, 10, true);
  view.setUint32(optional + 108, directories, true);
  if (certificate) certificate.forEach((value, i) => view.setUint32(optional + 144 + 4 * i, value, true));
  for (const [i, [offset, size, byte]] of sections.entries()) {
    const row = optional + 112 + 8 * directories + 40 * i;
    image.set([0x2e, 0x73, 0x30 + i], row);
    [size, 0x1000 * (i + 1), size, offset].forEach((value, k) =>
      view.setUint32(row + 8 + 4 * k, value, true),
    );
    image.fill(byte, offset, offset + size);
  }
  image.set(tail, end);
  return image;
}

/** The image P1 of the known answers. */
export const P1 = pe([
  [0x200, 0x200, 0x41],
  [0x400, 0x200, 0x42],
]);

/** A kernel with a setup header of this boot protocol. */
export function bzImage(
  version = 0x20f,
  { loadFlags = 1, xloadFlags = 0x7f, addressMax = 0x7fffffff } = {},
): Uint8Array {
  const image = new Uint8Array(0x2000).map((_, i) => (i < 0x1f1 ? 0 : (i * 7) & 0xff));
  const view = new DataView(image.buffer);
  image[0x1f1] = 4;
  image.set([0x48, 0x64, 0x72, 0x53], 0x202);
  view.setUint16(0x206, version, true);
  image[0x211] = loadFlags;
  view.setUint32(0x22c, addressMax, true);
  view.setUint16(0x236, xloadFlags, true);
  return image;
}
