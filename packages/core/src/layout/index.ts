/** Byte layouts as tables: one table a wire structure gives decode, encode, size, type, byte ranges and hover text. */
export {
  array,
  ascii,
  bytes,
  choice,
  enumOf,
  field,
  flagNames,
  flags,
  guid,
  prefixed,
  reserved,
  rest,
  u8,
  u16be,
  u16le,
  u32be,
  u32le,
  u64be,
  u64le,
  utf16,
  windowOf,
  type Codec,
  type Count,
  type EnumEntry,
  type EnumTable,
  type Field,
  type FlagTable,
  type Row,
  type Shape,
} from './codec.ts';
export type { Cursor, Siblings, Sink } from './cursor.ts';
export { describeLayout, typeText } from './describe.ts';
export { LAYOUT_ISSUES } from './issues.ts';
export {
  decode,
  decodeStrict,
  encode,
  sizeOf,
  struct,
  type Decoded,
  type DecodeOptions,
  type Infer,
  type Layout,
  type Rows,
  type RowValues,
} from './struct.ts';
export { hoverText, leaves, nodeAt, nodeOf, valueText, type Node } from './tree.ts';
