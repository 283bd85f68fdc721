/** Kernels for launches: a header that says where it wants to be, and nothing behind it. */
import { encode } from '@tsm/core/layout';
import { Arm64Image, ARM64_MAGIC } from '../../src/layout/index.ts';

/** 64 bytes. `imageSize`: what it takes in memory. */
export function arm64Image(textOffset = 0n, imageSize = 0n): Uint8Array {
  return encode(Arm64Image, {
    ...{ code0: 0, code1: 0, textOffset, imageSize, flags: 0n },
    ...{ res2: 0n, res3: 0n, res4: 0n, magic: ARM64_MAGIC, res5: 0 },
  });
}
