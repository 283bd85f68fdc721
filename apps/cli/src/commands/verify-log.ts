/** The part of `tsm verify` that holds an event log against the registers of the evidence. */
import type { Check } from '@tsm/core';
import { compare, logCheck } from '@tsm/eventlog';
import type { Cli } from '../cli.ts';
import { readLog } from '../input.ts';
import type { FoundEvidence } from '../providers.ts';
import { expectedOf } from './log-verify.ts';

/** One check a register of the evidence that a log of this kind can be about. */
export async function checkLog(
  cli: Cli,
  file: string,
  evidence: FoundEvidence,
  register: string | undefined,
): Promise<Check> {
  const { log } = await readLog(cli, file);
  const comparison = compare(log, expectedOf(log, evidence, register), {
    digests: cli.digests,
    ...(register === undefined ? {} : { register }),
  });
  return logCheck(log, comparison, evidence.content);
}
