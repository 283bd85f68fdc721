/** Fields of the TD report in a quote's body by their offsets, for verdicts and claims. */
import { TdQuoteBody15 } from './layout/quote.ts';
import type { Part, QuoteParts } from './quote-parts.ts';

/** The larger body begins with the smaller. */
type Field = keyof ReturnType<typeof TdQuoteBody15.read>;

export type TdBody = Readonly<Record<Exclude<Field, 'teeTcbSvn2' | 'mrServiceTd'>, Part>> &
  Readonly<Partial<Record<'teeTcbSvn2' | 'mrServiceTd', Part>>>;

/** Offset and size of every field, from the table. */
const FIELDS = ((): readonly (readonly [name: string, offset: number, size: number])[] => {
  let offset = 0;
  return Object.entries(TdQuoteBody15.rows).map(([name, { codec }]) => {
    const size = codec.size ?? 0;
    offset += size;
    return [name, offset - size, size] as const;
  });
})();

/** All fields that the body has. */
export function tdBody({ body }: QuoteParts): TdBody {
  const fields: Record<string, Part> = {};
  for (const [name, offset, size] of FIELDS) {
    if (offset + size > body.bytes.length) break;
    fields[name] = { bytes: body.bytes.subarray(offset, offset + size), offset: body.offset + offset };
  }
  return fields as TdBody;
}
