/** A log held against evidence, as a check of a verdict: one inner check for each register that the log can be about. */
import {
  numberingOfCcMr,
  toHex,
  type Check,
  type CheckStatus,
  type Evidence,
  type Provider,
} from '@tsm/core';
import type { Comparison, ExpectedRegister, RegisterComparison } from './compare.ts';
import type { EventLog, LogFormat } from './log.ts';

/** Registers of the evidence that a log of several registers can be about, with what a CCEL calls each. */
export function runtimeRegisters(
  { registers }: Evidence,
  provider: Pick<Provider, 'registers'>,
): ExpectedRegister[] {
  return registers.flatMap(({ name, value }): ExpectedRegister[] => {
    const spec = provider.registers.find((one) => one.name === name);
    // What the provider does not declare, such as the PCRs of a TPM quote beside the report, a log may be about too.
    if (spec && spec.kind !== 'runtime') return [];
    const { ccMr } = spec?.numbers ?? {};
    const inLog = ccMr === undefined ? undefined : numberingOfCcMr(ccMr)?.name;
    return [inLog === undefined ? { name, value } : { name, inLog, value }];
  });
}

/**
 * Registers of the evidence that this log can be about: of a text log only the one that it is said to be of. Undefined
 * where the evidence has no such register, or nobody says which.
 */
export function expectedRegisters(
  { numbering }: Pick<EventLog, 'numbering'>,
  evidence: Evidence,
  provider: Pick<Provider, 'registers'>,
  register?: string,
): ExpectedRegister[] | undefined {
  if (numbering !== 'single') return runtimeRegisters(evidence, provider);
  const named = evidence.registers.filter(({ name }) => name === register?.toLowerCase());
  return named.length > 0 ? named.map(({ name, value }) => ({ name, value })) : undefined;
}

/** What says how a log of this format replays to a register; the text log of Linux has no published document yet. */
const REPLAYED_BY: Partial<Record<LogFormat, string>> = {
  ...Object.fromEntries(
    ['ccel', 'tcg2', 'tcg1'].map((format) => [format, 'TCG PC Client Platform Firmware Profile 1.06 §10']),
  ),
  ...Object.fromEntries(
    ['cel-tlv', 'cel-json', 'cel-cbor'].map((format) => [format, 'TCG Canonical Event Log Format 1.1']),
  ),
};

function statusOf({ match, status }: RegisterComparison): CheckStatus {
  if (match) return 'pass';
  return status === 'differs' ? 'fail' : 'skipped';
}

function registerCheck(one: RegisterComparison, evidence: Evidence): Check {
  const { name, expected, replayed, extends: events, firstDivergence, match, status } = one;
  const where = firstDivergence
    ? `look at event ${String(firstDivergence.event)} at offset 0x${firstDivergence.offset.toString(16)} of the log`
    : 'tsm log explain searches the event that is wrong';
  const found = evidence.registers.find((register) => register.name === name);
  const missing = 'a runtime log is missing, or the register was extended without one';
  return {
    id: `log.${name}`,
    title: `${name.toUpperCase()} by ${String(events)} events`,
    status: statusOf(one),
    expected: toHex(expected),
    actual: toHex(replayed),
    ...(found ? { range: { offset: found.offset, length: found.value.length } } : {}),
    ...(match ? {} : { remedy: status === 'differs' ? where : missing }),
  };
}

/**
 * The check `log`: can it be read, and does it give the registers? One that says nothing of a register is open. Ranges are
 * those of the registers in the evidence.
 */
export function logCheck(
  log: EventLog,
  { registers, notInLog, replay }: Comparison,
  evidence: Evidence,
): Check {
  const absent = notInLog.map((name): Check => ({
    ...{ id: `log.${name}`, title: name.toUpperCase(), status: 'skipped' },
    remedy: 'this log has nothing about it',
  }));
  const broken = [...log.issues, ...replay.issues].find(({ severity }) => severity === 'error');
  const read: Check = {
    id: 'log.structure',
    title: 'The log can be read',
    status: broken ? 'fail' : 'pass',
    actual: broken?.message ?? `${String(log.count)} events`,
  };
  const checks = [read, ...registers.map((one) => registerCheck(one, evidence)), ...absent];
  const statuses = checks.map(({ status }) => status);
  const status = statuses.includes('fail') ? 'fail' : statuses.includes('skipped') ? 'skipped' : 'pass';
  const agree = registers.filter(({ match }) => match).length;
  const spec = REPLAYED_BY[log.format];
  return {
    ...{ id: 'log', title: 'Event log', status, checks },
    ...(spec === undefined ? {} : { spec }),
    actual: `${String(agree)} of ${String(registers.length)} registers agree`,
  };
}
