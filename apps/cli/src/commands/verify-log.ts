/** The part of `tsm verify` that holds an event log against the registers of the evidence. */
import { toHex, type Check, type CheckStatus } from '@tsm/core';
import { compare, type RegisterComparison } from '@tsm/eventlog';
import type { Cli } from '../cli.ts';
import { readLog } from '../input.ts';
import type { FoundEvidence } from '../providers.ts';
import { registerTitle } from '../view/words.ts';
import { expectedOf } from './log-verify.ts';

function statusOf({ match, status }: RegisterComparison): CheckStatus {
  if (match) return 'pass';
  return status === 'differs' ? 'fail' : 'skipped';
}

function registerCheck(one: RegisterComparison): Check {
  const { name, expected, replayed, extends: events, firstDivergence, match, status } = one;
  const where = firstDivergence
    ? `look at event ${firstDivergence.event} at offset 0x${firstDivergence.offset.toString(16)} of the log`
    : 'tsm log explain searches the event that is wrong';
  const missing = 'a runtime log is missing, or the register was extended without one';
  return {
    id: `log.${name}`,
    title: `${registerTitle(name)} by ${events} events`,
    status: statusOf(one),
    expected: toHex(expected),
    actual: toHex(replayed),
    ...(match ? {} : { remedy: status === 'differs' ? where : missing }),
  };
}

/** One check a register of the evidence that a log of this kind can be about. */
export async function checkLog(
  cli: Cli,
  file: string,
  evidence: FoundEvidence,
  register: string | undefined,
): Promise<Check> {
  const { log } = await readLog(cli, file);
  const { registers, notInLog, replay } = compare(log, expectedOf(log, evidence, register), {
    digests: cli.digests,
    ...(register === undefined ? {} : { register }),
  });
  const absent = notInLog.map((name): Check => ({
    id: `log.${name}`,
    title: registerTitle(name),
    status: 'skipped',
    remedy: 'this log has nothing about it',
  }));
  const broken = [...log.issues, ...replay.issues].find(({ severity }) => severity === 'error');
  const read: Check = {
    id: 'log.structure',
    title: 'The log can be read',
    status: broken ? 'fail' : 'pass',
    actual: broken?.message ?? `${log.count} events`,
  };
  const checks = [read, ...registers.map(registerCheck), ...absent];
  const statuses = checks.map(({ status }) => status);
  const status = statuses.includes('fail') ? 'fail' : statuses.includes('skipped') ? 'skipped' : 'pass';
  const agree = registers.filter(({ match }) => match).length;
  return {
    id: 'log',
    title: 'Event log',
    status,
    actual: `${agree} of ${registers.length} registers agree`,
    checks,
  };
}
