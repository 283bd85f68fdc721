/** The rules that certificates of a path must keep, but for signatures. Source: RFC 5280 §4.2, §6.1. */
import { equalBytes } from '@tsm/core';
import type { Certificate } from './certificate.ts';
import { EXTENSION, KEY_USAGE, type CertificateExtension } from './extension-list.ts';
import { isSelfIssued } from './path.ts';

/** The first certificate that breaks a rule. */
export interface Breach {
  readonly certificate: Certificate;
  readonly expected: string;
  readonly actual: string;
}

/** Critical extensions that the rules here read. */
const READ_HERE: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
];

/** OIDs of critical extensions that nobody here reads. */
export function unreadCritical(
  extensions: ReadonlyMap<string, CertificateExtension>,
  handled: readonly string[] = [],
): string[] {
  return [...extensions.values()]
    .filter(({ critical, oid }) => critical && !READ_HERE.includes(oid) && !handled.includes(oid))
    .map(({ oid }) => oid);
}

/** Each certificate's issuer is the subject of the next. */
export function nameBreach(path: readonly Certificate[]): Breach | undefined {
  for (const [i, certificate] of path.entries()) {
    const issuer = path[i + 1];
    if (issuer && !equalBytes(certificate.issuerDer, issuer.subjectDer))
      return { certificate, expected: `issuer ${certificate.issuer}`, actual: issuer.subject };
  }
  return undefined;
}

export function validityBreach(path: readonly Certificate[], now: Date): Breach | undefined {
  const certificate = path.find(({ notBefore, notAfter }) => !(notBefore <= now && now <= notAfter));
  if (!certificate) return undefined;
  const { notBefore, notAfter } = certificate;
  const expected = `${notBefore.toISOString()} … ${notAfter.toISOString()}`;
  return { certificate, expected, actual: now.toISOString() };
}

/** What a certificate lacks to issue others, `below` CA certificates down. */
function issuerBreach(certificate: Certificate, below: number): Breach | undefined {
  const { basicConstraints, keyUsage } = certificate;
  if (!basicConstraints?.ca)
    return { certificate, expected: 'a CA certificate', actual: 'basicConstraints without cA' };
  const { pathLength = Infinity } = basicConstraints;
  if (below > pathLength) {
    const expected = `at most ${String(pathLength)} CA certificates below`;
    return { certificate, expected, actual: String(below) };
  }
  if (keyUsage !== undefined && !(keyUsage & KEY_USAGE.keyCertSign))
    return { certificate, expected: 'keyUsage with keyCertSign', actual: 'keyUsage without it' };
  return undefined;
}

/** Issuers are CAs with room below them; nobody has errors or critical extensions that are not understood. */
export function constraintBreach(
  path: readonly Certificate[],
  handled: readonly string[] | undefined,
): Breach | undefined {
  let below = 0;
  for (const [i, certificate] of path.entries()) {
    const error = certificate.issues.find(({ severity }) => severity === 'error');
    if (error) return { certificate, expected: 'a well-formed certificate', actual: error.message };
    const [unread] = unreadCritical(certificate.extensions, handled);
    if (unread !== undefined)
      return { certificate, expected: 'critical extensions that are known', actual: unread };
    if (i === 0) continue;
    const breach = issuerBreach(certificate, below);
    if (breach) return breach;
    if (!isSelfIssued(certificate)) below++;
  }
  return undefined;
}
