/** Authenticode digests, patched kernels and ACPI blobs, by known answers and by images that firmware would refuse. */
import { createHash } from 'node:crypto';
import { createDigests, latin1Text, portableDigests, toHex, utf8Bytes, type Issue } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { rebuildAcpi } from '../src/launch/acpi.ts';
import { authenticodeDigest } from '../src/launch/authenticode.ts';
import { gptEvent } from '../src/launch/gpt.ts';
import { patchKernel } from '../src/launch/kernel.ts';
import { bzImage, P1, pe } from './support/launch-images.ts';

const codes = (issues: readonly Issue[]): string[] => issues.map(({ code }) => code);
const cheap = createDigests({ sha384: { hash: () => new Uint8Array(48) } });

const A = [0x200, 0x200, 0x41] as const;
const B = [0x400, 0x200, 0x42] as const;
const CERTIFICATE = new Uint8Array(24).fill(0xcc);
const P1_DIGEST =
  'b04caaded334890153256a6da444d112bd258fad7d61938133935d1b5ef4516dae832049770356f4266bf6908f99b204';

describe('Authenticode', () => {
  // prettier-ignore
  test.each<readonly [string, Uint8Array, number, string]>([
    ['P1', P1, 1536, P1_DIGEST],
    ['P2, sections out of order', pe([B, A, [0, 0, 0]]), 1536, 'cac83c073a693d60ce6a2a2f1fdd0dab8cac13e9ce124169ddf57eb625efc1cc4a6856fbae99ea3d9223c3a55247107f'],
    ['P3, a certificate', pe([A, B], { certificate: [0x600, 24], tail: CERTIFICATE }), 1560, P1_DIGEST],
    ['P4, bytes after the sections', pe([A, B], { tail: utf8Bytes('TAIL') }), 1540, '094d66f25bd8471a46574410fed9ed6c9c47f262d08f1376af38cf25f8b7c898001184ff13edd0c75715854ca91959fa'],
    ['P5, no security directory', pe([A], { directories: 4 }), 1024, '308b0eb3c1814252cd63500bddcdcdffcbff8d83c4aaf8d5c1e9cab93ff390714e61334d2de71de03cd02e2e4c89a1bd'],
    ['P6, another checksum', pe([A, B], { checksum: 0 }), 1536, P1_DIGEST],
    ['P7, bytes and a certificate', pe([A, B], { certificate: [0x608, 24], tail: Uint8Array.of(...utf8Bytes('TAILTAIL'), ...CERTIFICATE) }), 1568, '4bd3440676d5d298740db010de5ad7a46b667a54508f426a24522558f3c34254491c0f7d3934c9d46bbaa79a3458c08d'],
  ])('of %s', (_, image, length, expected) => {
    expect(image).toHaveLength(length);
    const { digest, issues } = authenticodeDigest(image, portableDigests);
    expect(issues).toEqual([]);
    expect(toHex(digest!)).toBe(expected);
  });

  test('in another algorithm, and of a PE32 image', () => {
    expect(authenticodeDigest(P1, portableDigests, 'sha256').digest).toHaveLength(32);
    const image = new Uint8Array(0x200);
    const view = new DataView(image.buffer);
    image.set(utf8Bytes('PE\0\0'), 0);
    view.setUint16(20, 96, true);
    view.setUint16(24, 0x10b, true);
    view.setUint32(24 + 60, 0x200, true);
    view.setUint32(24 + 64, 0xffffffff, true);
    const without = new Uint8Array([...image.subarray(0, 24 + 64), ...image.subarray(24 + 68)]);
    expect(toHex(authenticodeDigest(image, portableDigests).digest!)).toBe(
      createHash('sha384').update(without).digest('hex'),
    );
  });

  const word = (at: number, value: number): Uint8Array => {
    const copy = P1.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  const ROW = 0x58 + 112 + 128;
  test.each([
    ['no PE signature', word(0x40, 0)],
    ['a PE header beyond the file', word(0x3c, 0xffffffff)],
    ['an optional header of another kind', word(0x58, 0x107)],
    ['headers beyond the file', word(0x58 + 60, 0x10000)],
    ['headers that end before the directory', word(0x58 + 60, 0x60)],
    ['a section beyond the file', word(ROW + 16, 0xffffffff)],
    ['a section table beyond the file', word(0x46, 0xffff)],
    ['certificates larger than the rest', pe([A, B], { certificate: [0x600, 25], tail: CERTIFICATE })],
    ['sections of more than twice the file', pe([A, B, A, B, A, B, A])],
  ])('%s: no digest, and an issue', (_, image) => {
    const { digest, issues } = authenticodeDigest(image, portableDigests);
    expect(digest).toBeUndefined();
    expect(codes(issues)).toContainEqual(expect.stringMatching(/^(tdx-launch\.pe|layout\.truncated)$/));
    for (const { offset, length } of issues) expect(offset + length).toBeLessThanOrEqual(image.length);
  });

  test('overlapping sections are hashed twice, with a warning', () => {
    const { digest, issues } = authenticodeDigest(pe([A, A, B]), portableDigests);
    expect(digest).toBeDefined();
    expect(codes(issues)).toEqual(['tdx-launch.pe-overlap']);
  });

  test('truncation at every byte and every byte flipped: nothing throws', () => {
    const random = seededRandom(2);
    for (let at = 0; at < P1.length; at++) {
      expect(authenticodeDigest(P1.subarray(0, at), cheap).digest).toBeUndefined();
      const copy = P1.slice();
      copy[at]! ^= 1 << random(8);
      expect(() => authenticodeDigest(copy, cheap)).not.toThrow();
    }
  });
});

describe('a kernel with the setup header that QEMU fills in', () => {
  const initrd = new Uint8Array(0x1801);
  const words = (kernel: Uint8Array) => {
    const view = new DataView(kernel.buffer);
    return {
      loader: view.getUint8(0x210),
      flags: view.getUint8(0x211),
      heap: view.getUint16(0x224, true),
      text: view.getUint32(0x228, true),
      address: view.getUint32(0x218, true),
      size: view.getUint32(0x21c, true),
    };
  };
  const patch = (
    kernel: Uint8Array,
    memory?: bigint,
    commandLine = '',
    disk: Uint8Array | undefined = initrd,
  ) => patchKernel(kernel, { commandLine, memory, initrd: disk });

  test('today: loader, heap, command line, initrd below the ACPI data', () => {
    const kernel = bzImage();
    const { kernel: patched, issues } = patch(kernel, 2048n);
    expect(issues).toEqual([]);
    expect(words(patched!)).toEqual({
      ...{ loader: 0xb0, flags: 0x81, heap: 0xfe00, text: 0x20000 },
      ...{ address: (0x80000000 - 0x28000 - 1 - 0x1801) & ~0xfff, size: 0x1801 },
    });
    const changed = [...patched!.keys()].filter((at) => patched![at] !== kernel[at]);
    const fields = [0x210, 0x211, 0x218, 0x21c, 0x224, 0x228];
    expect(changed.filter((at) => !fields.some((field) => at >= field && at < field + 4))).toEqual([]);
  });

  test('the initrd goes by memory below 2816 MiB, and by the kernel below its limit', () => {
    const address = (kernel: Uint8Array, memory: bigint) => words(patch(kernel, memory).kernel!).address;
    expect(address(bzImage(), 1024n)).toBe((0x40000000 - 0x28000 - 1 - 0x1801) & ~0xfff);
    expect(address(bzImage(), 2815n)).toBe(((2815 * 2 ** 20 - 0x28000 - 1 - 0x1801) & ~0xfff) >>> 0);
    expect(address(bzImage(), 2816n)).toBe(address(bzImage(), 65536n));
    const low = { xloadFlags: 0, addressMax: 0x37ffffff };
    expect(address(bzImage(0x20f, low), 2048n)).toBe((0x37ffffff - 0x1801) & ~0xfff);
    expect(address(bzImage(0x202, low), 2048n)).toBe((0x37ffffff - 0x1801) & ~0xfff);
  });

  test('old protocols', () => {
    const { kernel } = patch(bzImage(0x201, { loadFlags: 0 }), 2048n, 'quiet');
    const view = new DataView(kernel!.buffer);
    expect(view.getUint16(0x20, true)).toBe(0xa33f);
    expect(view.getUint16(0x22, true)).toBe(0xa000 - 16);
    expect(words(kernel!).heap).toBe(0xa000 - 16 - 0x200);
  });

  test.each([
    ['vga=ask', 0xfffd],
    ['quiet vga=0x317', 0x317],
    ['vga=791', 791],
    ['vga=017', 15],
    ['vga=normal', 0xffff],
  ])('the video mode of %s', (commandLine, mode) => {
    const { kernel } = patch(bzImage(), 2048n, commandLine);
    expect(new DataView(kernel!.buffer).getUint16(0x1fa, true)).toBe(mode);
  });

  test.each([
    ['a file that is too short', patch(bzImage().subarray(0, 0x220), 2048n)],
    ['no setup header', patch(P1, 2048n)],
    ['setup code beyond the file', patch(bzImage().subarray(0, 0x600), 2048n)],
    ['no memory for an initrd', patch(bzImage(), undefined)],
    ['an initrd that does not fit', patch(bzImage(), 1n, '', new Uint8Array(2 ** 20))],
    ['a protocol without initrd', patch(bzImage(0x1ff), 2048n)],
    ['a video mode that is none', patch(bzImage(), 2048n, 'vga=best')],
    ['a command line that does not fit', patch(bzImage(0x201, { loadFlags: 0 }), 2048n, 'x'.repeat(0xa000))],
  ])('%s is refused', (_, { kernel, issues }) => {
    expect(kernel).toBeUndefined();
    expect(codes(issues)).toEqual(['tdx-launch.kernel']);
  });
});

describe('ACPI blobs made from the tables', () => {
  const table = (signature: string, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    bytes.set(utf8Bytes(signature));
    new DataView(bytes.buffer).setUint32(4, length, true);
    return bytes;
  };
  const file = (...parts: readonly Uint8Array[]): Uint8Array => {
    const all = parts.flatMap((part) => [...part]);
    return Uint8Array.from({ length: Math.ceil(all.length / 64) * 64 }, (_, i) => all[i] ?? 0);
  };
  const LENGTHS = { FACS: 64, DSDT: 100, FACP: 244, APIC: 120, MCFG: 60, WAET: 40, RSDT: 52 };
  const tables = file(...Object.entries(LENGTHS).map(([name, length]) => table(name, length)));
  const starts = new Map<string, number>();
  Object.entries(LENGTHS).reduce((at, [name, length]) => (starts.set(name, at), at + length), 0);
  const at = (name: string, offset = 0): number => starts.get(name)! + offset;

  /** One record of the script as text: `checksum tables 64+9 of 100`. */
  const script = (loader: Uint8Array): string[] => {
    const view = new DataView(loader.buffer);
    const lines: string[] = [];
    for (let row = 0; view.getUint32(row, true) !== 0; row += 128) {
      const name = (offset: number): string =>
        latin1Text(loader.subarray(row + offset, row + offset + 56))
          .replace(/\0+$/, '')
          .replace('etc/acpi/', '');
      const word = (offset: number): string => String(view.getUint32(row + offset, true));
      const kind = view.getUint32(row, true);
      if (kind === 1) lines.push(`allocate ${name(4)} ${word(60)} ${String(loader[row + 64])}`);
      if (kind === 2) lines.push(`pointer ${name(4)}+${word(116)}/${String(loader[row + 120])} ${name(60)}`);
      if (kind === 3) lines.push(`checksum ${name(4)} ${word(60)} ${word(64)} ${word(68)}`);
    }
    return lines;
  };
  const sum = (name: keyof typeof LENGTHS): string =>
    `checksum tables ${String(at(name, 9))} ${String(at(name))} ${String(LENGTHS[name])}`;
  const points = (name: keyof typeof LENGTHS, offset: number, size: number): string =>
    `pointer tables+${String(at(name, offset))}/${String(size)} tables`;

  test('the loader has the records of QEMU in its order, and one page', () => {
    const { loader, rsdp, issues } = rebuildAcpi(tables);
    expect(issues).toEqual([]);
    expect(loader).toHaveLength(4096);
    expect(script(loader!)).toEqual([
      ...['allocate rsdp 16 2', 'allocate tables 64 1', sum('DSDT')],
      ...[points('FACP', 36, 4), points('FACP', 40, 4), points('FACP', 140, 8)],
      ...[sum('FACP'), sum('APIC'), sum('MCFG'), sum('WAET')],
      ...[36, 40, 44, 48].map((offset) => points('RSDT', offset, 4)),
      ...[sum('RSDT'), 'pointer rsdp+16/4 tables', 'checksum rsdp 8 0 20'],
    ]);
    expect(latin1Text(rsdp!.subarray(0, 16))).toBe('RSD PTR \0BOCHS \0');
    expect(new DataView(rsdp!.buffer).getUint32(16, true)).toBe(at('RSDT'));
  });

  test.each([
    ['a table that may have records of its own', file(table('RSDT', 36), table('TPM2', 52))],
    ['no RSDT', file(table('DSDT', 40))],
    ['two of them', file(table('RSDT', 36), table('RSDT', 36))],
    ['bytes that are no table', file(utf8Bytes('garbage in, issue out'))],
    ['a table beyond the end', table('RSDT', 64).subarray(0, 60)],
  ])('%s is an issue', (_, bytes) => {
    const { loader, issues } = rebuildAcpi(bytes);
    expect(loader).toBeUndefined();
    expect(codes(issues)).toEqual(['tdx-launch.acpi']);
  });

  test('truncation at every byte and every byte flipped: nothing throws', () => {
    const random = seededRandom(3);
    for (let i = 0; i < tables.length; i++) {
      const copy = tables.slice();
      copy[i]! ^= 1 << random(8);
      expect(() => [rebuildAcpi(copy), rebuildAcpi(tables.subarray(0, i))]).not.toThrow();
    }
  });
});

describe('partition tables', () => {
  const disk = (count: number, size: number, lba = 2n): Uint8Array => {
    const bytes = new Uint8Array(3 * 512);
    const view = new DataView(bytes.buffer);
    bytes.set(utf8Bytes('EFI PART'), 512);
    view.setBigUint64(512 + 72, lba, true);
    view.setUint32(512 + 80, count, true);
    view.setUint32(512 + 84, size, true);
    return bytes;
  };
  test.each([
    ['a short disk', new Uint8Array(600)],
    ['no signature', new Uint8Array(1536)],
    ['rows that are too short', disk(4, 16)],
    ['billions of rows', disk(0xffffffff, 128)],
    ['rows beyond the end', disk(8, 128)],
    ['rows far beyond the end', disk(4, 128, 1n << 63n)],
  ])('%s: no event, and an issue', (_, bytes) => {
    const { event, issues } = gptEvent(bytes);
    expect(event).toBeUndefined();
    expect(codes(issues)).toEqual(['tdx-launch.gpt']);
  });
  test('rows that are not used are left out', () => {
    expect(gptEvent(disk(4, 128)).event).toHaveLength(100);
  });
});
