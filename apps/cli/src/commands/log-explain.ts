/** `tsm log explain`: the smallest edit of a log that gives the value of a register. */
import { fromHex, printable, type Evidence } from '@tsm/core';
import {
  explain,
  replay,
  type Edit,
  type EventLog,
  type Explanation,
  type ReplayedRegister,
} from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage } from '../exit.ts';
import { readEvidence, readLog, type LogOptions } from '../input.ts';
import { count, indented, mark, registerTitle, shortValue } from '../view/words.ts';

export interface ExplainOptions extends LogOptions {
  readonly register: string;
  readonly expect?: string;
  readonly evidence?: string;
  readonly provider?: readonly string[];
  readonly knownGood?: string;
  readonly maxEdits?: string;
  readonly budget: string;
}

/** Extends in the run that tells how fast this machine is. */
const CALIBRATION = 200_000;

async function expectedValue(cli: Cli, options: ExplainOptions): Promise<Uint8Array> {
  if (options.expect !== undefined) {
    const value = fromHex(options.expect);
    if (value) return value;
    throw usage(`--expect ${options.expect}: expected the register's value in hex`);
  }
  if (options.evidence === undefined)
    throw usage('which value shall the log have?', 'give --expect HEX, or --evidence FILE');
  const { content }: { content: Evidence } = await readEvidence(cli, options.evidence, options.provider);
  const found = content.registers.find(({ name }) => name === options.register.toLowerCase());
  if (found) return found.value;
  throw usage(
    `the evidence has no register ${options.register}`,
    `it has ${content.registers.map(({ name }) => name).join(', ')}`,
  );
}

/** The register of the log, in the bank whose digests are as long as the value. */
function findRegister(
  log: EventLog,
  registers: readonly ReplayedRegister[],
  name: string,
  size: number,
): ReplayedRegister {
  const wanted = registers.filter((one) => one.name === name.toLowerCase());
  const found = wanted.find(({ value }) => value.length === size) ?? wanted[0];
  if (found) return found;
  const known = registers.map((one) => one.name ?? '').join(', ');
  throw usage(
    `this log does not extend ${name}`,
    log.numbering === 'single' ? undefined : `it is about ${known}`,
  );
}

/** How many extends fit into so many seconds here. */
function extendsIn(cli: Cli, seconds: string, { algorithm, start }: ReplayedRegister): number {
  const wanted = Number(seconds);
  if (!(wanted > 0)) throw usage(`--budget ${seconds}: expected a number of seconds`);
  const chain = cli.digests.chain(algorithm, start);
  const began = cli.io.milliseconds();
  for (let i = 0; i < CALIBRATION; i++) chain.extend(start);
  chain.value();
  const elapsed = Math.max(1, cli.io.milliseconds() - began);
  return Math.round((wanted * 1000 * CALIBRATION) / elapsed);
}

/** The edit in words, and below it what is known of it. */
function editLines(cli: Cli, one: Edit): string[] {
  const { columns, style } = cli.io;
  const { words, name, alternatives = [], equivalent = [] } = one;
  const below = [
    ...(name === undefined ? [] : [style.quiet(printable(name))]),
    ...equivalent.map((other) => `${style.quiet('the same in effect:')} ${printable(other)}`),
    ...alternatives.map((other) => `${style.quiet('or:')} ${printable(other.words)}`),
  ];
  return [...indented(printable(words), 4, columns), ...below.flatMap((line) => indented(line, 6, columns))];
}

function show(cli: Cli, explanation: Explanation, seconds: string): void {
  const { found, edits, unique, searched, notSearched, cost, stopped } = explanation;
  const tried = searched.reduce((sum, one) => sum + one.candidates, 0);
  const effort = cli.style.quiet(`${tried} candidates, ${cost.spent} extends`);
  if (found && edits.length === 0)
    cli.say(`  ${mark(cli.style, 'good')} the log gives the value as it stands`);
  else if (found) {
    cli.say(
      `  ${mark(cli.style, 'good')} found  ${count(edits.length, 'edit')} · proven${unique ? ' · unique' : ''}  ${effort}`,
    );
    for (const one of edits) for (const line of editLines(cli, one)) cli.say(line);
  } else {
    cli.say(`  ${mark(cli.style, 'unsure')} no single edit gives the value  ${effort}`);
    if (stopped === 'budget')
      cli.say(`    the budget of ${seconds} s is used up: --budget SECONDS gives more`);
    for (const { kind, reason } of notSearched)
      cli.say(cli.style.quiet(`    not searched: ${kind} (${reason})`));
  }
}

export async function logExplain(cli: Cli, file: string, options: ExplainOptions): Promise<Outcome> {
  const { log } = await readLog(cli, file, options);
  const expected = await expectedValue(cli, options);
  const { registers } = replay(log, { digests: cli.digests, register: options.register });
  const one = findRegister(log, registers, options.register, expected.length);
  const good =
    options.knownGood === undefined ? undefined : (await readLog(cli, options.knownGood, options)).log;
  const maxEdits = Number(options.maxEdits ?? (good ? 2 : 1));
  if (maxEdits !== 1 && maxEdits !== 2) throw usage(`--max-edits ${options.maxEdits ?? ''}: expected 1 or 2`);
  const explanation = await explain(log, {
    ...{ register: one.register, algorithm: one.algorithm, expected, maxEdits, digests: cli.digests },
    budget: extendsIn(cli, options.budget, one),
    ...(good ? { knownGood: good } : {}),
    onProgress: ({ kind, spent, planned }) => {
      cli.io.progress(`${kind}  ${Math.min(100, Math.round((100 * spent) / Math.max(1, planned)))} %`);
    },
    pause: () => cli.io.breathe(),
    signal: cli.io.interrupted(),
  });
  cli.io.progress(undefined);
  cli.say(
    `  ${cli.style.strong(registerTitle(one.name))}  log ${shortValue(one.value)}  expected ${shortValue(expected)}`,
  );
  show(cli, explanation, options.budget);
  return {
    json: { ...explanation, register: one.name },
    exit: explanation.found ? EXIT.ok : EXIT.inconclusive,
  };
}
