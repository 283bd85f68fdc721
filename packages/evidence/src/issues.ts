/** Issues that reading certificates, revocation lists, CBOR, COSE and collateral can raise. */
import { issueTable } from '@tsm/core';

export const EVIDENCE_ISSUES = issueTable({
  'pem.no-block': {
    severity: 'warning',
    message: () => 'no -----BEGIN …----- line: not PEM',
    spec: 'RFC 7468 §2',
  },
  'pem.unterminated': {
    severity: 'warning',
    message: (a: { label: string }) =>
      `-----BEGIN ${a.label}----- has no -----END ${a.label}----- of its own`,
    spec: 'RFC 7468 §2',
  },
  'pem.not-base64': {
    severity: 'error',
    message: (a: { label: string }) => `the ${a.label} block is not base64`,
    spec: 'RFC 7468 §3',
  },
  'certificate.malformed': {
    severity: 'error',
    message: (a: { reason: string }) => `not a DER certificate: ${a.reason}`,
    spec: 'RFC 5280 §4.1',
  },
  'certificate.trailing': {
    severity: 'warning',
    message: (a: { count: number }) => `${String(a.count)} bytes after the certificate`,
    spec: 'RFC 5280 §4.1',
  },
  'certificate.algorithm-mismatch': {
    severity: 'error',
    message: (a: { inner: string; outer: string }) =>
      `the signed part names signature algorithm ${a.inner}, the certificate ${a.outer}`,
    spec: 'RFC 5280 §4.1.1.2',
  },
  'certificate.duplicate-extension': {
    severity: 'error',
    message: (a: { oid: string }) => `extension ${a.oid} is there more than once`,
    spec: 'RFC 5280 §4.2',
  },
  'crl.malformed': {
    severity: 'error',
    message: (a: { reason: string }) => `not a DER certificate revocation list: ${a.reason}`,
    spec: 'RFC 5280 §5.1',
  },
  'crl.trailing': {
    severity: 'warning',
    message: (a: { count: number }) => `${String(a.count)} bytes after the revocation list`,
    spec: 'RFC 5280 §5.1',
  },
  'crl.algorithm-mismatch': {
    severity: 'error',
    message: (a: { inner: string; outer: string }) =>
      `the signed part names signature algorithm ${a.inner}, the revocation list ${a.outer}`,
    spec: 'RFC 5280 §5.1.1.2',
  },
  'crl.duplicate-extension': {
    severity: 'error',
    message: (a: { oid: string }) => `extension ${a.oid} is there more than once`,
    spec: 'RFC 5280 §5.2',
  },
  'cbor.malformed': {
    severity: 'error',
    message: (a: { reason: string }) => `not CBOR: ${a.reason}`,
    spec: 'RFC 8949 §3',
  },
  'cbor.trailing': {
    severity: 'warning',
    message: (a: { count: number }) => `${String(a.count)} bytes after the CBOR item`,
    spec: 'RFC 8949 §5.1',
  },
  'cbor.duplicate-key': {
    severity: 'error',
    message: (a: { key: string }) => `key ${a.key} is in its map more than once`,
    spec: 'RFC 8949 §5.6',
  },
  'cbor.not-utf8': {
    severity: 'error',
    message: () => 'a text string that is not UTF-8',
    spec: 'RFC 8949 §3.1',
  },
  'cose.not-sign1': {
    severity: 'error',
    message: (a: { expected: string }) => `not a COSE_Sign1: expected ${a.expected}`,
    spec: 'RFC 9052 §4.2',
  },
  'cose.untagged': {
    severity: 'error',
    message: () => 'a COSE_Sign1 without its tag 18',
    spec: 'RFC 9052 §4.2',
  },
  'cose.no-algorithm': {
    severity: 'error',
    message: () => 'the protected header names no signature algorithm',
    spec: 'RFC 9052 §3.1',
  },
  'cose.unknown-algorithm': {
    severity: 'error',
    message: (a: { algorithm: number }) => `signature algorithm ${String(a.algorithm)} is not known`,
    spec: 'RFC 9053 §2',
  },
  'cose.header-twice': {
    severity: 'error',
    message: (a: { label: string }) => `header ${a.label} is both protected and unprotected`,
    spec: 'RFC 9052 §3',
  },
  'cose.critical': {
    severity: 'error',
    message: (a: { label: string }) => `header ${a.label} is critical, and not known`,
    spec: 'RFC 9052 §3.1',
  },
  'collateral.unknown': {
    severity: 'warning',
    message: () => 'not a certificate, revocation list, public key or JSON: it is left out',
  },
  'collateral.malformed': {
    severity: 'error',
    message: (a: { reason: string }) =>
      `looks like DER, and is no certificate, revocation list or public key: ${a.reason}`,
    spec: 'RFC 5280 §4.1, §5.1',
  },
});
