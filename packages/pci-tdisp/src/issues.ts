/** Issues of DOE objects, SPDM messages, secured records and captures: code, severity, text, clause. */
import { issueTable } from '@tsm/core';

const DOE = 'PCIe 6.1 §6.30';
const SPDM = 'DSP0274';
const SECURED = 'DSP0277';

interface Found {
  found: string;
}
interface Expected extends Found {
  expected: string;
}

export const SPDM_ISSUES = issueTable({
  'doe.vendor': {
    severity: 'error',
    message: (a: Found) => `vendor id ${a.found} — expected 0x0001, PCI-SIG`,
    spec: `${DOE}.1`,
  },
  'doe.type': {
    severity: 'error',
    message: (a: Found) => `data object type ${a.found} — expected 0 discovery, 1 SPDM or 2 secured SPDM`,
    spec: `${DOE}.1`,
  },
  'doe.length': {
    severity: 'error',
    message: (a: Expected) => `the object says ${a.found} bytes, ${a.expected} are there`,
    spec: `${DOE}.1`,
  },
  'doe.padding': {
    severity: 'warning',
    message: (a: Found) => `padding must be zero and shorter than a double word, found ${a.found}`,
    spec: `${DOE}.1`,
  },
  'spdm.version': {
    severity: 'error',
    message: (a: Expected) => `SPDMVersion ${a.found} — expected ${a.expected}`,
    spec: `${SPDM}, VERSION`,
  },
  'spdm.code': {
    severity: 'error',
    message: (a: Found) => `code ${a.found} is no message of this version`,
    spec: `${SPDM}, CAPABILITIES`,
  },
  'spdm.message': {
    severity: 'error',
    message: (a: Found) => `the message breaks the rules of its table: ${a.found}`,
    spec: SPDM,
  },
  'spdm.unexpected': {
    severity: 'error',
    message: (a: Expected) => `${a.found} is out of order — expected ${a.expected}`,
    spec: `${SPDM}, order of messages`,
  },
  'spdm.not-offered': {
    severity: 'error',
    message: (a: Expected) => `${a.found} was selected, ${a.expected} offered`,
    spec: `${SPDM}, ALGORITHMS`,
  },
  'spdm.digest': {
    severity: 'error',
    message: (a: Found) => `the digest is not that of the certificate chain in slot ${a.found}`,
    spec: `${SPDM}, DIGESTS`,
  },
  'spdm.chain': {
    severity: 'error',
    message: (a: Found) => `the certificate chain cannot be read: ${a.found}`,
    spec: `${SPDM}, CERTIFICATE`,
  },
  'spdm.signature': {
    severity: 'error',
    message: (a: Found) => `the signature of ${a.found} does not verify`,
    spec: `${SPDM}, signatures`,
  },
  'spdm.verify-data': {
    severity: 'error',
    message: (a: Found) => `the verify data of ${a.found} is not the HMAC of the transcript`,
    spec: `${SPDM}, session keys`,
  },
  'spdm.chunk': {
    severity: 'error',
    message: (a: Found) => `the chunk does not belong to its message: ${a.found}`,
    spec: `${SPDM}, Large SPDM message transfer mechanism`,
  },
  'spdm.transfer-size': {
    severity: 'error',
    message: (a: Expected) => `a transfer of ${a.found} bytes; its receiver takes ${a.expected}`,
    spec: `${SPDM}, GET_CAPABILITIES request and CAPABILITIES response messages`,
  },
  'spdm.echo': {
    severity: 'error',
    message: (a: Expected) => `${a.expected} is not returned as it was sent: ${a.found}`,
    spec: SPDM,
  },
  'spdm.session-unknown': {
    severity: 'error',
    message: (a: Found) => `there is no session ${a.found}`,
    spec: `${SECURED}, secured messages`,
  },
  'spdm.secret': {
    severity: 'error',
    message: (a: Found) => `the secrets say another ${a.found} than the messages give`,
  },
  'secured.length': {
    severity: 'error',
    message: (a: Expected) => `the record holds ${a.found} bytes, its length asks for ${a.expected}`,
    spec: `${SECURED}, secured messages`,
  },
  'secured.tag': {
    severity: 'error',
    message: (a: Found) => `the record does not decrypt under the keys of session ${a.found}`,
    spec: `${SECURED}, secured messages`,
  },
  'capture.format': {
    severity: 'error',
    message: (a: Found) => `not a capture: it starts with ${a.found} — expected pcap or pcapng`,
  },
  'capture.link-type': {
    severity: 'error',
    message: (a: Found) => `link type ${a.found} — expected 292, PCI DOE; these packets are left out`,
  },
  'capture.packet': {
    severity: 'error',
    message: (a: Expected) => `a block of ${a.found} bytes cannot be read — expected ${a.expected}`,
  },
  'secrets.format': {
    severity: 'error',
    message: (a: Found) => `the secrets cannot be used: ${a.found}`,
  },
});
