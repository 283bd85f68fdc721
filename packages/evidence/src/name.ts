/** Distinguished names: text to read them by, and names to mint. Source: RFC 4514; RFC 5280 §4.1.2.4. */
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import { toHex } from '@tsm/core';
import { writeAsn1 } from './der.ts';

/** Attribute types with a short name (RFC 4514 §3). */
const ATTRIBUTE_TYPES = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
} as const;

const SHORT_NAMES = new Map<string, string>(
  Object.entries(ATTRIBUTE_TYPES).map(([name, oid]) => [oid, name]),
);

/** A name to mint: one attribute for each part, encoded in the order given. */
export type DistinguishedName = Readonly<Partial<Record<keyof typeof ATTRIBUTE_TYPES, string>>>;

function escaped(text: string): string {
  return text
    .replace(/[\\",+;<>]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replace(/^[ #]| $/g, '\\$&');
}

function attributeText({ type, value }: AttributeTypeAndValue): string {
  const name = SHORT_NAMES.get(type);
  // A type without a short name goes as its OID, and its value as DER in hex (RFC 4514 §2.4).
  return name === undefined ? `${type}=#${toHex(writeAsn1(value))}` : `${name}=${escaped(value.toString())}`;
}

/** RFC 4514 text: the last part of the encoding first, `C=US,O=Intel Corporation,CN=Intel SGX Root CA`. */
export function nameText(name: Name): string {
  return [...name]
    .reverse()
    .map((parts) => [...parts].map(attributeText).join('+'))
    .join(',');
}

/** `C` must be a PrintableString (RFC 5280 appendix A.1); all others are UTF-8. */
export function encodeName(parts: DistinguishedName): Name {
  const attributes = Object.entries(parts).map(([name, text]) => {
    const type = ATTRIBUTE_TYPES[name as keyof DistinguishedName];
    const value = new AttributeValue(name === 'C' ? { printableString: text } : { utf8String: text });
    return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })]);
  });
  return new Name(attributes);
}
