/** What AMD's key server writes into a VCEK or VLEK: which chip, at which security versions. Spec: AMD KDS interface (57230), §3, table 8. */
import { isFilledWith, type Issue } from '@tsm/core';
import { encodeDer, parseDer, type Certificate, type CertificateExtension } from '@tsm/evidence';
import { SNP_ISSUES } from './issues.ts';
import { productOfName } from './products.ts';
import type { Tcb } from './tcb.ts';

const ARC = '1.3.6.1.4.1.3704.1';
const OID = {
  structVersion: `${ARC}.1`,
  productName: `${ARC}.2`,
  bootLoader: `${ARC}.3.1`,
  tee: `${ARC}.3.2`,
  snp: `${ARC}.3.3`,
  microcode: `${ARC}.3.8`,
  fmc: `${ARC}.3.9`,
  hwId: `${ARC}.4`,
  cspId: `${ARC}.5`,
} as const;
/** Tag of an IA5String. */
const IA5_STRING = 0x16;

/** The keys that sign reports. */
export type VekKind = 'vcek' | 'vlek';

export interface VekExtension {
  /** 0: Milan and Genoa, 1: since Turin. */
  readonly structVersion: number;
  /** Such as `Milan-B0`. */
  readonly productName: string;
  readonly tcb: Tcb;
  /** Of a VCEK: 64 bytes, since Turin 8. */
  readonly hwId?: Uint8Array;
  /** Of a VLEK: which cloud provider. */
  readonly cspId?: string;
}

/** The kind that a certificate says it is; undefined for one that is neither. */
export function vekKind({ subject }: Pick<Certificate, 'subject'>): VekKind | undefined {
  const name = /CN=SEV-(VCEK|VLEK)(?:,|$)/.exec(subject)?.[1];
  return name === undefined ? undefined : name === 'VCEK' ? 'vcek' : 'vlek';
}

/** Reads extensions as the type that AMD gives them; what does not fit becomes an issue. */
class Fields {
  readonly issues: Issue[] = [];
  private readonly certificate: Certificate;

  constructor(certificate: Certificate) {
    this.certificate = certificate;
  }

  has(field: keyof typeof OID): boolean {
    return this.certificate.extensions.has(OID[field]);
  }

  /** INTEGER from 0 to 255. */
  byte(field: keyof typeof OID): number {
    const read = this.der(field);
    if (read?.kind === 'integer' && read.value >= 0n && read.value <= 0xffn) return Number(read.value);
    this.refuse(field, 'an INTEGER of 8 bits');
    return 0;
  }

  text(field: keyof typeof OID): string {
    const read = this.der(field);
    if (read?.kind === 'text') return read.value;
    this.refuse(field, 'an IA5String');
    return '';
  }

  /** Bytes as they are, as AMD has them, or in an OCTET STRING. */
  octets(field: keyof typeof OID, size: number): Uint8Array {
    const value = this.certificate.extensions.get(OID[field])?.value;
    if (value?.length === size) return value;
    const read = this.der(field);
    if (read?.kind === 'octets' && read.value.length === size) return read.value;
    this.refuse(field, `${String(size)} bytes`);
    return new Uint8Array(size);
  }

  /** The one DER value of an extension; undefined for anything else. */
  private der(field: keyof typeof OID) {
    const bytes = this.certificate.extensions.get(OID[field])?.value;
    const { value } = bytes ? parseDer(bytes) : {};
    return value && bytes && value.length === bytes.length ? value : undefined;
  }

  private refuse(field: keyof typeof OID, expected: string): void {
    const args = { field, oid: OID[field], expected };
    this.issues.push(SNP_ISSUES.make('snp.kds-extension', this.certificate.place, args));
  }
}

/** What the certificate of a signing key says; undefined, with issues, when it does not say all of it. */
export function vekExtension(certificate: Certificate): {
  readonly extension?: VekExtension;
  readonly issues: readonly Issue[];
} {
  const fields = new Fields(certificate);
  const structVersion = fields.byte('structVersion');
  const productName = fields.text('productName');
  const product = productOfName(productName);
  const tcb = {
    ...(product?.tcb === 'turin' || fields.has('fmc') ? { fmc: fields.byte('fmc') } : {}),
    bootLoader: fields.byte('bootLoader'),
    tee: fields.byte('tee'),
    snp: fields.byte('snp'),
    microcode: fields.byte('microcode'),
  };
  const holder =
    vekKind(certificate) === 'vlek'
      ? { cspId: fields.text('cspId') }
      : { hwId: fields.octets('hwId', product?.hwIdSize ?? 64) };
  const { issues } = fields;
  return issues.length > 0
    ? { issues }
    : { extension: { structVersion, productName, tcb, ...holder }, issues };
}

/** The hardware id of a VCEK is that of the chip; what CHIP_ID has beyond it is zero. */
export function isChip(hwId: Uint8Array, chipId: Uint8Array): boolean {
  return hwId.every((byte, i) => byte === chipId[i]) && isFilledWith(chipId.subarray(hwId.length), 0);
}

/** The extensions of a certificate to mint. */
export function encodeVekExtension(extension: VekExtension): CertificateExtension[] {
  const { structVersion, productName, tcb, hwId, cspId } = extension;
  const row = (oid: string, value: Uint8Array): CertificateExtension => ({ oid, critical: false, value });
  const integer = (field: 'structVersion' | keyof Tcb, value: number) =>
    row(OID[field], encodeDer({ kind: 'integer', value: BigInt(value) }));
  const text = (field: 'productName' | 'cspId', value: string) =>
    row(OID[field], encodeDer({ kind: 'text', value, tag: IA5_STRING }));
  return [
    integer('structVersion', structVersion),
    text('productName', productName),
    ...(tcb.fmc === undefined ? [] : [integer('fmc', tcb.fmc)]),
    ...(['bootLoader', 'tee', 'snp', 'microcode'] as const).map((part) => integer(part, tcb[part])),
    ...(hwId ? [row(OID.hwId, hwId)] : []),
    ...(cspId === undefined ? [] : [text('cspId', cspId)]),
  ];
}
