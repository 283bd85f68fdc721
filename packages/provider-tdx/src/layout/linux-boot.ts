/** The setup header of x86 kernels. Spec: Linux Documentation/arch/x86/boot.rst; arch/x86/include/uapi/asm/bootparam.h. */
import { ascii, field, flags, struct, u16le, u32le, u8 } from '@tsm/core/layout';

/** Where the header is in a kernel image. */
export const SETUP_HEADER_OFFSET = 0x1f1;

const LOAD_FLAGS = { LOADED_HIGH: 0, KASLR: 1, QUIET: 5, KEEP_SEGMENTS: 6, CAN_USE_HEAP: 7 } as const;
const XLOAD_FLAGS = {
  KERNEL_64: 0,
  CAN_BE_LOADED_ABOVE_4G: 1,
  EFI_HANDOVER_32: 2,
  EFI_HANDOVER_64: 3,
  EFI_KEXEC: 4,
  '5LEVEL': 5,
  '5LEVEL_ENABLED': 6,
  MEM_ENCRYPTION: 7,
} as const;

/** Bits that decide where a loader puts things. */
export const LOADED_HIGH = 1 << LOAD_FLAGS.LOADED_HIGH;
export const CAN_USE_HEAP = 1 << LOAD_FLAGS.CAN_USE_HEAP;
export const CAN_BE_LOADED_ABOVE_4G = 1 << XLOAD_FLAGS.CAN_BE_LOADED_ABOVE_4G;

export const SetupHeader = struct(
  'SetupHeader',
  'Linux Documentation/arch/x86/boot.rst, the real-mode header',
  {
    setupSects: field(u8, 'Size of the setup code in sectors'),
    rootFlags: field(u16le, 'The root file system is read-only'),
    sysSize: field(u32le, 'Size of the kernel in paragraphs'),
    ramSize: field(u16le, 'Not used'),
    videoMode: field(u16le, 'Video mode (vga=)'),
    rootDevice: field(u16le, 'Default root device'),
    bootFlag: field(u16le, '0xaa55'),
    jump: field(u16le, 'Jump instruction'),
    magic: field(ascii(4), 'HdrS'),
    version: field(u16le, 'Version of the boot protocol'),
    realModeSwitch: field(u32le, 'Hook of the loader'),
    startSysSegment: field(u16le, 'Not used'),
    kernelVersion: field(u16le, 'Offset of the version text'),
    typeOfLoader: field(u8, 'Loader that boots the kernel; 0xb0 is QEMU'),
    loadFlags: field(flags(u8, LOAD_FLAGS), 'How the kernel is loaded'),
    setupMoveSize: field(u16le, 'Size to move'),
    code32Start: field(u32le, 'Entry point of 32 bits'),
    ramdiskImage: field(u32le, 'Address of the initrd'),
    ramdiskSize: field(u32le, 'Size of the initrd'),
    bootsectKludge: field(u32le, 'Not used'),
    heapEndPointer: field(u16le, 'End of the heap of the setup code'),
    extLoaderVersion: field(u8, 'Version of the loader, extended'),
    extLoaderType: field(u8, 'Type of the loader, extended'),
    cmdLinePointer: field(u32le, 'Address of the command line'),
    initrdAddressMax: field(u32le, 'Highest address of the initrd'),
    kernelAlignment: field(u32le, 'Alignment of the kernel'),
    relocatableKernel: field(u8, 'The kernel can be relocated'),
    minAlignment: field(u8, 'Least alignment, as a power of two'),
    xloadFlags: field(flags(u16le, XLOAD_FLAGS), 'What else the kernel can'),
  },
);
