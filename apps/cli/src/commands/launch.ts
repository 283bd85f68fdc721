/** `tsm launch`: from images and configuration to the registers that a launch gives, before anything runs. */
import {
  ALGORITHMS,
  fromHex,
  printable,
  toHex,
  type LaunchCalculator,
  type LaunchInput,
  type LaunchInputs,
  type LaunchPrediction,
  type LaunchStep,
  type LaunchValue,
} from '@tsm/core';
import { encodeAgileLog } from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage } from '../exit.ts';
import { byteSize, count, indented, issueLines, registerTitle, shortValue } from '../view/words.ts';

export interface LaunchOptions {
  readonly provider: string;
  readonly out?: string;
  readonly inputs?: boolean;
}

/** What was given for one input, for people and JSON. */
interface Given {
  readonly name: string;
  readonly value: LaunchValue;
  readonly shown: string;
}

async function valueOf(cli: Cli, input: LaunchInput, text: string): Promise<LaunchValue> {
  const { name, kind, choices = [] } = input;
  switch (kind) {
    case 'file':
      return cli.io.read(text);
    case 'hex': {
      const bytes = fromHex(text.replace(/^0x/i, ''));
      if (bytes) return bytes;
      throw usage(`${name}=${text}: expected hex`);
    }
    case 'number': {
      if (!/^(0x[0-9a-f]+|\d+)$/i.test(text))
        throw usage(`${name}=${text}: expected a number, decimal or 0x…`);
      const number = BigInt(text);
      return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;
    }
    case 'choice':
      if (choices.includes(text)) return text;
      throw usage(`${name}=${text}: expected one of ${choices.join(', ')}`);
    case 'text':
      return text;
  }
}

/** `NAME=VALUE`; what has no known name is the next required file. */
function* assigned(
  words: readonly string[],
  inputs: readonly LaunchInput[],
): Generator<[LaunchInput, string]> {
  const files = inputs.filter(({ kind, required }) => kind === 'file' && required === true);
  const named = (word: string): LaunchInput | undefined =>
    inputs.find(({ name }) => word.startsWith(`${name}=`));
  const taken = new Set(words.flatMap((word) => named(word) ?? []));
  for (const word of words) {
    const input = named(word) ?? files.find((one) => !taken.has(one));
    if (input === undefined || (named(word) === undefined && /^[a-z][a-z0-9-]*=/.test(word))) {
      const known = inputs.map(({ name }) => name).join(', ');
      throw usage(`${word}: this provider has no such input`, `NAME=VALUE with a name of: ${known}`);
    }
    taken.add(input);
    yield [input, named(word) === undefined ? word : word.slice(input.name.length + 1)];
  }
}

async function readInputs(
  cli: Cli,
  words: readonly string[],
  calculator: LaunchCalculator,
): Promise<Given[]> {
  const given: Given[] = [];
  for (const [input, text] of assigned(words, calculator.inputs)) {
    if (input.repeatable !== true && given.some(({ name }) => name === input.name))
      throw usage(`${input.name} is given twice`);
    const value = await valueOf(cli, input, text);
    const size = input.kind === 'file' && value instanceof Uint8Array ? ` (${byteSize(value.length)})` : '';
    given.push({ name: input.name, value, shown: `${text}${size}` });
  }
  for (const { name, title, required } of calculator.inputs) {
    if (required === true && !given.some((one) => one.name === name))
      throw usage(`${name} is missing: ${title}`, 'tsm launch --inputs lists what can be given');
  }
  return given;
}

/** Values by input name; a list where an input may be given more than once. */
function inputsOf(given: readonly Given[], calculator: LaunchCalculator): LaunchInputs {
  return Object.fromEntries(
    calculator.inputs.flatMap(({ name, repeatable }) => {
      const values = given.filter((one) => one.name === name).map(({ value }) => value);
      if (values.length === 0) return [];
      return [[name, repeatable === true ? values : values[0]]];
    }),
  );
}

/** One input a paragraph: what to write, and beside it what it is. */
function sayInputs(cli: Cli, inputs: readonly LaunchInput[]): void {
  const heads = inputs.map(({ name, kind, choices }) => `${name}=${choices ? 'CHOICE' : kind.toUpperCase()}`);
  const width = Math.max(...heads.map((head) => head.length)) + 4;
  for (const [i, { title, required, repeatable, choices, default: fallback }] of inputs.entries()) {
    const about = [
      title,
      ...(required === true ? ['required'] : []),
      ...(repeatable === true ? ['repeatable'] : []),
      ...(fallback === undefined ? [] : [`default: ${fallback}`]),
    ].join(' · ');
    const lines = [
      ...indented(about, width, cli.io.columns),
      ...(choices
        ? indented(`one of ${choices.join(', ')}`, width, cli.io.columns).map(cli.style.quiet)
        : []),
    ];
    const [first = '', ...rest] = lines;
    cli.say(`  ${(heads[i] ?? '').padEnd(width - 2)}${first.trimStart()}`);
    for (const line of rest) cli.say(line);
  }
}

function sayStep(cli: Cli, { words, digest, value, count: times = 1 }: LaunchStep): void {
  const [first = '', ...rest] = indented(printable(words), 4, cli.io.columns);
  cli.say(`    ${first.trimStart()}${times > 1 ? cli.style.quiet(`  × ${times}`) : ''}`);
  for (const line of rest) cli.say(line);
  const parts = [
    ...(digest ? [`+ ${shortValue(digest)}`] : []),
    ...(value ? [`⟶ ${shortValue(value)}`] : []),
  ];
  if (parts.length > 0) cli.say(cli.style.quiet(`      ${parts.join('   ')}`));
}

function sayPrediction(cli: Cli, { rules, registers, steps, issues }: LaunchPrediction): void {
  const { style } = cli;
  for (const name of new Set(steps.map(({ register }) => register))) {
    const own = steps.filter(({ register }) => register === name);
    cli.say(`  ${style.strong(registerTitle(name))}  ${count(own.length, 'step')}`);
    for (const step of own) sayStep(cli, step);
  }
  cli.say();
  for (const { name, algorithm, value } of registers) {
    cli.say(`  ${style.strong(registerTitle(name))}  ${style.quiet(algorithm)}`);
    for (const line of indented(toHex(value), 4, cli.io.columns)) cli.say(line);
  }
  cli.say(style.quiet(`  by the rules of: ${printable(rules)}`));
  for (const line of issueLines(issues, style)) cli.say(line);
}

/** The events as a CCEL, for `tsm log diff` and `tsm log explain`. */
async function writeLog(cli: Cli, file: string, { events = [] }: LaunchPrediction): Promise<void> {
  if (events.length === 0)
    throw usage(`--out ${file}: this launch writes no firmware log`, 'only predicted boot events make one');
  const size = events[0]?.digest.length;
  const { name: algorithm } = Object.values(ALGORITHMS).find((one) => one.size === size) ?? ALGORITHMS.sha384;
  const records = events.map(({ ccMr, type, data, digest }) => ({
    register: ccMr,
    type,
    data,
    digests: { [algorithm]: digest },
  }));
  await cli.io.write(file, encodeAgileLog([algorithm], records, { headerRegister: 1 }));
  cli.say(`  ${cli.style.good('✔')} ${file}  ${count(events.length, 'predicted event')}`);
}

export async function launch(cli: Cli, words: readonly string[], options: LaunchOptions): Promise<Outcome> {
  const provider = await cli.providers.find(options.provider);
  const calculator = provider.launch;
  if (!calculator) throw usage(`provider ${provider.id} has no launch calculator`);
  if (options.inputs === true) {
    cli.say(`  ${cli.style.strong(provider.title)}  tsm launch --provider ${provider.id} NAME=VALUE …`);
    sayInputs(cli, calculator.inputs);
    return { json: { provider: provider.id, inputs: calculator.inputs }, exit: EXIT.ok };
  }
  if (words.length === 0)
    throw usage('nothing to launch', `tsm launch --provider ${provider.id} --inputs lists what can be given`);
  const given = await readInputs(cli, words, calculator);
  const prediction = calculator.calculate(inputsOf(given, calculator), cli.digests);
  cli.say(`  ${cli.style.strong(provider.title)}  launch prediction`);
  for (const { name, shown } of given) cli.say(`  ${name.padEnd(16)} ${printable(shown)}`);
  sayPrediction(cli, prediction);
  if (options.out !== undefined) await writeLog(cli, options.out, prediction);
  const { rules, registers, steps, events, issues } = prediction;
  const json = {
    provider: provider.id,
    rules,
    inputs: Object.fromEntries(given.map(({ name, shown }) => [name, shown])),
    registers,
    steps,
    ...(events ? { events } : {}),
    issues,
  };
  const failed = registers.length === 0 || issues.some(({ severity }) => severity === 'error');
  return { json, exit: failed ? EXIT.input : EXIT.ok };
}
