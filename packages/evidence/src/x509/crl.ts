/** Certificate revocation lists. Source: RFC 5280 §5. */
import { equalBytes, type Issue, type Place } from '@tsm/core';
import { attempt, integerContent } from '../der/der.ts';
import { integerOctets, readInteger, readSmall, readTime } from '../der/der-primitives.ts';
import { DerError, TAG, type DerReader, type Tlv } from '../der/der-reader.ts';
import {
  EXTENSION,
  readAuthorityKeyIdentifier,
  readExtensions,
  type CertificateExtension,
} from './extension-list.ts';
import { EVIDENCE_ISSUES } from '../issues.ts';
import { readName } from './name.ts';
import {
  partRange,
  readSigned,
  signedIssues,
  stopPlace,
  type PartRange,
  type SignatureField,
} from './signed.ts';

export type CrlPart = 'tbs' | 'issuer' | 'revoked' | 'extensions' | 'signature';

/** One entry of a list. */
export interface RevokedCertificate {
  readonly serial: bigint;
  readonly date: Date;
  /** Bytes of the entry, from the start of the list. */
  readonly offset: number;
  readonly length: number;
}

/** A list. All bytes in it are views of one copy of the input. */
export interface Crl {
  readonly der: Uint8Array;
  /** Where it stands in the input as given. */
  readonly place: Place;
  /** RFC 4514 text. */
  readonly issuer: string;
  /** The name as it is encoded. */
  readonly issuerDer: Uint8Array;
  readonly thisUpdate: Date;
  /** Undefined where the list does not say: then nothing tells whether it is fresh. */
  readonly nextUpdate: Date | undefined;
  /** By OID. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  readonly authorityKeyId: Uint8Array | undefined;
  /** OIDs of critical extensions of entries. */
  readonly criticalEntryExtensions: readonly string[];
  /** The signed bytes. */
  readonly tbs: Uint8Array;
  readonly signature: SignatureField;
  readonly parts: Readonly<Partial<Record<CrlPart, PartRange>>>;
  /** Number of entries. */
  readonly count: number;
  /** What is wrong with it. */
  readonly issues: readonly Issue[];
  /** The entry for a serial number, or undefined. */
  revoked(serial: bigint): RevokedCertificate | undefined;
}

/** The entries stay bytes: four offsets each would cost more than reading one again. */
class Entries {
  readonly critical = new Set<string>();
  readonly count: number;
  private readonly reader: DerReader;
  private readonly tlv: Tlv | undefined;

  constructor(reader: DerReader, tlv: Tlv | undefined, place: Place, issues: Issue[]) {
    this.reader = reader;
    this.tlv = tlv;
    let count = 0;
    for (const entry of this.each()) {
      const inner = reader.into(entry);
      integerOctets(inner, inner.expect(TAG.INTEGER, 'userCertificate'));
      readTime(inner, inner.next('revocationDate'));
      if (inner.more) this.noteExtensions(inner.sequence('crlEntryExtensions'), place, issues);
      inner.done('the entry');
      count++;
    }
    this.count = count;
  }

  find(serial: bigint): RevokedCertificate | undefined {
    const { reader } = this;
    const wanted = integerContent(serial);
    for (const entry of this.each()) {
      const inner = reader.into(entry);
      const tlv = inner.expect(TAG.INTEGER, 'userCertificate');
      if (!equalBytes(inner.contentOf(tlv), wanted)) continue;
      const date = readTime(inner, inner.next('revocationDate'));
      return {
        ...{ serial: readInteger(inner, tlv), date },
        ...{ offset: entry.start, length: entry.end - entry.start },
      };
    }
    return undefined;
  }

  private *each(): Generator<Tlv> {
    const list = this.tlv && this.reader.into(this.tlv);
    while (list?.more) yield list.expect(TAG.SEQUENCE, 'revoked certificate');
  }

  private noteExtensions(list: DerReader, place: Place, issues: Issue[]): void {
    for (const { oid, critical } of readExtensions('crl', list, place, issues).values())
      if (critical) this.critical.add(oid);
  }
}

const isTime = (tag: number): boolean => tag === TAG.UTC_TIME || tag === TAG.GENERALIZED_TIME;

/** Version 1 is the default and is not encoded; only version 2 has extensions. */
function readVersion(reader: DerReader): number {
  const field = reader.optional(TAG.INTEGER, 'version');
  const version = field ? readSmall(reader, field, 'version') : 0;
  if (version > 1) throw new DerError(field?.start ?? 0, `version ${String(version + 1)}`);
  return version;
}

function crlOf(given: Uint8Array, place: Place): Crl {
  const signed = readSigned(given, 'crl');
  const { der, signature, tbs } = signed;
  const reader = signed.reader.into(tbs);
  const version = readVersion(reader);
  const algorithm = reader.expect(TAG.SEQUENCE, 'signature');
  const issuer = reader.expect(TAG.SEQUENCE, 'issuer');
  const thisUpdate = readTime(reader, reader.next('thisUpdate'));
  const nextUpdate = isTime(reader.tag) ? readTime(reader, reader.next('nextUpdate')) : undefined;
  const revoked = reader.optional(TAG.SEQUENCE, 'revokedCertificates');
  const list = version === 1 ? reader.optional(TAG.CONTEXT_CONSTRUCTED, 'crlExtensions') : undefined;
  reader.done('the list');
  const issues = signedIssues('crl', given, signed, algorithm, place);
  const entries = new Entries(reader, revoked, place, issues);
  const extensions = list
    ? readExtensions('crl', reader.into(list).sequence('crlExtensions'), place, issues)
    : new Map<string, CertificateExtension>();
  const authority = extensions.get(EXTENSION.authorityKeyIdentifier);
  return {
    ...{ der, place, signature, tbs: reader.view(tbs), thisUpdate, nextUpdate, extensions, issues },
    issuer: readName(reader, issuer),
    issuerDer: reader.view(issuer),
    authorityKeyId: authority && readAuthorityKeyIdentifier(authority.value),
    criticalEntryExtensions: [...entries.critical],
    count: entries.count,
    parts: {
      ...{ tbs: partRange(tbs), issuer: partRange(issuer), signature: partRange(signed.value) },
      ...(revoked && { revoked: partRange(revoked) }),
      ...(list && { extensions: partRange(list) }),
    },
    revoked: (serial) => entries.find(serial),
  };
}

/** One DER list. Never throws on data: what is wrong comes back as issues. `place`: where it stands in its input. */
export function parseCrl(
  der: Uint8Array,
  place: Place = { path: '', offset: 0, length: der.length },
): { crl: Crl | undefined; issues: readonly Issue[] } {
  const read = attempt(() => crlOf(der, place));
  if (read.reason === undefined) return { crl: read.value, issues: read.value.issues };
  const { reason, offset } = read;
  const issue = EVIDENCE_ISSUES.make('crl.malformed', stopPlace(der, place, offset), { reason });
  return { crl: undefined, issues: [issue] };
}
