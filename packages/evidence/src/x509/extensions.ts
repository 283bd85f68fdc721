/** The standard extensions that a minted chain needs. Source: RFC 5280 §4.2.1. */
import { OctetString } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
} from '@peculiar/asn1-x509';
import type { CertificateExtension } from './extension-list.ts';
import { writeAsn1 } from '../der/asn1.ts';

/** RFC 5280 §4.2.1.9. `pathLength`: how many more CA certificates may follow. */
export function basicConstraints(ca: boolean, pathLength?: number): CertificateExtension {
  const value = new BasicConstraints({
    cA: ca,
    ...(pathLength === undefined ? {} : { pathLenConstraint: pathLength }),
  });
  return { oid: id_ce_basicConstraints, critical: true, value: writeAsn1(value) };
}

/** RFC 5280 §4.2.1.3. */
export function keyUsage(...uses: readonly (keyof typeof KeyUsageFlags)[]): CertificateExtension {
  const flags = uses.reduce((sum, use) => sum | KeyUsageFlags[use], 0);
  return { oid: id_ce_keyUsage, critical: true, value: writeAsn1(new KeyUsage(flags)) };
}

/** RFC 5280 §4.2.1.2. */
export function subjectKeyIdentifier(id: Uint8Array): CertificateExtension {
  return { oid: id_ce_subjectKeyIdentifier, critical: false, value: writeAsn1(new OctetString(id)) };
}

/** RFC 5280 §4.2.1.1: the issuer's subject key identifier. */
export function authorityKeyIdentifier(id: Uint8Array): CertificateExtension {
  const value = new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(id) });
  return { oid: id_ce_authorityKeyIdentifier, critical: false, value: writeAsn1(value) };
}
