/** CBOR items in words, for messages. */
import type { CborItem } from '@tsm/evidence';

/** What kind of item this is, in words. */
export function itemWords(item: CborItem): string {
  switch (item.kind) {
    case 'tag':
      return `tag ${String(item.tag)}`;
    case 'bytes':
      return `a byte string of ${String(item.value.length)} bytes`;
    case 'text':
      return `the text ${JSON.stringify(item.value)}`;
    case 'array':
      return `an array of ${String(item.items.length)}`;
    case 'map':
      return `a map of ${String(item.entries.length)}`;
    case 'int':
      return `the number ${String(item.value)}`;
    default:
      return String(item.value);
  }
}
