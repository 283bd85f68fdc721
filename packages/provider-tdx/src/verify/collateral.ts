/** Collateral of TDX, read by content: what Intel's services serve, and the one JSON file that dcap-qvl makes of it. Source: Intel PCS API v4. */
import { fromHex, utf8Bytes, utf8Text, type VerifyCache } from '@tsm/core';
import {
  keep,
  parseCertificate,
  parseCrl,
  parsePem,
  readCollateral as readFiles,
  recall,
  type Certificate,
  type Collateral as Files,
  type Crl,
} from '@tsm/evidence';
import { isJsonObject, readJson, type Json, type JsonObject } from './json.ts';

/** TCB info or QE identity: the object as it was served, and the signature over its text. */
export interface SignedJson {
  readonly object: JsonObject;
  /** r‖s, 64 bytes; undefined where there is none that could be read. */
  readonly signature: Uint8Array | undefined;
  /** `collateral[0].tcb_info` */
  readonly path: string;
}

/** Something in the collateral, and why it is of no use. */
interface Remark {
  readonly path: string;
  readonly reason: string;
}

export interface Collateral {
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  readonly tcbInfos: readonly SignedJson[];
  readonly qeIdentities: readonly SignedJson[];
  /** What says that it is collateral, and cannot be read. */
  readonly broken: readonly Remark[];
  /** Files that are none of it. */
  readonly unread: readonly Remark[];
}

/** Members of dcap-qvl's JSON: certificates in PEM, lists in hex. */
const CHAINS = [
  ...['pck_crl_issuer_chain', 'tcb_info_issuer_chain'],
  ...['qe_identity_issuer_chain', 'pck_certificate_chain'],
];
const LISTS: ReadonlySet<string> = new Set(['root_ca_crl', 'pck_crl']);

/** Signed objects: member of Intel's JSON, member of dcap-qvl's. */
const SIGNED = [
  { inner: 'tcbInfo', member: 'tcb_info', kind: 'tcbInfos' },
  { inner: 'enclaveIdentity', member: 'qe_identity', kind: 'qeIdentities' },
] as const;

const MEMBERS: ReadonlySet<string> = new Set([...CHAINS, ...LISTS, ...SIGNED.map(({ member }) => member)]);

const OPENING_BRACE = 0x7b;

function signatureOf(value: Json | undefined): Uint8Array | undefined {
  const bytes = typeof value === 'string' ? fromHex(value) : undefined;
  return bytes?.length === 64 ? bytes : undefined;
}

/** PEM as HTTP headers carry it (`-----BEGIN%20CERTIFICATE-----%0A…`), made plain; anything else as it is. */
function decodedUri(bytes: Uint8Array): Uint8Array {
  const start = utf8Text(bytes.subarray(0, 64));
  if (!/^\s*(-|%2d){5}BEGIN%20/i.test(start)) return bytes;
  try {
    return utf8Bytes(decodeURIComponent(utf8Text(bytes)));
  } catch (error) {
    // Not URL-encoded after all: read as it is, it is then said to be nothing that is known.
    if (error instanceof URIError) return bytes;
    throw error;
  }
}

class Reader {
  readonly certificates: Certificate[] = [];
  readonly crls: Crl[] = [];
  readonly tcbInfos: SignedJson[] = [];
  readonly qeIdentities: SignedJson[] = [];
  readonly broken: Remark[] = [];
  readonly unread: Remark[] = [];
  /** Chains and lists that were read: dcap-qvl's file has the same chain twice. */
  private readonly seen = new Set<string>();

  file(bytes: Uint8Array, path: string): void {
    // The usual file is known by its first byte; all that is not read so is for the reader of every kind.
    if (bytes[0] === OPENING_BRACE && this.known(readJson(utf8Text(bytes)).value, path)) return;
    const files = readFiles([decodedUri(bytes)]);
    this.add(files, path);
    for (const { code, severity, message } of files.issues) {
      if (code === 'collateral.unknown') this.unread.push({ path, reason: message });
      else if (severity === 'error') this.broken.push({ path, reason: message });
    }
    for (const { text } of files.json) this.json(text, path);
  }

  /** Takes over certificates and lists, with the path by which they are known here. */
  private add({ certificates, crls }: Pick<Files, 'certificates' | 'crls'>, path: string): void {
    this.certificates.push(...certificates.map((one) => ({ ...one, place: { ...one.place, path } })));
    this.crls.push(...crls.map((one) => ({ ...one, place: { ...one.place, path } })));
  }

  private json(text: string, path: string): void {
    const { value, reason } = readJson(text);
    if (reason !== undefined) this.broken.push({ path, reason: `not JSON: ${reason}` });
    else if (!this.known(value, path))
      this.unread.push({ path, reason: 'JSON without TCB info or QE identity' });
  }

  /** True for JSON of a kind that is read here. */
  private known(value: Json | undefined, path: string): boolean {
    return isJsonObject(value) && (this.service(value, path) || this.bundle(value, path));
  }

  /** `{"tcbInfo":{…},"signature":"…"}` or the same with `enclaveIdentity`. */
  private service({ members }: JsonObject, path: string): boolean {
    const found = SIGNED.filter(({ inner }) => members.has(inner));
    for (const { inner, kind } of found) {
      const object = members.get(inner);
      const at = `${path}.${inner}`;
      if (isJsonObject(object))
        this[kind].push({ object, signature: signatureOf(members.get('signature')), path: at });
      else this.broken.push({ path: at, reason: 'not an object' });
    }
    return found.length > 0;
  }

  /** dcap-qvl's file: every member is a string. */
  private bundle({ members }: JsonObject, path: string): boolean {
    const texts = [...members].filter(([name]) => MEMBERS.has(name));
    for (const [name, value] of texts) {
      const at = `${path}.${name}`;
      const reason = typeof value === 'string' ? this.part(name, value, at, members) : `not a string`;
      if (reason !== undefined) this.broken.push({ path: at, reason });
    }
    return texts.length > 0;
  }

  /** One member. Gives back why it cannot be read. */
  private part(
    name: string,
    text: string,
    path: string,
    members: ReadonlyMap<string, Json>,
  ): string | undefined {
    const signed = SIGNED.find(({ member }) => member === name);
    if (!signed) return this.chainOrList(name, text, path);
    const { value, reason } = readJson(text);
    if (reason !== undefined) return `not JSON: ${reason}`;
    if (!isJsonObject(value)) return 'not a JSON object';
    // Some write the whole answer of the service here, with its signature.
    if (this.service(value, path)) return undefined;
    this[signed.kind].push({ object: value, signature: signatureOf(members.get(`${name}_signature`)), path });
    return undefined;
  }

  /** Certificates or a list: first as the name says, then as anything that has them. */
  private chainOrList(name: string, text: string, path: string): string | undefined {
    if (this.seen.has(text)) return undefined;
    this.seen.add(text);
    const der = fromHex(text);
    if (LISTS.has(name) ? der && this.list(der, path) : this.chain(text, path)) return undefined;
    const { certificates, crls, issues } = readFiles([der ?? utf8Bytes(text)]);
    this.add({ certificates, crls }, path);
    return certificates.length + crls.length > 0 ? undefined : (issues[0]?.message ?? 'unknown');
  }

  /** True when it is a list. */
  private list(der: Uint8Array, path: string): boolean {
    const { crl } = parseCrl(der, { path, offset: 0, length: der.length });
    if (crl) this.crls.push(crl);
    return crl !== undefined;
  }

  /** True when it is PEM with certificates and nothing else. */
  private chain(text: string, path: string): boolean {
    const { blocks, issues } = parsePem(text, { path, offset: 0 });
    const certificates = blocks.flatMap(
      ({ der, offset, length }) => parseCertificate(der, { path, offset, length }).certificate ?? [],
    );
    if (issues.length > 0 || certificates.length < blocks.length) return false;
    this.certificates.push(...certificates);
    return true;
  }
}

/** What the files hold; the same files give the same object out of the cache. Never throws on data. */
export function readCollateral(files: readonly Uint8Array[], cache: VerifyCache | undefined): Collateral {
  const known = recall(cache, 'tdx.collateral', files) as Collateral | undefined;
  if (known) return known;
  const reader = new Reader();
  for (const [i, bytes] of files.entries()) reader.file(bytes, `collateral[${String(i)}]`);
  const { certificates, crls, tcbInfos, qeIdentities, broken, unread } = reader;
  const read = { certificates, crls, tcbInfos, qeIdentities, broken, unread };
  if (cache) keep(cache, 'tdx.collateral', files, read);
  return read;
}
