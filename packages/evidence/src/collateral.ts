/** Collateral: files whose content says what they are. The JSON of a technology is left to it. */
import { fromHex, latin1Text, utf8Text, type Issue, type Place } from '@tsm/core';
import { parseCertificate, type Certificate } from './x509/certificate.ts';
import { collateralPath } from './check-place.ts';
import type { CheckList } from './checks.ts';
import { coseKey } from './cose/cose-key.ts';
import { parseCrl, type Crl } from './x509/crl.ts';
import { EVIDENCE_ISSUES } from './issues.ts';
import { jsonOf, publicKeyFrom, publicKeyFromJwk } from './keys/key-file.ts';
import { parsePem } from './x509/pem.ts';
import { parsePublicKey, type PublicKey } from './keys/public-key.ts';

/** A JSON file that is no key; `text` as it was served. */
export interface JsonFile {
  readonly value: unknown;
  readonly text: string;
  readonly place: Place;
}

export interface KeyFile extends PublicKey {
  readonly place: Place;
}

/** What files hold, in their order. The path of every place is `collateral[i]`, by file. */
export interface Collateral {
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  readonly keys: readonly KeyFile[];
  readonly json: readonly JsonFile[];
  readonly issues: readonly Issue[];
}

const SEQUENCE = 0x30;

class CollateralReader {
  readonly certificates: Certificate[] = [];
  readonly crls: Crl[] = [];
  readonly keys: KeyFile[] = [];
  readonly json: JsonFile[] = [];
  readonly issues: Issue[] = [];

  file(bytes: Uint8Array, place: Place): void {
    if (bytes[0] === SEQUENCE) this.der(bytes, place);
    else this.text(bytes, place);
  }

  private text(bytes: Uint8Array, place: Place): void {
    const start = /[^\s\0\u00ef\u00bb\u00bf]/.exec(latin1Text(bytes.subarray(0, 64)))?.[0];
    if (start === '{' || start === '[') {
      this.jsonText(utf8Text(bytes), place);
      return;
    }
    const text = latin1Text(bytes);
    if (text.includes('-----BEGIN ')) this.pem(bytes, place);
    else this.other(bytes, text, place);
  }

  /** DER in hex, as the caching services hand out revocation lists, a bare point, or a COSE_Key. */
  private other(bytes: Uint8Array, text: string, place: Place): void {
    // Hex first: it is known by a look, while a list that is long would be tried as every kind of key.
    const der = fromHex(text.trim());
    if (der?.[0] === SEQUENCE) {
      this.der(der, place);
      return;
    }
    const key = publicKeyFrom(bytes) ?? coseKey(bytes);
    if (key) this.keys.push({ ...key, place });
    else this.issues.push(EVIDENCE_ISSUES.make('collateral.unknown', place, undefined));
  }

  private jsonText(text: string, place: Place): void {
    const value = jsonOf(text.replace(/^\ufeff|[\s\0]+$/g, ''));
    if (value === undefined) {
      this.issues.push(EVIDENCE_ISSUES.make('collateral.unknown', place, undefined));
      return;
    }
    const key = publicKeyFromJwk(value);
    if (key) this.keys.push({ ...key, place });
    else this.json.push({ value, text, place });
  }

  private pem(bytes: Uint8Array, place: Place): void {
    const { blocks, issues } = parsePem(bytes, place);
    this.issues.push(...issues);
    for (const { der, offset, length } of blocks) this.der(der, { path: place.path, offset, length });
  }

  private der(bytes: Uint8Array, place: Place): void {
    const { certificate, issues } = parseCertificate(bytes, place);
    if (certificate) {
      this.certificates.push(certificate);
      this.issues.push(...issues);
    } else if (!this.crl(bytes, place)) {
      const key = parsePublicKey(bytes).value;
      const reason = issues[0]?.message ?? '';
      if (key) this.keys.push({ ...key, place });
      else this.issues.push(EVIDENCE_ISSUES.make('collateral.malformed', place, { reason }));
    }
  }

  /** True when it is a revocation list. */
  private crl(bytes: Uint8Array, place: Place): boolean {
    const { crl, issues } = parseCrl(bytes, place);
    if (!crl) return false;
    this.crls.push(crl);
    this.issues.push(...issues);
    return true;
  }
}

/** Reads certificates, revocation lists and keys (DER, PEM, hex, JWK, COSE_Key) and JSON. Never throws on data. */
export function readCollateral(files: readonly Uint8Array[]): Collateral {
  const reader = new CollateralReader();
  for (const [i, bytes] of files.entries())
    reader.file(bytes, { path: collateralPath(i), offset: 0, length: bytes.length });
  const { certificates, crls, keys, json, issues } = reader;
  return { certificates, crls, keys, json, issues };
}

/** One check: what is given as collateral must be readable. Files of kinds that nobody here knows are left out, and said. */
export function checkCollateral(checks: CheckList, { issues }: Collateral): boolean {
  const error = issues.find(({ severity }) => severity === 'error');
  for (const { code, path, message } of issues)
    if (code === 'collateral.unknown') checks.notChecked(path, message);
  return checks.check('collateral.files', 'every collateral file can be read', !error, {
    ...(error && { actual: `${error.path}: ${error.message}` }),
    remedy: 'give the file as its issuer serves it, or leave it out',
  });
}
