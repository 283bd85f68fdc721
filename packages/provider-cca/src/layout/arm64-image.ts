/** The header of a Linux kernel for arm64. Spec: Linux Documentation/arch/arm64/booting.rst, §4. */
import { field, struct, u32le, u64le } from '@tsm/core/layout';

/** "ARM\x64". */
export const ARM64_MAGIC = 0x644d5241;

/** 64 bytes. */
export const Arm64Image = struct('Arm64Image', 'Linux Documentation/arch/arm64/booting.rst, §4', {
  code0: field(u32le, 'Executable code'),
  code1: field(u32le, 'Executable code'),
  textOffset: field(u64le, 'Distance of the image from a 2 MiB boundary'),
  imageSize: field(u64le, 'Size in memory'),
  flags: field(u64le, 'Endianness, page size, placement'),
  res2: field(u64le, 'Reserved'),
  res3: field(u64le, 'Reserved'),
  res4: field(u64le, 'Reserved'),
  magic: field(u32le, '0x644d5241, "ARM\\x64"'),
  res5: field(u32le, 'Reserved; offset of the PE header'),
});
