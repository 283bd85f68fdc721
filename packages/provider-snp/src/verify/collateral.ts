/** What a verification is given beside the evidence, sorted by content; certificates of the evidence are among it. */
import { toHex, utf8Bytes, type Digests, type Issue, type Place, type VerifyCache } from '@tsm/core';
import {
  parseCertificate,
  parseCertificates,
  readCollateral,
  type Certificate,
  type Collateral,
} from '@tsm/evidence';
import { isCertificateTable, readCertificateTable } from '../certificate-table.ts';
import type { SnpEvidence } from '../evidence.ts';
import { isServicesManifest } from '../services-manifest.ts';

export interface SnpCollateralFiles extends Collateral {
  /** Files that may be the manifest of an SVSM: services manifests, and what is of no other kind. */
  readonly manifests: readonly Uint8Array[];
}

/** The answer of Azure's THIM service: VCEK and chain as PEM. */
function thimCertificates(value: unknown): Certificate[] {
  const { vcekCert, certificateChain } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return [vcekCert, certificateChain].flatMap((pem) =>
    typeof pem === 'string' ? parseCertificates(utf8Bytes(pem)).certificates : [],
  );
}

/** The certificate of an entry of a table: DER, or PEM where someone put PEM into it. */
function certificatesIn(bytes: Uint8Array, place: Place): Certificate[] {
  const { certificate } = parseCertificate(bytes, place);
  return certificate ? [certificate] : parseCertificates(bytes, place).certificates;
}

/** What a file is by SEV-SNP's own formats; undefined for all others. */
function ownKind(file: Uint8Array): 'table' | 'manifest' | undefined {
  if (isServicesManifest(file)) return 'manifest';
  return isCertificateTable(file) ? 'table' : undefined;
}

function read(files: readonly Uint8Array[]): SnpCollateralFiles {
  const kinds = files.map(ownKind);
  // Our own formats are left out in place, so that the others keep their numbers.
  const { issues, ...others } = readCollateral(files.map((file, i) => (kinds[i] ? new Uint8Array(0) : file)));
  const numberOf = ({ path }: Issue): number => Number(/\d+/.exec(path)?.[0] ?? -1);
  const foreign = issues.filter((issue) => kinds[numberOf(issue)] === undefined);
  const unknown = foreign.filter(({ code }) => code === 'collateral.unknown').map(numberOf);
  const tables = files.flatMap((file, i) => {
    if (kinds[i] !== 'table') return [];
    const path = `collateral[${String(i)}]`;
    const table = readCertificateTable(file);
    const certificates = table.certificates.flatMap(({ der, place }) =>
      certificatesIn(der, { ...place, path }),
    );
    return [{ certificates, issues: table.issues.map((issue) => ({ ...issue, path })) }];
  });
  return {
    ...others,
    certificates: [
      ...tables.flatMap(({ certificates }) => certificates),
      ...others.certificates,
      ...others.json.flatMap(({ value }) => thimCertificates(value)),
    ],
    issues: [...foreign, ...tables.flatMap((table) => table.issues)],
    manifests: files.filter((_, i) => kinds[i] === 'manifest' || unknown.includes(i)),
  };
}

/** Reads files once for each content: a fleet's verifications share them. */
export function collateralOf(
  files: readonly Uint8Array[],
  digests: Digests,
  cache: VerifyCache | undefined,
): SnpCollateralFiles {
  if (!cache) return read(files);
  const key = `snp:collateral:${files.map((file) => toHex(digests.digest('sha256', file))).join()}`;
  const known = cache.get(key) as SnpCollateralFiles | undefined;
  if (known) return known;
  const made = read(files);
  cache.set(key, made);
  return made;
}

/** Certificates that came with the evidence; those of a chip come with each of its reports. */
export function ownCertificates(
  { certificates }: SnpEvidence,
  digests: Digests,
  cache: VerifyCache | undefined,
): Certificate[] {
  return certificates.flatMap(({ der, place }) => {
    if (!cache) return certificatesIn(der, place);
    const key = `snp:certificate:${String(place.offset)}:${toHex(digests.digest('sha256', der))}`;
    const known = cache.get(key) as Certificate[] | undefined;
    const read = known ?? certificatesIn(der, place);
    if (!known) cache.set(key, read);
    return read;
  });
}
