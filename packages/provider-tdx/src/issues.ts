/** Issues that reading TDX evidence can raise. */
import { issueTable } from '@tsm/core';

interface Found {
  /** What stands there, in words or in hex. */
  readonly found: string;
}

const QUOTING_API = 'Intel TDX DCAP Quoting Library API, A.3';
const PCK_PROFILE = 'Intel SGX PCK Certificate and CRL Profile Specification, §1.3.5';

export const TDX_ISSUES = issueTable({
  'tdx.not-tdx': {
    severity: 'error',
    message: (a: Found) => `not a TDX quote: the TEE type is ${a.found}`,
    spec: QUOTING_API,
  },
  'tdx.quote-version': {
    severity: 'error',
    message: (a: Found) => `quote version ${a.found} — expected 4 or 5`,
    spec: QUOTING_API,
  },
  'tdx.key-type': {
    severity: 'error',
    message: (a: Found) => `attestation key type ${a.found} — expected 2, ECDSA P-256`,
    spec: QUOTING_API,
  },
  'tdx.body-type': {
    severity: 'error',
    message: (a: Found) => `quote body type ${a.found} — expected 2 (TD 1.0) or 3 (TD 1.5)`,
    spec: QUOTING_API,
  },
  'tdx.certification-data': {
    severity: 'error',
    message: (a: Found) => `certification data type ${a.found} — expected 6, which carries the QE report`,
    spec: QUOTING_API,
  },
  'tdx.no-pck-chain': {
    severity: 'warning',
    message: (a: Found) =>
      `no PCK certificate chain in the quote (${a.found}): it must be supplied from outside`,
    spec: QUOTING_API,
  },
  'tdx.report-type': {
    severity: 'error',
    message: (a: Found) => `report type ${a.found} — expected 0x81, TDX`,
    spec: 'Intel TDX Module ABI, REPORTTYPE',
  },
  'tdx.report-hash': {
    severity: 'error',
    message: (a: Found & { of: string; expected: string }) =>
      `${a.found} is not the SHA-384 of ${a.of}, ${a.expected}`,
    spec: 'Intel TDX Module ABI, REPORTMACSTRUCT',
  },
  'tdx.pck-no-extension': {
    severity: 'error',
    message: (a: { subject: string }) =>
      `no SGX extension in the certificate of ${a.subject}: not a PCK certificate`,
    spec: PCK_PROFILE,
  },
  'tdx.pck-malformed': {
    severity: 'error',
    message: (a: { reason: string }) => `the SGX extension cannot be read: ${a.reason}`,
    spec: PCK_PROFILE,
  },
  'tdx.pck-field': {
    severity: 'error',
    message: (a: { field: string; oid: string; expected: string }) =>
      `${a.field} (${a.oid}) of the SGX extension is missing or is not ${a.expected}`,
    spec: PCK_PROFILE,
  },
});
