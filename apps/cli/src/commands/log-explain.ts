/** `tsm log explain`: the smallest edit of a log that gives the value of a register. */
import { fromHex, printable, type Evidence } from '@tsm/core';
import { replay, type Edit, type EventLog, type Explanation, type ReplayedRegister } from '@tsm/eventlog';
import { coreCount, explainOnCores, type LogSource } from '@tsm/host';
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
  readonly jobs?: string;
}

/** Extends in each of the runs that tell how fast this machine is. The first ones are slow: code is still compiled. */
const CALIBRATION = 50_000;
const CALIBRATION_RUNS = 5;

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

/** What the search may cost here. */
interface Means {
  readonly jobs: number;
  readonly seconds: number;
  /** Extends that one core computes in a second. */
  readonly rate: number;
}

function meansOf(cli: Cli, options: ExplainOptions, register: ReplayedRegister): Means {
  const { budget, jobs = String(coreCount()) } = options;
  const seconds = Number(budget);
  if (!(seconds > 0)) throw usage(`--budget ${budget}: expected a number of seconds`);
  if (!/^[1-9]\d{0,3}$/.test(jobs)) throw usage(`--jobs ${jobs}: expected a number of workers`);
  return { jobs: Number(jobs), seconds, rate: rateOf(cli, register) };
}

/** Extends that take a second here, by the fastest of some runs. */
function rateOf(cli: Cli, { algorithm, start }: ReplayedRegister): number {
  const chain = cli.digests.chain(algorithm, start);
  const times = Array.from({ length: CALIBRATION_RUNS }, () => {
    const began = cli.io.milliseconds();
    for (let i = 0; i < CALIBRATION; i++) chain.extend(start);
    chain.value();
    return cli.io.milliseconds() - began;
  });
  return (1000 * CALIBRATION) / Math.max(1, Math.min(...times));
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

/** `4 812`. */
function grouped(number: number): string {
  return number.toLocaleString('en').replaceAll(',', ' ');
}

function sayPlan(cli: Cli, planned: number, { jobs, rate }: Means): void {
  const seconds = (planned / rate / jobs).toFixed(1);
  const time = seconds === '0.0' ? 'less than 0.1 s' : `about ${seconds} s`;
  const where = jobs === 1 ? '1 core' : `${jobs} cores`;
  cli.say(cli.style.quiet(`  plan   at most ${grouped(planned)} extends, ${time} on ${where}`));
}

/** Why the search ended without an edit. */
function endWords({ stopped }: Explanation, { seconds }: Means): string {
  if (stopped === 'cancelled') return 'cancelled before an edit was found';
  if (stopped === 'budget') return `no edit found in ${seconds} s; --budget SECONDS gives more`;
  return 'no single edit gives the value';
}

function show(cli: Cli, explanation: Explanation, means: Means, milliseconds: number): void {
  const { found, edits, unique, searched, notSearched } = explanation;
  const tried = searched.reduce((sum, one) => sum + one.candidates, 0);
  const effort = `${grouped(tried)} tried (${(milliseconds / 1000).toFixed(2)} s)`;
  if (found && edits.length === 0)
    cli.say(`  ${mark(cli.style, 'good')} the log gives the value as it stands`);
  else if (found) {
    const good = mark(cli.style, 'good');
    const only = unique ? 'unique among' : 'not unique, among';
    cli.say(`  ${good} found  ${count(edits.length, 'edit')} · proven · ${only} ${effort}`);
    for (const one of edits) for (const line of editLines(cli, one)) cli.say(line);
  } else {
    cli.say(`  ${mark(cli.style, 'unsure')} ${endWords(explanation, means)}  ${cli.style.quiet(effort)}`);
    for (const { kind, reason } of notSearched)
      cli.say(cli.style.quiet(`    not searched: ${kind} (${reason})`));
  }
}

/** The log for workers to decode, as it was decoded here. */
function sourceOf({ bytes, format, dialect }: EventLog): LogSource {
  return { bytes, decode: { format, ...(dialect ? { dialect } : {}) } };
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
  const means = meansOf(cli, options, one);
  const { jobs, seconds, rate } = means;
  cli.say(
    `  ${cli.style.strong(registerTitle(one.name))}  log ${shortValue(one.value)}  expected ${shortValue(expected)}`,
  );
  let told = false;
  const began = cli.io.milliseconds();
  const explanation = await explainOnCores(sourceOf(log), {
    ...{ register: one.register, algorithm: one.algorithm, expected, maxEdits, jobs },
    budget: Math.round(seconds * rate * jobs),
    ...(good ? { knownGood: sourceOf(good) } : {}),
    onProgress: ({ kind, spent, planned }) => {
      if (kind === 'plan' && !told) sayPlan(cli, planned, means);
      told ||= kind === 'plan';
      cli.io.progress(`${kind}  ${Math.min(100, Math.round((100 * spent) / Math.max(1, planned)))} %`);
    },
    signal: cli.io.interrupted(),
  });
  cli.io.progress(undefined);
  show(cli, explanation, means, cli.io.milliseconds() - began);
  return {
    json: { ...explanation, register: one.name },
    exit: explanation.found ? EXIT.ok : EXIT.inconclusive,
  };
}
