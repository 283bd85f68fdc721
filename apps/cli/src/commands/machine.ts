/** `tsm machine …`: simulated machines that live in the state directory. */
import { findRegister, fromHex, registerAddress, utf8Bytes, type Machine, type Provider } from '@tsm/core';
import { defaultStateDirectory, StateDirectory, type LiveMachine } from '@tsm/host';
import type { Cli, Outcome } from '../cli.ts';
import { describeError, EXIT, usage } from '../exit.ts';
import { byteSize, registerTitle, shortValue } from '../view/words.ts';
import { checkNotLive, LIVE, openLiveMachine, type LiveOptions } from './live.ts';

export interface MachineOptions extends LiveOptions {
  readonly state?: string;
}

export interface NewMachineOptions extends MachineOptions {
  readonly provider: string;
  readonly seed?: string;
  readonly at?: string;
  readonly boot: boolean;
  readonly image?: string;
  readonly value?: readonly string[];
}

export interface ExtendOptions extends MachineOptions {
  readonly digest?: string;
  readonly file?: string;
  readonly event?: string;
}

export interface ReportOptions extends MachineOptions {
  readonly reportData?: string;
  readonly out?: string;
}

export function stateOf(cli: Cli, { state }: MachineOptions): StateDirectory {
  return new StateDirectory(state ?? defaultStateDirectory(), (name) => cli.providers.find(name), {
    digests: cli.digests,
  });
}

/** A simulated machine, or the one that this program runs in. */
async function machineOf(cli: Cli, name: string, options: MachineOptions): Promise<Machine> {
  if (name === LIVE) return openLiveMachine(cli, options);
  checkNotLive(options, name);
  return stateOf(cli, options).machine(name);
}

/** `NAME=HEX`, each once. */
function launchValues(given: readonly string[] = []): Record<string, Uint8Array> {
  const values: Record<string, Uint8Array> = {};
  for (const text of given) {
    const [, name, hex] = /^([^=]+)=(?:0x)?([0-9a-f]+)$/i.exec(text) ?? [];
    const value = fromHex(hex ?? '');
    if (name === undefined || !value) throw usage(`--value ${text}: expected NAME=HEX, such as mrowner=00…`);
    if (Object.hasOwn(values, name)) throw usage(`--value ${name} is given twice`);
    values[name] = value;
  }
  return values;
}

export function hasFirmwareRegisters(provider: Provider): boolean {
  return provider.registers.some((one) => one.numbers.ccMr !== undefined && one.extensible);
}

async function registerRows(
  machine: Machine,
): Promise<{ name: string; role: string; algorithm: string | null; kind: string; value: Uint8Array }[]> {
  const rows = machine.registers
    .filter((one) => one.readable)
    .map(async (one) => {
      const name = registerAddress(machine.registers, one);
      return {
        name,
        role: one.role,
        algorithm: one.algorithm,
        kind: one.kind,
        value: await machine.read(name),
      };
    });
  return Promise.all(rows);
}

async function show(cli: Cli, machine: Machine): Promise<Outcome> {
  const registers = await registerRows(machine);
  const { id, provider, source } = machine;
  cli.say(`  ${cli.style.strong(id)}  ${source} · ${provider}`);
  const rows = registers.map(({ name, role, algorithm, value }) => [
    registerTitle(name),
    role,
    algorithm ?? '–',
    shortValue(value),
  ]);
  cli.sayTable([{ title: 'register' }, { title: 'role' }, { title: 'bank' }, { title: 'value' }], rows);
  return { json: { id, provider, source, registers }, exit: EXIT.ok };
}

export async function machineNew(cli: Cli, name: string, options: NewMachineOptions): Promise<Outcome> {
  if (name === LIVE) throw usage(`${LIVE} is the machine that this program runs in`, 'choose another name');
  const provider = await cli.providers.find(options.provider);
  const now = options.at === undefined ? cli.io.now() : new Date(options.at);
  if (Number.isNaN(now.getTime()))
    throw usage(`--at ${options.at ?? ''}: expected a date, such as 2026-01-31T12:00:00Z`);
  const seed =
    options.seed === undefined ? cli.io.random(32) : cli.digests.digest('sha256', utf8Bytes(options.seed));
  const image = options.image === undefined ? {} : { image: await cli.io.read(options.image) };
  const machine = await stateOf(cli, options).create({
    ...{
      op: 'create',
      version: 1,
      id: name,
      provider: cli.io.absolute(options.provider),
      seed,
      now,
      values: launchValues(options.value),
      ...image,
    },
    boot: options.boot && hasFirmwareRegisters(provider),
  });
  return show(cli, machine);
}

interface Listed {
  readonly id: string;
  readonly provider?: string;
  readonly source?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** One that cannot be opened must not hide the others. */
async function listed(state: StateDirectory, name: string): Promise<Listed> {
  try {
    const { id, provider, source } = await state.machine(name);
    return { id, provider, source };
  } catch (error) {
    const { code, message } = describeError(error);
    return { id: name, error: { code, message } };
  }
}

export async function machineList(cli: Cli, options: MachineOptions): Promise<Outcome> {
  const state = stateOf(cli, options);
  const machines = await Promise.all(state.list().map((name) => listed(state, name)));
  if (machines.length === 0) cli.say('  no machines yet — make one with: tsm machine new NAME');
  else
    cli.sayTable(
      [{ title: 'machine' }, { title: 'provider' }, { title: 'source' }],
      machines.map((one) => [one.id, one.provider ?? '✘', one.source ?? one.error?.code ?? '']),
    );
  for (const { error } of machines) if (error) cli.say(`  ✘ ${error.message}`);
  return { json: { machines }, exit: EXIT.ok };
}

/** A journal that cannot be replayed to its end: the machine as it was before the first bad line. */
export async function machineSalvage(cli: Cli, name: string, options: MachineOptions): Promise<Outcome> {
  const salvaged = await stateOf(cli, options).salvage(name);
  const { kept, dropped, original } = salvaged;
  if (original === undefined) cli.say(`  nothing is wrong: ${name} has ${kept} journal entries`);
  else {
    cli.say(`  ${name} goes on with ${kept} journal entries; ${byteSize(dropped)} were left out`);
    cli.say(`  ${cli.style.quiet('the journal as it was:')} ${original}`);
  }
  return { json: salvaged, exit: EXIT.ok };
}

export async function machineShow(cli: Cli, name: string, options: MachineOptions): Promise<Outcome> {
  return show(cli, await machineOf(cli, name, options));
}

export async function machineExtend(
  cli: Cli,
  name: string,
  register: string,
  options: ExtendOptions,
): Promise<Outcome> {
  const { digest, file, event } = options;
  const given = [digest, file, event].filter((one) => one !== undefined).length;
  if (given !== 1)
    throw usage('what to extend by?', 'give one of --event TEXT, --file FILE (its hash) and --digest HEX');
  const machine = await machineOf(cli, name, options);
  if (event !== undefined) {
    const appended = await machine.append(register, event);
    cli.say(`  ${registerTitle(appended.register)} ← ${JSON.stringify(event)}`);
    cli.say(`  value is now ${shortValue(appended.value)}`);
    return { json: appended, exit: EXIT.ok };
  }
  const bytes = digest === undefined ? await fileDigest(cli, machine, register, file ?? '') : fromHex(digest);
  if (!bytes) throw usage(`--digest ${digest ?? ''}: expected hex`);
  await machine.extend(register, bytes);
  const value = await machine.read(register);
  const logged = machine.source === 'live' ? '' : ', logged as a direct extend';
  cli.say(`  ${registerTitle(register)} ← ${shortValue(bytes)}${logged}`);
  cli.say(`  value is now ${shortValue(value)}`);
  return { json: { register, digest: bytes, value }, exit: EXIT.ok };
}

async function fileDigest(cli: Cli, machine: Machine, register: string, file: string): Promise<Uint8Array> {
  const algorithm = findRegister(machine.registers, register)?.algorithm;
  if (!algorithm) throw usage(`no register ${register} that holds digests`);
  return cli.digests.digest(algorithm, await cli.io.read(file));
}

/** Padded with zeros to what the driver takes. */
async function reportData(cli: Cli, { provider: name }: Machine, data: Uint8Array): Promise<Uint8Array> {
  const { report } = await cli.providers.find(name);
  const size = report?.inblob.max ?? data.length;
  if (data.length > size) throw usage(`--report-data: expected at most ${size} bytes, got ${data.length}`);
  const padded = new Uint8Array(size);
  padded.set(data);
  return padded;
}

export async function machineReport(cli: Cli, name: string, options: ReportOptions): Promise<Outcome> {
  const data = options.reportData === undefined ? new Uint8Array(0) : fromHex(options.reportData);
  if (!data) throw usage(`--report-data ${options.reportData ?? ''}: expected hex`);
  const machine = await machineOf(cli, name, options);
  const report = await machine.report({ inblob: await reportData(cli, machine, data) });
  const { outblob, auxblob, manifestblob, generation } = report;
  if (options.out !== undefined) await cli.io.write(options.out, outblob);
  cli.say(
    `  report of ${byteSize(outblob.length)}${options.out === undefined ? '' : `, written to ${options.out}`}`,
  );
  if (options.out === undefined)
    cli.say(`  ${cli.style.quiet('give --out FILE to keep it, then look at it with: tsm inspect FILE')}`);
  return { json: { generation: Number(generation), outblob, auxblob, manifestblob }, exit: EXIT.ok };
}

/** Everything that a verifier of this machine's reports needs, as files. */
export async function machineCollateral(
  cli: Cli,
  name: string,
  options: MachineOptions & { readonly out: string },
): Promise<Outcome> {
  const machine = await machineOf(cli, name, options);
  const collateral = await machine.collateral();
  if (!collateral) throw usage(`the provider of ${name} has no collateral of its own`);
  const { files, trustAnchors } = collateral;
  const anchors = trustAnchors.map((bytes, i) => [`trust-anchor-${i}`, bytes] as const);
  const all = [...Object.entries(files), ...anchors];
  await cli.io.makeFolder(options.out);
  for (const [file, bytes] of all) {
    const path = `${options.out}/${file}`;
    await cli.io.write(path, bytes);
    cli.say(`  ${path}  ${cli.style.quiet(byteSize(bytes.length))}`);
  }
  const anchor = `${options.out}/${anchors[0]?.[0] ?? ''}`;
  cli.say(cli.style.quiet(`  tsm verify REPORT --collateral ${options.out} --trust-anchor ${anchor}`));
  return { json: { files: Object.fromEntries(all) }, exit: EXIT.ok };
}

/** The kernel's log of files that it measured. */
async function imaLog(machine: Machine): Promise<Uint8Array | undefined> {
  if (!('imaLog' in machine)) throw usage(`--ima is for the machine ${LIVE}`);
  return (machine as LiveMachine).imaLog();
}

/** The firmware's CCEL, with a register its text log, or the log of IMA. */
export async function machineLog(
  cli: Cli,
  name: string,
  options: MachineOptions & { register?: string; ima?: boolean; out?: string },
): Promise<Outcome> {
  const machine = await machineOf(cli, name, options);
  const { register, ima = false, out } = options;
  if (ima && register !== undefined) throw usage('--ima and --register: expected one of them');
  const firmware = (): Promise<Uint8Array | undefined> => (ima ? imaLog(machine) : machine.firmwareLog());
  const log = register === undefined ? await firmware() : await machine.eventLog(register);
  if (!log)
    throw usage(
      `${name} has no ${ima ? 'log of IMA' : 'firmware log'}`,
      'name a register to get its text log: --register NAME',
    );
  if (out !== undefined) await cli.io.write(out, log);
  else if (register !== undefined) cli.say(new TextDecoder().decode(log).trimEnd());
  cli.say(`  ${cli.style.quiet(`${byteSize(log.length)}${out === undefined ? '' : `, written to ${out}`}`)}`);
  if (out === undefined && register === undefined)
    cli.say('  this log is binary: give --out FILE to keep it');
  return { json: { register: register ?? null, log }, exit: EXIT.ok };
}
