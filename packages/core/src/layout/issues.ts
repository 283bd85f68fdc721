/** Issues that decoding by a layout table can raise. */
import { issueTable } from '../issue.ts';

export const LAYOUT_ISSUES = issueTable({
  'layout.truncated': {
    severity: 'error',
    message: (a: { needed: number; left: number }) =>
      `the data ends here: ${String(a.needed)} bytes needed, ${String(a.left)} left`,
  },
  'layout.reserved-not-zero': {
    severity: 'warning',
    message: (a: { hex: string }) => `reserved bytes must be zero, found ${a.hex}`,
  },
  'layout.unknown-value': {
    severity: 'warning',
    message: (a: { value: string; known: string }) => `unknown value ${a.value} — expected ${a.known}`,
  },
  'layout.unknown-bits': {
    severity: 'warning',
    message: (a: { bits: string }) => `undefined bits ${a.bits} are set`,
  },
  'layout.unread': {
    severity: 'warning',
    message: (a: { count: number }) => `${String(a.count)} bytes that no field describes`,
  },
});
