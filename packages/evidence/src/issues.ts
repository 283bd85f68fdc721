/** Issues that reading certificates can raise. */
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
});
