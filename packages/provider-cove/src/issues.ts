/** Issues that reading CoVE evidence, and predicting launches, can raise. */
import { issueTable } from '@tsm/core';

interface Found {
  /** What stands there, in words. */
  readonly found: string;
}

const EVIDENCE_FORMAT = 'CoVE specification, Evidence Format';
const CERTIFICATES = 'CoVE specification, Evidence Generation';
const DICE = 'TCG DICE Attestation Architecture 1.1, §6.1';

export const COVE_ISSUES = issueTable({
  'cove.not-evidence': {
    severity: 'error',
    message: (a: Found) =>
      `not CoVE evidence: ${a.found} — expected a claims set with submodules (266), a COSE_Sign1 or an X.509 certificate`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.evidence-missing': {
    severity: 'error',
    message: (a: Found) => `${a.found} carries no CoVE evidence`,
    spec: CERTIFICATES,
  },
  'cove.token-missing': {
    severity: 'error',
    message: (a: { token: string }) => `the evidence has no ${a.token} token`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.token-unknown': {
    severity: 'warning',
    message: (a: Found) => `${a.found} is none of the submodules platform, tsm, tvm`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.not-cwt': {
    severity: 'error',
    message: (a: Found & { token: string }) =>
      `the payload of the ${a.token} token is ${a.found} — expected tag 61 around a map of claims`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.claim-missing': {
    severity: 'error',
    message: (a: { claim: string; label: number }) => `claim ${a.claim} (${String(a.label)}) is missing`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.claim-type': {
    severity: 'error',
    message: (a: Found & { claim: string; expected: string }) =>
      `claim ${a.claim} is ${a.found} — expected ${a.expected}`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.claim-unknown': {
    severity: 'info',
    message: (a: Found & { token: string }) => `claim ${a.found} of the ${a.token} token is not in the draft`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.register-twice': {
    severity: 'error',
    message: (a: { index: number }) => `measurement register ${String(a.index)} is there more than once`,
    spec: EVIDENCE_FORMAT,
  },
  'cove.hash-unknown': {
    severity: 'error',
    message: (a: Found) => `hash algorithm ${a.found} is not known — expected SHA-384, SHA-512 or SHA-3`,
  },
  'cove.digest-size': {
    severity: 'error',
    message: (a: { algorithm: string; size: number; found: number }) =>
      `a digest of ${String(a.found)} bytes — ${a.algorithm} has ${String(a.size)}`,
  },
  'cove.tcb-info': {
    severity: 'error',
    message: (a: { reason: string }) => `the TcbInfo extension cannot be read: ${a.reason}`,
    spec: DICE,
  },
  'cove.fwid-count': {
    severity: 'warning',
    message: (a: { count: number }) =>
      `${String(a.count)} fwids — salus has 8; which registers these are is not known`,
    spec: DICE,
  },
  'cove.request': {
    severity: 'error',
    message: (a: { reason: string }) => `the certification request cannot be read: ${a.reason}`,
    spec: 'RFC 2986 §4',
  },
  'cove.gpa-alignment': {
    severity: 'error',
    message: (a: { gpa: bigint }) => `0x${a.gpa.toString(16)} is not the start of a page of 4096 bytes`,
    spec: 'CoVE specification, sbi_covh_add_tvm_measured_pages',
  },
  'cove.pages-overlap': {
    severity: 'error',
    message: (a: { gpa: bigint }) =>
      `the page at 0x${a.gpa.toString(16)} is added twice: the TSM refuses the second one`,
    spec: 'CoVE specification, sbi_covh_add_tvm_measured_pages',
  },
  'cove.page-padded': {
    severity: 'info',
    message: (a: { count: number }) =>
      `the last page is filled up with ${String(a.count)} zero bytes, which are measured`,
    spec: 'CoVE specification, sbi_covh_add_tvm_measured_pages',
  },
});
