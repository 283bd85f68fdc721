/** `tsm collateral show`: what is there to verify with, and when it expires. */
import { printable } from '@tsm/core';
import type { Cli, Outcome } from '../cli.ts';
import { collateralItems, type CollateralItem } from '../collateral-items.ts';
import { EXIT } from '../exit.ts';
import { issueLines, mark } from '../view/words.ts';
import { dateOf, readAll } from './verify.ts';

const DAY = 86_400_000;
/** Less than this many days left is worth a word. */
const SOON = 7;

type State = 'good' | 'expired' | 'notYet' | 'soon' | 'noDates';

function stateOf({ from, until }: CollateralItem, now: Date): State {
  if (until && now >= until) return 'expired';
  if (from && now < from) return 'notYet';
  if (until && until.getTime() - now.getTime() < SOON * DAY) return 'soon';
  return until ? 'good' : 'noDates';
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

/** `in 12 days`, `3 days ago`. */
function distance(until: Date, now: Date): string {
  const days = Math.floor((until.getTime() - now.getTime()) / DAY);
  const count = Math.abs(days < 0 ? days + 1 : days);
  const words = `${count} ${count === 1 ? 'day' : 'days'}`;
  return days < 0 ? `${words} ago` : `in ${words}`;
}

function ends(item: CollateralItem, state: State, now: Date): string {
  if (state === 'notYet' && item.from) return `counts from ${day(item.from)}`;
  return item.until ? `${day(item.until)}, ${distance(item.until, now)}` : '–';
}

/** One line an item; also what `tsm inspect` shows of such a file. */
export function sayItems(cli: Cli, items: readonly CollateralItem[], now: Date): void {
  const rows = items.map((item) => {
    const state = stateOf(item, now);
    const shown = state === 'expired' || state === 'notYet' ? 'bad' : state === 'soon' ? 'unsure' : 'good';
    return [item.kind, `${mark(cli.style, shown)} ${ends(item, state, now)}`, printable(item.title)];
  });
  cli.sayTable([{ title: 'kind' }, { title: 'until' }, { title: 'of', fill: true }], rows);
}

/** Shape of `--json`, without the trees. */
export function itemJson(item: CollateralItem, now: Date): object {
  const { file, kind, title, issuer, from, until } = item;
  return { file, kind, title, issuer, from, until, state: stateOf(item, now) };
}

export async function collateralShow(
  cli: Cli,
  paths: readonly string[],
  options: { readonly at?: string },
): Promise<Outcome> {
  const now = options.at === undefined ? cli.io.now() : dateOf(options.at);
  const found = (await readAll(cli, paths)).map(({ path, bytes }) => ({
    path,
    ...collateralItems(path, bytes),
  }));
  const items = found.flatMap((one) => one.items);
  const issues = found.flatMap(({ path, issues: own }) => own.map((issue) => ({ ...issue, path })));
  for (const { path, items: own } of found) {
    cli.say(`  ${cli.style.strong(printable(path))}`);
    if (own.length > 0) sayItems(cli, own, now);
  }
  for (const line of issueLines(issues, cli.style)) cli.say(line);
  const states = items.map((item) => stateOf(item, now));
  const stale = states.filter((state) => state === 'expired' || state === 'notYet').length;
  const first = items.flatMap(({ until }) => until ?? []).sort((a, b) => a.getTime() - b.getTime())[0];
  if (first)
    cli.say(cli.style.quiet(`  the first to expire does so on ${day(first)}, ${distance(first, now)}`));
  const broken = issues.some(({ severity }) => severity === 'error');
  return {
    json: { at: now, items: items.map((item) => itemJson(item, now)), issues },
    exit: broken || items.length === 0 ? EXIT.input : stale > 0 ? EXIT.collateral : EXIT.ok,
  };
}
