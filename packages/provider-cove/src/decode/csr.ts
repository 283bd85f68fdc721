/** Certification requests, which salus takes where the specification takes a key. Source: RFC 2986 §4. */
import { equalBytes, type Issue, type Place, type SignatureScheme, type SignatureVerifier } from '@tsm/core';
import { encodeDer, parseDer, publicKeyFrom, type DerValue, type PublicKey } from '@tsm/evidence';
import { COVE_ISSUES } from '../issues.ts';

/** Signature algorithms of requests, by OID; none of them has parameters. */
const SCHEMES: ReadonlyMap<string, SignatureScheme> = new Map([
  ['1.3.101.112', 'ed25519'],
  ['1.2.840.10045.4.3.2', 'ecdsa-p256-sha256'],
  ['1.2.840.10045.4.3.3', 'ecdsa-p384-sha384'],
]);

export interface CertificateRequest {
  readonly der: Uint8Array;
  /** As it is encoded: goes into the certificate unchanged. */
  readonly subject: DerValue;
  readonly publicKey: PublicKey;
  /** The signed bytes. */
  readonly info: Uint8Array;
  readonly signature: {
    readonly algorithm: string;
    /** Undefined for an algorithm that is not known here. */
    readonly scheme: SignatureScheme | undefined;
    readonly value: Uint8Array;
  };
}

export interface ParsedRequest {
  /** Undefined when the bytes are not a request. */
  readonly request: CertificateRequest | undefined;
  readonly issues: readonly Issue[];
}

const kindsOf = (values: readonly DerValue[]): string => values.map(({ kind }) => kind).join(' ');

const spanOf = (der: Uint8Array, { offset = 0, length = 0 }: DerValue): Uint8Array =>
  der.subarray(offset, offset + length);

function partsOf(value: DerValue): readonly DerValue[] {
  return value.kind === 'sequence' ? value.value : [];
}

function requestOf(der: Uint8Array, whole: DerValue): CertificateRequest | string {
  const [info, algorithm, signature] = partsOf(whole);
  if (
    kindsOf(partsOf(whole)) !== 'sequence sequence bits' ||
    !info ||
    !algorithm ||
    signature?.kind !== 'bits'
  )
    return 'expected what is requested, an algorithm and a signature';
  const [version, subject, spki, ...attributes] = partsOf(info);
  if (version?.kind !== 'integer' || subject?.kind !== 'sequence' || spki?.kind !== 'sequence')
    return 'expected a version, a subject and a key';
  if (version.value !== 0n) return `version ${String(version.value)}, expected 0`;
  if (attributes.some((one) => one.kind !== 'tagged' || one.number !== 0))
    return 'unknown fields after the key';
  const publicKey = publicKeyFrom(spanOf(der, spki));
  if (!publicKey) return 'the key cannot be read';
  const [oid, ...parameters] = partsOf(algorithm);
  if (oid?.kind !== 'oid') return 'the algorithm has no identifier';
  const scheme = parameters.length === 0 ? SCHEMES.get(oid.value) : undefined;
  return {
    der,
    subject,
    publicKey,
    info: spanOf(der, info),
    signature: { algorithm: oid.value, scheme, value: signature.value },
  };
}

/** One PKCS #10 request, DER. Never throws on data. */
export function parseRequest(
  der: Uint8Array,
  place: Place = { path: '', offset: 0, length: der.length },
): ParsedRequest {
  const read = parseDer(der);
  const { value } = read;
  const found = value ? requestOf(der, value) : read.reason;
  const trailing = value && (value.length ?? 0) !== der.length;
  const reason = trailing ? 'bytes after the request' : typeof found === 'string' ? found : undefined;
  if (reason === undefined && typeof found === 'object') return { request: found, issues: [] };
  const at = { ...place, offset: place.offset + ('offset' in read ? read.offset : 0) };
  return { request: undefined, issues: [COVE_ISSUES.make('cove.request', at, { reason: reason ?? '' })] };
}

/** Whether the request is signed with the key that it is for. */
export function verifyRequest(request: CertificateRequest, verifier: SignatureVerifier): Promise<boolean> {
  const { publicKey, info, signature } = request;
  if (!signature.scheme) return Promise.resolve(false);
  return verifier.verify(signature.scheme, publicKey.spki, signature.value, info);
}

/** A request for an Ed25519 key, without attributes. `sign` gets the bytes to be signed. */
export function encodeRequest(
  subject: DerValue,
  spki: Uint8Array,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const key = parseDer(spki).value;
  if (!key || !equalBytes(encodeDer(key), spki)) throw new TypeError('spki: expected a SubjectPublicKeyInfo');
  const info: DerValue = {
    kind: 'sequence',
    value: [{ kind: 'integer', value: 0n }, subject, key, { kind: 'tagged', number: 0, value: [] }],
  };
  const algorithm: DerValue = { kind: 'sequence', value: [{ kind: 'oid', value: '1.3.101.112' }] };
  const signature: DerValue = { kind: 'bits', value: sign(encodeDer(info)) };
  return encodeDer({ kind: 'sequence', value: [info, algorithm, signature] });
}
