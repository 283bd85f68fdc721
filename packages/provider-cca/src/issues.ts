/** Issues that CCA tokens and launches can raise. */
import { issueTable } from '@tsm/core';

/** Where the format of tokens is said. */
export const TOKEN_SPEC = 'DEN0137, A7.2.2';
/** Where the claims are said. */
export const CLAIMS_SPEC = 'DEN0137, A7.2.3';

const LAUNCH = 'DEN0137, A7.1.1';

export const CCA_ISSUES = issueTable({
  'cca.not-a-token': {
    severity: 'error',
    message: (a: { found: string }) =>
      `${a.found} — expected tag 907 or 399 around both tokens, or one token as COSE_Sign1 with tag 18`,
    spec: TOKEN_SPEC,
  },
  'cca.no-token': {
    severity: 'error',
    message: (a: { token: string; label: number }) =>
      `the collection has no ${a.token} token (key ${String(a.label)})`,
    spec: TOKEN_SPEC,
  },
  'cca.wrapping': {
    severity: 'error',
    message: (a: { token: string; found: string; expected: string }) =>
      `the ${a.token} token is ${a.found} — expected ${a.expected}`,
    spec: TOKEN_SPEC,
  },
  'cca.content-format': {
    severity: 'error',
    message: (a: { token: string; found: string }) =>
      `the ${a.token} token has the content type ${a.found} — expected 263, application/eat+cwt`,
    spec: TOKEN_SPEC,
  },
  'cca.unknown-entry': {
    severity: 'warning',
    message: (a: { key: string }) => `the collection has an entry ${a.key} that CCA does not define`,
    spec: TOKEN_SPEC,
  },
  'cca.not-claims': {
    severity: 'error',
    message: (a: { found: string }) => `the payload is ${a.found} — expected a map of claims`,
    spec: CLAIMS_SPEC,
  },
  'cca.claim-missing': {
    severity: 'error',
    message: (a: { claim: string; label: number }) =>
      `mandatory claim ${a.claim} (${String(a.label)}) is missing`,
    spec: CLAIMS_SPEC,
  },
  'cca.claim-type': {
    severity: 'error',
    message: (a: { claim: string; found: string; expected: string }) =>
      `claim ${a.claim} is ${a.found} — expected ${a.expected}`,
    spec: CLAIMS_SPEC,
  },
  'cca.unknown-claim': {
    severity: 'warning',
    message: (a: { label: string }) => `unknown claim ${a.label}: kept, not interpreted`,
    spec: CLAIMS_SPEC,
  },
  'cca.register-size': {
    severity: 'warning',
    message: (a: { size: number; algorithm: string; expected: number }) =>
      `measurements of ${String(a.size)} bytes, but the hash of the realm is ${a.algorithm}, of ${String(a.expected)}`,
    spec: CLAIMS_SPEC,
  },
  'cca.launch-parameter': {
    severity: 'error',
    message: (a: { found: string; expected: string }) => `${a.found} — expected ${a.expected}`,
    spec: LAUNCH,
  },
  'cca.launch-kernel': {
    severity: 'error',
    message: (a: { found: string }) => `${a.found} — expected an uncompressed arm64 Image`,
    spec: 'Linux Documentation/arch/arm64/booting.rst',
  },
  'cca.launch-memory': {
    severity: 'error',
    message: (a: { what: string; end: string; limit: string }) =>
      `${a.what} ends at ${a.end}, behind the RAM, which ends at ${a.limit}`,
    spec: LAUNCH,
  },
  'cca.launch-not-measured': {
    severity: 'info',
    message: (a: { what: string }) =>
      `${a.what} goes to the firmware through fw_cfg and is not in the RIM: the firmware measures it into a REM`,
    spec: LAUNCH,
  },
});
