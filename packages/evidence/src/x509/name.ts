/** Distinguished names: text to read them by, and names to mint. Source: RFC 4514; RFC 5280 §4.1.2.4. */
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import { toHex } from '@tsm/core';
import { readOid, readText } from '../der/der-primitives.ts';
import { TAG, type DerReader, type Tlv } from '../der/der-reader.ts';

/** Attribute types with a short name (RFC 4514 §3); `serialNumber` is X.520's, as DICE chains use it. */
export const ATTRIBUTE_TYPES = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  serialNumber: '2.5.4.5',
} as const;

const SHORT_NAMES = new Map<string, string>(
  Object.entries(ATTRIBUTE_TYPES).map(([name, oid]) => [oid, name]),
);

/** A name to mint: one attribute for each part, encoded in the order given. */
export type DistinguishedName = Readonly<Partial<Record<keyof typeof ATTRIBUTE_TYPES, string>>>;

function escaped(text: string): string {
  // Nearly every name, in one look.
  if (!/[\\",+;<>]|^[ #]| $/.test(text) && !text.includes('\0')) return text;
  return text
    .replace(/[\\",+;<>]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replace(/^[ #]| $/g, '\\$&');
}

/** A type without a short name goes as its OID, and its value as DER in hex (RFC 4514 §2.4). */
function attributeText(reader: DerReader): string {
  const type = readOid(reader, reader.expect(TAG.OID, 'attribute type'));
  const tlv = reader.next('attribute value');
  reader.done('the attribute');
  const name = SHORT_NAMES.get(type);
  const text = name === undefined ? undefined : readText(reader, tlv);
  return name === undefined || text === undefined
    ? `${name ?? type}=#${toHex(reader.view(tlv))}`
    : `${name}=${escaped(text)}`;
}

/** RFC 4514 text: the last part of the encoding first, `C=US,O=Intel Corporation,CN=Intel SGX Root CA`. */
export function readName(reader: DerReader, name: Tlv): string {
  const parts: string[] = [];
  const inner = reader.into(name);
  while (inner.more) {
    const attributes: string[] = [];
    const set = inner.into(inner.expect(TAG.SET, 'relative name'));
    do attributes.push(attributeText(set.sequence('attribute')));
    while (set.more);
    parts.push(attributes.join('+'));
  }
  return parts.reverse().join(',');
}

/** `C` and `serialNumber` must be PrintableString (RFC 5280 appendix A.1); all others are UTF-8. */
export function encodeName(parts: DistinguishedName): Name {
  const attributes = Object.entries(parts).map(([name, text]) => {
    const type = ATTRIBUTE_TYPES[name as keyof DistinguishedName];
    const printable = name === 'C' || name === 'serialNumber';
    const value = new AttributeValue(printable ? { printableString: text } : { utf8String: text });
    return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })]);
  });
  return new Name(attributes);
}
