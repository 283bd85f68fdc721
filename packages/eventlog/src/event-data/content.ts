/** Decoded event data: a kind, the sentence a person reads, the fields, and their bytes. */
import type { Issue, Node } from '@tsm/core';

/** What the data of one event means. */
export interface EventContent {
  /** Stable id of the structure, such as `uefi-variable`, `image-load`, `text`, `opaque`. */
  readonly kind: string;
  /** One line in words: `variable SecureBoot = 01`, `\EFI\BOOT\BOOTX64.EFI`. */
  readonly title: string;
  /** The fields as plain data: numbers, bigints, strings, byte views, arrays and objects of them. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Byte ranges of the fields, in offsets of the log; undefined for opaque data. */
  readonly tree: Node | undefined;
  readonly issues: readonly Issue[];
}
