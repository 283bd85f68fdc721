/** `tsm log verify`: does the log explain the registers that evidence, or a person, states? */
import { ALGORITHMS, fromHex } from '@tsm/core';
import {
  compare,
  expectedRegisters,
  runtimeRegisters,
  type Comparison,
  type EventLog,
  type ExpectedRegister,
} from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage, type ExitCode } from '../exit.ts';
import { readEvidence, readLog, type LogOptions } from '../input.ts';
import type { FoundEvidence } from '../providers.ts';
import { comparisonJson, sayComparison, divergenceLines } from '../view/comparison.ts';
import { count, issueLines } from '../view/words.ts';
import { verifyChain } from './log-chain.ts';
import { logTitle } from './log-replay.ts';

export interface VerifyOptions extends LogOptions {
  readonly evidence?: string;
  readonly expect?: readonly string[];
  readonly register?: string;
  readonly knownGood?: string;
  readonly provider?: readonly string[];
  readonly chain?: readonly string[];
}

/** `rtmr0=<hex>`, with an optional bank: `pcr7:sha256=<hex>`. */
function parseExpected(text: string): ExpectedRegister {
  const [, name, bank, hex] = /^([A-Za-z]+\d*)(?::([\w-]+))?=([0-9a-fA-F]+)$/.exec(text) ?? [];
  const value = fromHex(hex ?? '');
  if (name === undefined || !value)
    throw usage(`--expect ${text}: expected REGISTER=HEX, such as rtmr1=8c1d… or pcr7:sha256=65ca…`);
  const algorithm = Object.values(ALGORITHMS).find((one) => one.name === bank)?.name;
  if (bank !== undefined && !algorithm) throw usage(`--expect ${text}: unknown bank ${bank}`);
  return algorithm ? { name, value, algorithm } : { name, value };
}

/** Registers that a log of this kind can be about: all of them, but for a text log only the one it is said to be of. */
export function expectedOf(
  log: EventLog,
  found: FoundEvidence,
  register: string | undefined,
): readonly ExpectedRegister[] {
  const expected = expectedRegisters(log, found.content, found.provider, register);
  if (expected) return expected;
  const names = found.content.registers.map(({ name }) => name).join(', ');
  throw usage(
    'a text log does not say which register it is of',
    `name it: --register NAME (the evidence has ${names})`,
  );
}

function comparisonExit(log: EventLog, { registers, notInLog }: Comparison): ExitCode {
  if (log.issues.some((issue) => issue.severity === 'error')) return EXIT.input;
  if (registers.some((one) => one.status === 'differs')) return EXIT.differences;
  const open =
    registers.length === 0 || notInLog.length > 0 || registers.some((one) => one.status === 'notExplained');
  return open ? EXIT.inconclusive : EXIT.ok;
}

function summary({ registers, notInLog }: Comparison, cli: Cli): string {
  const agree = registers.filter((one) => one.match).length;
  const all = `${agree} of ${count(registers.length, 'register')} agree${registers.length === 1 ? 's' : ''} with the log`;
  const missing = notInLog.length > 0 ? ` · not in this log: ${notInLog.join(', ')}` : '';
  const state = agree === registers.length && registers.length > 0 && missing === '';
  return `  ${state ? cli.style.good(all) : cli.style.strong(all)}${missing}`;
}

export async function logVerify(cli: Cli, file: string, options: VerifyOptions): Promise<Outcome> {
  const { evidence: evidenceFile, expect = [], register, knownGood } = options;
  if (evidenceFile === undefined && expect.length === 0)
    throw usage('nothing to compare with', 'give --evidence FILE, or --expect REGISTER=HEX');
  const evidence =
    evidenceFile === undefined ? undefined : await readEvidence(cli, evidenceFile, options.provider);
  const byHand = expect.map(parseExpected);
  if (options.chain !== undefined) {
    const runtime = (evidence ? runtimeRegisters(evidence.content, evidence.provider) : []).map(
      ({ inLog, ...one }) => (inLog === undefined ? one : { ...one, name: inLog }),
    );
    return verifyChain(cli, file, options.chain, [...runtime, ...byHand], options);
  }
  const { log } = await readLog(cli, file, options);
  const fromEvidence = evidence ? expectedOf(log, evidence, register) : [];
  const good = knownGood === undefined ? undefined : (await readLog(cli, knownGood, options)).log;
  const comparison = compare(log, [...fromEvidence, ...byHand], {
    digests: cli.digests,
    ...(good ? { knownGood: good } : {}),
    ...(register === undefined ? {} : { register }),
  });
  const { registers, notInLog } = comparison;
  const issues = [...log.issues, ...(evidence?.content.issues ?? []), ...comparison.replay.issues];
  cli.say(`  ${cli.style.strong(file)}  ${logTitle(log)}`);
  if (registers.length > 0) sayComparison(cli, registers);
  for (const one of registers) for (const line of divergenceLines(one, cli.style)) cli.say(line);
  cli.say(summary(comparison, cli));
  if (evidence) cli.say(cli.style.quiet('  not checked: whether the evidence itself is genuine'));
  for (const line of issueLines(issues, cli.style)) cli.say(line);
  return {
    json: { registers: comparisonJson(registers), notInLog, issues },
    exit: comparisonExit(log, comparison),
  };
}
