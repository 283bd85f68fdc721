/** The kernel of a direct boot as OVMF gets it from QEMU. Spec: QEMU hw/i386/x86-common.c; Linux Documentation/arch/x86/boot.rst. */
import { latin1Text, utf16Bytes, utf8Bytes, type Issue } from '@tsm/core';
import { decode, encode } from '@tsm/core/layout';
import {
  CAN_BE_LOADED_ABOVE_4G,
  CAN_USE_HEAP,
  LOADED_HIGH,
  SETUP_HEADER_OFFSET,
  SetupHeader,
} from '../layout/linux-boot.ts';
import { TDX_LAUNCH_ISSUES } from './issues.ts';
import { lowMemory } from './td-hob.ts';

/** QEMU's number as a boot loader. */
const LOADER = 0xb0;
const SECTOR = 512;
/** Kept free at the end of low memory for ACPI data. */
const ACPI_DATA = 0x28000;
/** Commands of the oldest boot protocol are found by this magic at 0x20. */
const OLD_COMMAND_LINE = { at: 0x20, magic: 0xa33f };
const VIDEO_MODES: Readonly<Record<string, number>> = { normal: 0xffff, ext: 0xfffe, ask: 0xfffd };

export interface PatchedKernel {
  readonly kernel?: Uint8Array;
  readonly issues: readonly Issue[];
}

export interface BootParameters {
  readonly commandLine: string;
  readonly initrd?: Uint8Array | undefined;
  /** MiB; decides where the initrd goes. */
  readonly memory?: bigint | undefined;
}

/** Segment of the setup code and address of the command line. */
function addresses(version: number, high: boolean, commandLine: string): { real: number; text: number } {
  if (high && version >= 0x202) return { real: 0x10000, text: 0x20000 };
  const size = (utf8Bytes(commandLine).length + 16) & ~15;
  return { real: 0x90000, text: 0x9a000 - size };
}

/** Value of `vga=` as QEMU reads it; undefined without it, NaN where QEMU refuses it. */
function videoMode(commandLine: string): number | undefined {
  const [, text] = /vga=(\S*)/.exec(commandLine) ?? [];
  if (text === undefined) return undefined;
  for (const [prefix, mode] of Object.entries(VIDEO_MODES)) if (text.startsWith(prefix)) return mode;
  if (/^0\d+$/.test(text)) return Number.parseInt(text, 8);
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
}

/** The kernel file with the setup header as QEMU fills it in: what firmware gets from hosts that patch. */
export function patchKernel(
  kernel: Uint8Array,
  { commandLine, initrd, memory }: BootParameters,
): PatchedKernel {
  const place = { path: 'kernel', offset: Math.min(SETUP_HEADER_OFFSET, kernel.length), length: 0 };
  const refuse = (found: string): PatchedKernel => ({
    issues: [TDX_LAUNCH_ISSUES.make('tdx-launch.kernel', place, { found })],
  });
  const { value: header } = decode(SetupHeader, kernel, { offset: place.offset });
  if (!header) return refuse('the file ends before the setup header');
  if (header.magic !== 'HdrS') return refuse('no setup header (HdrS)');
  if (((header.setupSects || 4) + 1) * SECTOR > kernel.length)
    return refuse('the file ends inside the setup code');

  const { version } = header;
  const { real, text } = addresses(version, (header.loadFlags & LOADED_HIGH) !== 0, commandLine);
  if (text - real < 0x200) return refuse('the command line does not fit');
  const patched = { ...header };
  const copy = kernel.slice();
  if (version >= 0x202) patched.cmdLinePointer = text;
  else {
    const view = new DataView(copy.buffer);
    view.setUint16(OLD_COMMAND_LINE.at, OLD_COMMAND_LINE.magic, true);
    view.setUint16(OLD_COMMAND_LINE.at + 2, text - real, true);
  }
  const mode = videoMode(commandLine);
  if (Number.isNaN(mode)) return refuse('the command line has a vga= that is no mode');
  if (mode !== undefined) patched.videoMode = mode & 0xffff;
  if (version >= 0x200) patched.typeOfLoader = LOADER;
  if (version >= 0x201) {
    patched.loadFlags |= CAN_USE_HEAP;
    patched.heapEndPointer = text - real - 0x200;
  }
  if (initrd) {
    if (version < 0x200) return refuse(`boot protocol 0x${version.toString(16)} has no initrd`);
    if (memory === undefined) return refuse('where the initrd goes depends on memory, which is not given');
    const limit = initrdLimit(header, memory);
    if (initrd.length >= limit) return refuse(`the initrd does not fit below 0x${limit.toString(16)}`);
    patched.ramdiskImage = ((limit - initrd.length) & ~0xfff) >>> 0;
    patched.ramdiskSize = initrd.length;
  }
  copy.set(encode(SetupHeader, patched), SETUP_HEADER_OFFSET);
  return { kernel: copy, issues: [] };
}

/** Highest address of the initrd, with `memory` in MiB. */
function initrdLimit(
  {
    version,
    xloadFlags,
    initrdAddressMax,
  }: { version: number; xloadFlags: number; initrdAddressMax: number },
  memory: bigint,
): number {
  const above = version >= 0x20c && (xloadFlags & CAN_BE_LOADED_ABOVE_4G) !== 0;
  const limit = above ? 0xffffffff : version >= 0x203 ? initrdAddressMax : 0x37ffffff;
  const low = Number(lowMemory(memory)) - ACPI_DATA;
  return limit >= low ? low - 1 : limit;
}

/**
 * LoadOptions that OVMF gives to the kernel, UTF-16LE with NUL; empty where there are none. `initrdFirst`: since
 * edk2-stable202508.
 */
export function loadOptions(commandLine: string, hasInitrd: boolean, initrdFirst: boolean): Uint8Array {
  const text = latin1Text(utf8Bytes(commandLine));
  const whole = !hasInitrd ? text : initrdFirst ? `initrd=initrd ${text}` : `${text} initrd=initrd`;
  return whole === '' ? new Uint8Array(0) : utf16Bytes(`${whole}\0`);
}
