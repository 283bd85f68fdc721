/** DER values as plain data, for the vendors' extensions. Source: ITU-T X.690. */
import {
  AsnConvert,
  AsnIntegerBigIntConverter,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
  OctetString,
} from '@peculiar/asn1-schema';

/** The kinds of value that certificate extensions of attestation are made of. */
export type DerValue =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'enumerated'; readonly value: number }
  | { readonly kind: 'octets'; readonly value: Uint8Array }
  | { readonly kind: 'oid'; readonly value: string }
  | { readonly kind: 'sequence'; readonly value: readonly DerValue[] };

/** What was read, or in words why it could not be. */
export type Read<T> =
  { readonly value: T; readonly reason?: never } | { readonly value?: never; readonly reason: string };

/** Reads with the ASN.1 library, which throws on data: here that becomes a reason. */
export function attempt<T>(read: () => T): Read<T> {
  try {
    return { value: read() };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

export function writeAsn1(value: object): Uint8Array {
  return new Uint8Array(AsnConvert.serialize(value));
}

/** ASN.1 `CHOICE` of the kinds; exactly one member is set. */
class Choice {
  boolean?: boolean;
  integer?: bigint;
  enumerated?: number;
  octets?: OctetString;
  oid?: string;
  sequence?: Choice[];
}

AsnProp({ type: AsnPropTypes.Boolean })(Choice.prototype, 'boolean');
AsnProp({ type: AsnPropTypes.Integer, converter: AsnIntegerBigIntConverter })(Choice.prototype, 'integer');
AsnProp({ type: AsnPropTypes.Enumerated })(Choice.prototype, 'enumerated');
AsnProp({ type: OctetString })(Choice.prototype, 'octets');
AsnProp({ type: AsnPropTypes.ObjectIdentifier })(Choice.prototype, 'oid');
AsnProp({ type: Choice, repeated: 'sequence' })(Choice.prototype, 'sequence');
AsnType({ type: AsnTypeTypes.Choice })(Choice);

function toValue(choice: Choice): DerValue {
  if (choice.boolean !== undefined) return { kind: 'boolean', value: choice.boolean };
  if (choice.integer !== undefined) return { kind: 'integer', value: choice.integer };
  if (choice.enumerated !== undefined) return { kind: 'enumerated', value: choice.enumerated };
  if (choice.octets !== undefined) return { kind: 'octets', value: new Uint8Array(choice.octets.buffer) };
  if (choice.oid !== undefined) return { kind: 'oid', value: choice.oid };
  return { kind: 'sequence', value: (choice.sequence ?? []).map(toValue) };
}

function toChoice(value: DerValue): Choice {
  const choice = new Choice();
  switch (value.kind) {
    case 'octets':
      choice.octets = new OctetString(value.value);
      break;
    case 'sequence':
      choice.sequence = value.value.map(toChoice);
      break;
    default:
      Object.assign(choice, { [value.kind]: value.value });
  }
  return choice;
}

/** One DER value of the kinds above; another kind anywhere inside is a reason. Bytes after it are left alone. */
export function parseDer(bytes: Uint8Array): Read<DerValue> {
  return attempt(() => toValue(AsnConvert.parse(bytes, Choice)));
}

export function encodeDer(value: DerValue): Uint8Array {
  return writeAsn1(toChoice(value));
}
