/** Issues in the data of events, beside those that the layout tables themselves raise. */
import { issueTable } from '@tsm/core';

const PFP = 'TCG PC Client Platform Firmware Profile 1.06 §10';
const UEFI = 'UEFI 2.10';

export const EVENT_ISSUES = issueTable({
  'event.trailing': {
    severity: 'info',
    message: (a: { count: number }) =>
      `${String(a.count)} more bytes than the structure has; nothing describes them`,
    spec: PFP,
  },
  'event.too-many': {
    severity: 'warning',
    message: (a: { what: string; max: number }) =>
      `more than ${String(a.max)} ${a.what}; the rest is not decoded`,
  },
  'event.more-issues': {
    severity: 'warning',
    message: (a: { shown: number }) =>
      `more than ${String(a.shown)} issues in this event; the rest is left out`,
  },
  'event.signature': {
    severity: 'warning',
    message: (a: { expected: string; found: string }) =>
      `the structure must start with ${a.expected}, found ${a.found}`,
  },
  'event.device-path-length': {
    severity: 'error',
    message: (a: { length: number }) =>
      `a device path node is at least 4 bytes long, this one says ${String(a.length)}; the rest of the path is not decoded`,
    spec: `${UEFI} §10.3`,
  },
  'event.device-path-end': {
    severity: 'warning',
    message: () => 'the device path has no End node',
    spec: `${UEFI} §10.3.1`,
  },
  'event.signature-list': {
    severity: 'error',
    message: (a: { why: string }) => `the signature list cannot be used: ${a.why}`,
    spec: `${UEFI} §32.4.1`,
  },
  'event.load-option': {
    severity: 'error',
    message: () => 'the description of the boot option has no end',
    spec: `${UEFI} §3.1.3`,
  },
});
