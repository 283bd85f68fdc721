/** Writing with the ASN.1 library: the one place that calls it. */
import { AsnConvert } from '@peculiar/asn1-schema';

export function writeAsn1(value: object): Uint8Array {
  return new Uint8Array(AsnConvert.serialize(value));
}
