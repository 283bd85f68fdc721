/** `tsm log verify --chain`: several logs on one machine's registers, and who accounts for which part of each. */
import {
  replayChain,
  type ChainedRegister,
  type ChainLink,
  type ChainPart,
  type ExpectedRegister,
} from '@tsm/eventlog';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT } from '../exit.ts';
import { readLog, type LogOptions } from '../input.ts';
import { count, issueLines, mark, registerTitle, shortValue } from '../view/words.ts';

/** `FILE`, or `REGISTER=FILE` for a text log. */
async function readLink(cli: Cli, text: string, options: LogOptions): Promise<ChainLink> {
  const [, register, file = text] = /^([a-z]+\d*)=(.+)$/i.exec(text) ?? [];
  const { log } = await readLog(cli, file, options);
  return register === undefined ? { name: file, log } : { name: file, log, register: register.toLowerCase() };
}

function partRow(part: ChainPart): string[] {
  const move = `${shortValue(part.from)} → ${shortValue(part.to)}`;
  return part.kind === 'logged'
    ? [part.link, count(part.events, 'event'), move]
    : ['no log', 'unlogged', move];
}

const WORDS: Readonly<Record<ChainedRegister['status'], string>> = {
  match: 'agrees',
  replayed: 'replayed; the evidence does not have it',
  notExplained: 'not explained: extended after the last log, or changed in one',
};

function showRegister(cli: Cli, { name, status, parts }: ChainedRegister): void {
  const state = status === 'match' ? 'good' : 'unsure';
  cli.say(`  ${mark(cli.style, state)} ${cli.style.strong(registerTitle(name))}  ${WORDS[status]}`);
  cli.sayTable(
    [{ title: 'by', fill: true }, { title: 'events' }, { title: 'register went' }],
    parts.map(partRow),
  );
}

/** Replays `file` and then each link, in that order, and holds the registers against what is expected. */
export async function verifyChain(
  cli: Cli,
  file: string,
  chain: readonly string[],
  expected: readonly ExpectedRegister[],
  options: LogOptions & { readonly register?: string },
): Promise<Outcome> {
  const first = options.register === undefined ? file : `${options.register}=${file}`;
  const links: ChainLink[] = [];
  for (const text of [first, ...chain]) links.push(await readLink(cli, text, options));
  const { registers, notInLogs } = replayChain(links, { digests: cli.digests, expected });
  const issues = links.flatMap(({ log }) => log.issues);
  for (const one of registers) showRegister(cli, one);
  for (const name of notInLogs)
    cli.say(`  ${mark(cli.style, 'unsure')} ${cli.style.strong(registerTitle(name))}  no log is about it`);
  for (const line of issueLines(issues, cli.style)) cli.say(line);
  const unread = issues.some((issue) => issue.severity === 'error');
  const open =
    notInLogs.length > 0 ||
    !registers.some((one) => one.status === 'match') ||
    registers.some((one) => one.status === 'notExplained');
  return {
    json: { registers, notInLogs, issues },
    exit: unread ? EXIT.input : open ? EXIT.inconclusive : EXIT.ok,
  };
}
