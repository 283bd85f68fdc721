/** Issues that reading policies and reference values can raise. */
import { issueTable } from '@tsm/core';

export const POLICY_ISSUES = issueTable({
  'policy.json': {
    severity: 'error',
    message: (a: { reason: string }) => `not JSON: ${a.reason}`,
    spec: 'RFC 8259',
  },
  'policy.member': {
    severity: 'error',
    message: (a: { name: string; known: readonly string[] }) =>
      `unknown member ${a.name} — expected one of ${a.known.join(', ')}`,
  },
  'policy.value': {
    severity: 'error',
    message: (a: { expected: string; found: string }) => `expected ${a.expected}, found ${a.found}`,
  },
  'reference-values.malformed': {
    severity: 'error',
    message: (a: { expected: string; found: string }) => `expected ${a.expected}, found ${a.found}`,
  },
  'reference-values.lost': {
    severity: 'warning',
    message: (a: { what: string }) => `not carried over: ${a.what}`,
  },
});
