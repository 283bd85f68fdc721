/** `tsm mount` and `tsm run`: machines of the state directory, or new ones that nobody else sees. */
import { isProfileName, PROFILE_NAMES, type ProfileName } from '@tsm/abi';
import { utf8Bytes } from '@tsm/core';
import { mountMachine, openJournal, runInMachine, type Mounted, type Served } from '@tsm/host';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage } from '../exit.ts';
import { hasFirmwareRegisters, stateOf } from './machine.ts';

interface TreeOptions {
  readonly state?: string;
  readonly profile?: string;
  readonly provider?: string;
  readonly seed?: string;
  readonly boot: boolean;
  readonly readOnly?: boolean;
}

export interface MountOptions extends TreeOptions {
  readonly machine?: readonly string[];
}

export interface RunOptions extends TreeOptions {
  readonly machine?: string;
}

function profileOption({ profile }: TreeOptions): { profile?: ProfileName } {
  if (profile === undefined) return {};
  if (isProfileName(profile)) return { profile };
  throw usage(`--profile ${profile}: expected one of ${PROFILE_NAMES.join(', ')}`);
}

/** A machine of the state directory. */
function knownMachine(cli: Cli, name: string, options: TreeOptions): Served {
  const { provider, seed, boot } = options;
  if (provider !== undefined || seed !== undefined || !boot)
    throw usage('--provider, --seed and --no-boot are for a new machine', 'leave out --machine for one');
  const journal = stateOf(cli, options).journalOf(name);
  const { created } = openJournal(journal);
  return { ...common(options), provider: cli.providers.urlOf(created.provider), machine: { journal } };
}

/** A machine that ends with the mount. */
async function newMachine(cli: Cli, options: TreeOptions): Promise<Served> {
  const { provider: name = 'tdx', seed: text, boot } = options;
  const provider = await cli.providers.find(name);
  const seed = text === undefined ? cli.io.random(32) : cli.digests.digest('sha256', utf8Bytes(text));
  const launch = { seed, now: cli.io.now(), values: {}, boot: boot && hasFirmwareRegisters(provider) };
  const created = { op: 'create', version: 1, id: 'new', provider: name, ...launch } as const;
  return { ...common(options), provider: cli.providers.urlOf(name), machine: { created } };
}

function common(options: TreeOptions): Pick<Served, 'profile' | 'readOnly'> {
  return { ...profileOption(options), readOnly: options.readOnly === true };
}

/** What is to be mounted where: one machine at the folder itself, several in a folder each. */
async function plan(cli: Cli, directory: string, options: MountOptions): Promise<[string, Served][]> {
  const { machine: names = [] } = options;
  if (new Set(names).size < names.length) throw usage('--machine: each machine is served once');
  const [only, ...more] = names;
  if (only === undefined) return [[directory, await newMachine(cli, options)]];
  if (more.length === 0) return [[directory, knownMachine(cli, only, options)]];
  const all = names.map((name): [string, Served] => [
    `${directory}/${name}`,
    knownMachine(cli, name, options),
  ]);
  for (const [folder] of all) await cli.io.makeFolder(folder);
  return all;
}

function sayMounted(cli: Cli, { id, provider, profile, directory, grafts }: Mounted): void {
  cli.say(`  ${cli.style.strong(directory)}  ${id} · ${provider} · profile ${profile}`);
  for (const { path } of grafts) cli.say(`    ${directory}${path}`);
}

/** Serves until it is stopped, or until all of it is unmounted by somebody else. */
async function serve(mounted: readonly Mounted[], signal: AbortSignal): Promise<void> {
  const stop = (): void => {
    for (const one of mounted) void one.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  await Promise.all(mounted.map(({ ended }) => ended));
}

export async function mount(cli: Cli, directory: string, options: MountOptions): Promise<Outcome> {
  const onFault = (text: string): void => cli.io.err(`fault: ${text}\n`);
  const wanted = await plan(cli, directory, options);
  const signal = cli.io.interrupted();
  const mounted: Mounted[] = [];
  try {
    for (const [folder, served] of wanted) mounted.push(await mountMachine(folder, served, { onFault }));
  } catch (error) {
    for (const one of mounted) await one.stop();
    throw error;
  }
  for (const one of mounted) sayMounted(cli, one);
  cli.say(cli.style.quiet(`  Ctrl-C, or "umount ${mounted[0]?.directory ?? directory}", ends it`));
  const trees = mounted.map(({ id, provider, profile, directory: at, grafts }) => ({
    ...{ machine: id, provider, profile, directory: at },
    paths: grafts.map(({ path }) => at + path),
  }));
  return { json: { mounted: trees }, exit: EXIT.ok, serving: serve(mounted, signal) };
}

/** The exit code is that of the command. */
export async function runCommand(
  cli: Cli,
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Outcome> {
  const { machine } = options;
  const served = machine === undefined ? await newMachine(cli, options) : knownMachine(cli, machine, options);
  const { exit, message } = await runInMachine(served, { command, args });
  if (message !== undefined) cli.io.err(`error: ${message}\n`);
  return { json: { command: [command, ...args], exit, message }, exit };
}
