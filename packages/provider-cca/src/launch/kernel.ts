/** The header of a Linux kernel for arm64. Source: Linux Documentation/arch/arm64/booting.rst. */
import type { Issue } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { CCA_ISSUES } from '../issues.ts';
import { Arm64Image, ARM64_MAGIC } from '../layout/arm64-image.ts';

export interface KernelImage {
  /** Distance of the image from the address at which a VMM loads kernels. */
  readonly textOffset: bigint;
  /** Size in memory, including what is zeroed; never measured. */
  readonly loadSize: bigint;
}

const GZIP = [0x1f, 0x8b];

/** Offset and size of a kernel. What is no uncompressed Image is an issue, and is taken to be loaded without offset. */
export function kernelImage(bytes: Uint8Array): {
  readonly image: KernelImage;
  readonly issues: readonly Issue[];
} {
  const header = decode(Arm64Image, bytes).value;
  if (header?.magic === ARM64_MAGIC) {
    return { image: { textOffset: header.textOffset, loadSize: header.imageSize }, issues: [] };
  }
  const compressed = GZIP.every((byte, i) => bytes[i] === byte);
  const found = compressed ? 'a gzip file: unpack it first' : 'no arm64 magic at byte 0x38';
  const place = { path: 'kernel', offset: compressed ? 0 : 0x38, length: 0 };
  return {
    image: { textOffset: 0n, loadSize: BigInt(bytes.length) },
    issues: [CCA_ISSUES.make('cca.launch-kernel', place, { found })],
  };
}
