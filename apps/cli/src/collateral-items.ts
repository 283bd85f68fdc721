/** What files of collateral hold, down to the pieces inside JSON, each with the time in which it counts. */
import { unwrap, utf8Bytes, type Issue, type Node } from '@tsm/core';
import {
  certificateNode,
  derNode,
  readCollateral,
  type Certificate,
  type Collateral,
  type Crl,
  type KeyFile,
} from '@tsm/evidence';

export interface CollateralItem {
  /** Path of the file. */
  readonly file: string;
  readonly kind: 'certificate' | 'crl' | 'key' | 'json';
  /** Whose it is. */
  readonly title: string;
  readonly issuer?: string;
  readonly from?: Date;
  /** First moment at which it no longer counts. */
  readonly until?: Date;
  /** Every field with its bytes, where it is no JSON. */
  readonly tree?: Node | undefined;
}

export interface CollateralItems {
  readonly items: readonly CollateralItem[];
  readonly issues: readonly Issue[];
}

/** The common name, where there is one: the rest is the same for all certificates of a vendor. */
function commonName(name: string): string {
  return /(?:^|,)CN=((?:\\.|[^,\\])+)/.exec(name)?.[1] ?? name;
}

function ofCertificate(file: string, certificate: Certificate): CollateralItem {
  return {
    ...{ file, kind: 'certificate', title: commonName(certificate.subject) },
    ...{ issuer: commonName(certificate.issuer), from: certificate.notBefore, until: certificate.notAfter },
    tree: certificateNode(certificate, 'certificate'),
  };
}

function ofCrl(file: string, crl: Crl): CollateralItem {
  return {
    ...{ file, kind: 'crl', title: `${crl.count} revoked by ${commonName(crl.issuer)}` },
    ...{ issuer: commonName(crl.issuer), from: crl.thisUpdate },
    ...(crl.nextUpdate ? { until: crl.nextUpdate } : {}),
    tree: certificateNode(crl, 'crl'),
  };
}

function ofKey(file: string, key: KeyFile): CollateralItem {
  return { file, kind: 'key', title: `${key.kind} public key`, tree: derNode(key.spki, 'publicKey') };
}

function dateOf(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}

/** JSON inside JSON inside JSON is opened; deeper is not. */
const MAX_DEPTH = 4;
/** A shorter text holds no certificate. */
const MIN_TEXT = 64;

/** JSON that says when it was issued, and whatever else its texts hold: PEM chains, lists in hex, JSON as text. */
function* inside(file: string, value: unknown, name: string, depth: number): Generator<CollateralItem> {
  if (depth > MAX_DEPTH) return;
  if (typeof value === 'string' && value.length >= MIN_TEXT) {
    const bytes = utf8Bytes(value);
    // Hex and base64 inside JSON are bytes; text that is neither is read as it stands.
    const known = (content: Uint8Array): true | undefined =>
      itemCount(readCollateral([content])) > 0 || undefined;
    yield* ofFile(file, known(bytes) ? bytes : (unwrap(bytes, known)?.bytes ?? bytes), name, depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    const json = value as Readonly<Record<string, unknown>>;
    const [from, until] = [dateOf(json['issueDate']), dateOf(json['nextUpdate'])];
    if (from && until) {
      const about = [json['id'], json['fmspc']].filter((one) => typeof one === 'string').join(' ');
      yield { file, kind: 'json', title: about === '' ? name : `${name} ${about}`, from, until };
      return;
    }
    for (const [key, inner] of Object.entries(json)) yield* inside(file, inner, key, depth + 1);
  }
}

function itemCount({ certificates, crls, keys, json }: Collateral): number {
  return certificates.length + crls.length + keys.length + json.length;
}

function* ofFile(file: string, bytes: Uint8Array, name: string, depth: number): Generator<CollateralItem> {
  const { certificates, crls, keys, json } = readCollateral([bytes]);
  for (const one of certificates) yield ofCertificate(file, one);
  for (const one of crls) yield ofCrl(file, one);
  for (const one of keys) yield ofKey(file, one);
  for (const { value } of json) yield* inside(file, value, name, depth);
}

/** All that a file holds; issues where it is, or ought to be, collateral and cannot be read. */
export function collateralItems(file: string, bytes: Uint8Array): CollateralItems {
  const name = file.split(/[\\/]/).at(-1) ?? file;
  return { items: [...ofFile(file, bytes, name, 0)], issues: readCollateral([bytes]).issues };
}
