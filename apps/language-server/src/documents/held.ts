/** A log held against evidence: which registers both speak of, and where they part. */
import { toHex, TsmError, type Digests, type Evidence, type Provider } from '@tsm/core';
import {
  compare,
  expectedRegisters,
  type Comparison,
  type EventLog,
  type ExpectedRegister,
  type RegisterComparison,
} from '@tsm/eventlog';
import type { ComparisonLine, ComparisonView } from '../protocol/views.ts';

interface Found {
  readonly evidence: Evidence;
  readonly provider: Provider;
}

/** EINVAL where a text log does not say which register it is of, and nobody named it. */
function expectedOf(log: EventLog, found: Found, register: string | undefined): ExpectedRegister[] {
  const expected = expectedRegisters(log, found.evidence, found.provider, register);
  if (expected) return expected;
  const names = found.evidence.registers.map(({ name }) => name).join(', ');
  throw new TsmError(
    'EINVAL',
    `a text log does not say which register it is of — name it; the evidence has ${names}`,
  );
}

export function held(
  log: EventLog,
  found: Found,
  register: string | undefined,
  digests: Digests,
): Comparison {
  const expected = expectedOf(log, found, register);
  return compare(log, expected, { digests, ...(register === undefined ? {} : { register }) });
}

function lineOf(one: RegisterComparison): ComparisonLine {
  const { name, algorithm, status, expected, replayed, firstDivergence } = one;
  const line = {
    ...{ name, algorithm, status, events: one.extends },
    ...{ expected: toHex(expected), replayed: toHex(replayed) },
  };
  if (!firstDivergence) return line;
  const { event, offset, length, title, reason, proven } = firstDivergence;
  return { ...line, divergence: { event, offset, length, title, reason, proven } };
}

export const comparisonView = ({ registers, notInLog }: Comparison): ComparisonView => ({
  registers: registers.map(lineOf),
  notInLog,
});
