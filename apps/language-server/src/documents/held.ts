/** A log held against evidence: which registers both speak of, and where they part. */
import { numberingOfCcMr, toHex, TsmError, type Digests, type Evidence, type Provider } from '@tsm/core';
import {
  compare,
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

/** Registers of the evidence that a log of several registers can be about, with what a CCEL calls each. */
function runtimeRegisters({ evidence, provider }: Found): ExpectedRegister[] {
  return evidence.registers.flatMap(({ name, value }): ExpectedRegister[] => {
    const spec = provider.registers.find((one) => one.name === name);
    // What the provider does not declare, such as the PCRs of a TPM quote beside the report, a log may be about too.
    if (spec && spec.kind !== 'runtime') return [];
    const { ccMr } = spec?.numbers ?? {};
    const inLog = ccMr === undefined ? undefined : numberingOfCcMr(ccMr)?.name;
    return [inLog === undefined ? { name, value } : { name, inLog, value }];
  });
}

/** EINVAL where a text log does not say which register it is of, and nobody named it. */
function expectedOf(log: EventLog, found: Found, register: string | undefined): ExpectedRegister[] {
  if (log.numbering !== 'single') return runtimeRegisters(found);
  const { registers } = found.evidence;
  const named = registers.filter(({ name }) => name === register?.toLowerCase());
  if (named.length > 0) return named.map(({ name, value }) => ({ name, value }));
  const names = registers.map(({ name }) => name).join(', ');
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
