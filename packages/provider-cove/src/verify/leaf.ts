/** A certificate that carries evidence: its signature, validity and constraints. Source: RFC 5280 §4.1, §4.2, §6.1. */
import { equalBytes } from '@tsm/core';
import { ecdsaSignatureFromDer, type Certificate, type CheckList } from '@tsm/evidence';
import { haveSigners, type Authority, type Context } from './authority.ts';

/** Extensions that every verifier reads. */
const STANDARD = ['2.5.29.14', '2.5.29.15', '2.5.29.19', '2.5.29.35'];

const COORDINATE: Readonly<Record<string, number>> = {
  'ecdsa-p256-sha256': 32,
  'ecdsa-p384-sha384': 48,
  'ecdsa-p521-sha512': 66,
};

/** Whether the key signed the certificate; remembered where there is a cache. */
export function signedBy(certificate: Certificate, spki: Uint8Array, context: Context): Promise<boolean> {
  const { scheme, value } = certificate.signature;
  const size = scheme && COORDINATE[scheme];
  const signature = size === undefined ? value : ecdsaSignatureFromDer(value, size);
  if (!scheme || !signature) return Promise.resolve(false);
  return context.verifier.verify(scheme, spki, signature, certificate.tbs);
}

/** `signer`: who signed it, or undefined. `handled`: critical extensions that the caller reads. */
export function checkLeaf(
  checks: CheckList,
  certificate: Certificate,
  signer: Authority | undefined,
  context: Context,
  handled: readonly string[],
): void {
  const list = checks.group('certificate', 'Attestation certificate', { spec: 'RFC 5280 §6.1' });
  const { offset: at } = certificate.place;
  const { offset = 0, length = certificate.der.length } = certificate.parts.tbs ?? {};
  const range = { offset: at + offset, length };
  const title = 'is signed by the TSM';
  if (!signer && !haveSigners(context)) {
    list.skip('certificate.signature', title, { range, remedy: "give the TSM's key or certificate" });
  } else {
    list.check('certificate.signature', title, signer !== undefined, {
      ...{ range, expected: `a signature of ${certificate.issuer}` },
      actual: signer ? 'verifies' : 'verifies with none of the keys that are given',
      remedy: 'give the key of this TSM; if it is, the certificate was changed',
    });
  }
  const { notBefore, notAfter } = certificate;
  list.check(
    'certificate.validity',
    'is valid at the date',
    notBefore <= context.now && context.now <= notAfter,
    {
      expected: `${notBefore.toISOString()} … ${notAfter.toISOString()}`,
      actual: context.now.toISOString(),
      remedy: 'get a new certificate',
    },
  );
  const unread = [...certificate.extensions.values()].find(
    ({ critical, oid }) => critical && !STANDARD.includes(oid) && !handled.includes(oid),
  );
  list.check('certificate.constraints', 'nothing critical is unknown', !unread, {
    expected: 'critical extensions that are known',
    actual: unread?.oid ?? 'all known',
  });
  const { issuerDer, subjectDer } = certificate;
  list.check('certificate.issuer', 'is not issued to itself', !equalBytes(issuerDer, subjectDer), {
    ...{ expected: 'a TVM', actual: certificate.subject },
  });
}
