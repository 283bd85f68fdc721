/** Certificate revocation lists, minted: version 2. Source: RFC 5280 §5.1. */
import * as x509 from '@peculiar/asn1-x509';
import { writeAsn1 } from '../der/asn1.ts';
import { integerContent } from '../der/der.ts';
import { asnExtensions, signing, type CertificateSigner } from './encode-certificate.ts';
import type { CertificateExtension } from './extension-list.ts';
import { encodeName, type DistinguishedName } from './name.ts';

/** What a new list says. */
export interface CrlTemplate {
  readonly issuer: DistinguishedName;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date | undefined;
  readonly revoked: readonly { readonly serial: bigint; readonly date: Date }[];
  readonly extensions?: readonly CertificateExtension[];
}

/** A version 2 list, DER. */
export function encodeCrl(template: CrlTemplate, signer: CertificateSigner): Uint8Array {
  const { issuer, thisUpdate, nextUpdate, revoked, extensions = [] } = template;
  const { algorithm, signature } = signing(signer);
  const tbs = new x509.TBSCertList({
    version: x509.Version.v2,
    signature: algorithm,
    issuer: encodeName(issuer),
    thisUpdate: new x509.Time(thisUpdate),
    ...(nextUpdate && { nextUpdate: new x509.Time(nextUpdate) }),
    ...(revoked.length > 0 && {
      revokedCertificates: revoked.map(
        ({ serial, date }) =>
          new x509.RevokedCertificate({
            userCertificate: integerContent(serial).slice().buffer,
            revocationDate: new x509.Time(date),
          }),
      ),
    }),
    ...(extensions.length > 0 && { crlExtensions: new x509.Extensions(asnExtensions(extensions)) }),
  });
  return writeAsn1(
    new x509.CertificateList({
      tbsCertList: tbs,
      signatureAlgorithm: algorithm,
      signature: signature(writeAsn1(tbs)),
    }),
  );
}
