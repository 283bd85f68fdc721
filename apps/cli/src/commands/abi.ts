/** `tsm abi`: the conformance kit, and the revisions that it knows. */
import { DEFAULT_PROFILE, isProfileName, PROFILE_NAMES, profileOf, type ProfileName } from '@tsm/abi';
import {
  inProcess,
  runKit,
  toJunit,
  toTap,
  type CaseResult,
  type GroupId,
  type KitResult,
  type Target,
} from '@tsm/abi/kit';
import { faultySevTio } from '@tsm/pci-tdisp';
import { treeTarget } from '@tsm/host';
import cca from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage } from '../exit.ts';
import { count, indented } from '../view/words.ts';
import { whereTsm } from './live.ts';

export interface AbiTestOptions {
  readonly profile?: string;
  readonly tap?: boolean;
  readonly junit?: boolean;
  readonly inProcess?: boolean;
  readonly allowExtend?: boolean;
}

const GROUPS: Readonly<Record<GroupId, string>> = {
  A: 'directories and visibility',
  B: 'generation and text attributes',
  C: 'blobs and reports',
  D: 'TDX',
  E: 'SEV-SNP',
  F: 'Arm CCA',
  G: 'measurement registers',
  H: 'register banks of 2025',
  I: 'text logs of 2024',
  J: 'PCI devices',
  K: 'across vendors',
};

function sayGroups(cli: Cli, cases: readonly CaseResult[]): void {
  const rows = Object.entries(GROUPS).map(([id, title]) => {
    const own = cases.filter(({ group }) => group === id);
    const of = (status: CaseResult['status']): string => {
      const found = own.filter((one) => one.status === status).length;
      return found === 0 ? '–' : String(found);
    };
    return [id, title, of('passed'), of('failed'), of('not shown')];
  });
  const titles = ['', 'group', 'passed', 'failed', 'not shown'];
  cli.sayTable(
    titles.map((title) => ({ title })),
    rows,
  );
}

/** `4–6, 31`: ascending numbers with their runs drawn together. */
function runs(numbers: readonly number[]): string {
  const found: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const run = found.at(-1);
    if (run && run.last === number - 1) run.last = number;
    else found.push({ first: number, last: number });
  }
  return found
    .map(({ first, last }) => (first === last ? String(first) : `${String(first)}–${String(last)}`))
    .join(', ');
}

/** The cases that one reason keeps from being shown, together. */
function sayNotShown(cli: Cli, { notShown }: KitResult): void {
  for (const reason of new Set(notShown.map((one) => one.reason))) {
    const own = notShown.filter((one) => one.reason === reason).map((one) => one.case);
    const text = `– not shown: ${reason} (${count(own.length, 'case')}: ${runs(own)})`;
    for (const line of indented(text, 2, cli.io.columns)) cli.say(cli.style.quiet(line));
  }
}

function sayResult(cli: Cli, result: KitResult): void {
  sayGroups(cli, result.cases);
  for (const { case: id, title, status, reason = '' } of result.cases)
    if (status === 'failed')
      for (const line of indented(`✘ ${String(id)} ${title}: ${reason}`, 2, cli.io.columns))
        cli.say(cli.style.bad(line));
  sayNotShown(cli, result);
  const mark = result.failed === 0 ? cli.style.good('✔') : cli.style.bad('✘');
  cli.say(
    `  ${mark} ${String(result.passed)} passed, ${String(result.failed)} failed, ${String(result.notShown.length)} not shown`,
  );
}

/** Our own tree, or the one at a path, of the revision that it seems to be of. */
async function targetOf(
  cli: Cli,
  path: string | undefined,
  { profile, inProcess: ours = false, allowExtend = false }: AbiTestOptions,
): Promise<{ target: Target; profile: ProfileName | undefined }> {
  if (profile !== undefined && !isProfileName(profile))
    throw usage(`--profile ${profile}: expected one of ${PROFILE_NAMES.join(', ')}`);
  if (path === undefined) {
    if (allowExtend) throw usage('--allow-extend is for a tree at a path');
    const target = inProcess({ tdx, snp: createSnp, cca, sevTio: faultySevTio }, { digests: cli.digests });
    return { target, profile };
  }
  if (ours) throw usage(`${path} and --in-process: expected one of them`);
  const target = await whereTsm(() => treeTarget(path, { allowExtend }));
  return { target, profile: profile ?? target.profile };
}

export async function abiTest(cli: Cli, path: string | undefined, options: AbiTestOptions): Promise<Outcome> {
  const { tap = false, junit = false } = options;
  if (tap && junit) throw usage('--tap and --junit: expected one of them');
  const { target, profile } = await targetOf(cli, path, options);
  const result = await runKit(target, {
    ...(profile === undefined ? {} : { profile }),
    progress: ({ case: id, title }) => cli.io.progress(`${String(id)} ${title}`),
  });
  cli.io.progress(undefined);
  if (tap) cli.say(toTap(result).trimEnd());
  else if (junit) cli.say(toJunit(result).trimEnd());
  else {
    if (path !== undefined) cli.say(`  ${path} as ${profile ?? ''}`);
    sayResult(cli, result);
  }
  const json = { profile: profile ?? null, ...result };
  return { json, exit: result.failed === 0 ? EXIT.ok : EXIT.differences };
}

export function abiProfiles(cli: Cli): Promise<Outcome> {
  const profiles = PROFILE_NAMES.map((name) => profileOf(name));
  cli.sayTable(
    [{ title: 'profile' }, { title: 'what it is', fill: true }, { title: 'reports' }, { title: 'registers' }],
    profiles.map(({ name, title, report, registers }) => [
      name === DEFAULT_PROFILE ? `${name} (default)` : name,
      title,
      report.attributes,
      registers === 'none' ? '–' : registers,
    ]),
  );
  return Promise.resolve({ json: { default: DEFAULT_PROFILE, profiles }, exit: EXIT.ok });
}
