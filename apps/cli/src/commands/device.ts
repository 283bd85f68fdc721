/** `tsm device …`: PCI devices of a simulated machine, from connect to RUN, and what they say of themselves. */
import { TsmError, utf8Bytes } from '@tsm/core';
import { decode, flagNames } from '@tsm/core/layout';
import {
  deviceKind,
  DeviceRecorder,
  withDevices,
  type DeviceState,
  type DeviceVerb,
  type MachineDevices,
} from '@tsm/host';
import {
  decodeRun,
  INTERFACE_INFO,
  InterfaceReport,
  measurementsOf,
  PLATFORM_OF_PROVIDER,
  PLATFORMS,
  RANGE_ATTRIBUTE,
  verifyDevice,
} from '@tsm/pci-tdisp';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT } from '../exit.ts';
import { messageJson, sayMessages } from '../view/messages.ts';
import { sayVerdict } from '../view/verdict.ts';
import { byteSize, count, shortValue } from '../view/words.ts';
import { stateOf, type MachineOptions } from './machine.ts';

export interface DeviceOptions extends MachineOptions {
  readonly out?: string;
  readonly secrets?: string;
}

type Step<T> = (devices: MachineDevices, act: (verb: DeviceVerb, device: string) => void) => T;

/** Opens the devices of a machine; the first time they are made for the machine's platform. */
export async function openDevices<T>(
  cli: Cli,
  name: string,
  options: MachineOptions,
  step: Step<T>,
  recorder?: DeviceRecorder,
): Promise<T> {
  const state = stateOf(cli, options);
  const machine = await state.machine(name);
  const make = () => {
    const platform = PLATFORM_OF_PROVIDER[machine.provider];
    if (!platform)
      throw new TsmError(
        'EOPNOTSUPP',
        `provider ${machine.provider} has no platform for devices: tdx, snp, cca and cove have`,
      );
    return { platform, seed: cli.io.random(32), now: cli.io.now() };
  };
  return withDevices(`${state.path}/machines/${name}`, make, step, recorder?.watching);
}

function row(device: DeviceState): string[] {
  const { address, connected, stream, locked, accepted, state } = device;
  const guest = accepted ? 'accepted' : locked === null ? '–' : 'locked';
  const link = stream === null ? '–' : String(stream);
  return [address, deviceKind(device), connected ?? '–', link, guest, state];
}

function sayDevices(cli: Cli, states: readonly DeviceState[]): void {
  cli.sayTable(
    [
      ...['device', 'kind', 'TSM', 'stream'].map((title) => ({ title })),
      { title: 'in the guest' },
      { title: 'state', fill: true },
    ],
    states.map(row),
  );
}

const statesOf = (devices: MachineDevices): DeviceState[] =>
  devices.functions.map((one) => devices.stateOf(one));

export async function deviceList(cli: Cli, name: string, options: DeviceOptions): Promise<Outcome> {
  const { platform, devices } = await openDevices(cli, name, options, (all) => ({
    platform: all.made.platform,
    devices: statesOf(all),
  }));
  cli.say(`  ${cli.style.strong(name)}: devices over ${PLATFORMS[platform].title}`);
  sayDevices(cli, devices);
  return { json: { machine: name, platform, devices }, exit: EXIT.ok };
}

/** One thing done to a device; what came of it is its state. */
export const deviceVerb =
  (verb: DeviceVerb) =>
  async (cli: Cli, name: string, address: string, options: DeviceOptions): Promise<Outcome> => {
    const { states, state } = await openDevices(cli, name, options, (all, act) => {
      act(verb, address);
      const left = statesOf(all);
      return { states: left, state: left.find((one) => one.address === address) ?? null };
    });
    if (state) sayDevices(cli, [state]);
    else cli.say(`  ${address} is gone; ${count(states.length, 'function')} left`);
    return { json: { machine: name, verb, device: state }, exit: EXIT.ok };
  };

async function write(cli: Cli, path: string | undefined, bytes: Uint8Array): Promise<void> {
  if (path === undefined) return;
  await cli.io.write(path, bytes);
  cli.say(`  ${cli.style.quiet('wrote')} ${path} (${byteSize(bytes.length)})`);
}

const names = (table: Readonly<Record<string, number>>, value: number): string =>
  flagNames(table, value).join(', ') || '–';

/** The interface report, as the guest got it when it locked the interface. */
export async function deviceReport(
  cli: Cli,
  name: string,
  address: string,
  options: DeviceOptions,
): Promise<Outcome> {
  const bytes = await openDevices(cli, name, options, (all) => {
    const { locked } = all.stateOf(all.function(address));
    const report = all.fleet.guest.evidence(all.function(address)).objects['report'];
    if (locked === null || !report)
      throw new TsmError(
        'EINVAL',
        `${address} is not locked: lock it first with "tsm device lock ${name} ${address}"`,
      );
    return report;
  });
  const { value: report, issues } = decode(InterfaceReport, bytes);
  cli.say(`  interface ${address}: ${names(INTERFACE_INFO, report?.interfaceInfo ?? 0)}`);
  cli.sayTable(
    [
      { title: 'range' },
      { title: 'first page' },
      { title: 'pages', align: 'right' },
      { title: 'what it is', fill: true },
    ],
    (report?.ranges ?? []).map(({ rangeId, firstPage, pages, attributes }) => [
      String(rangeId),
      `0x${firstPage.toString(16)}`,
      String(pages),
      names(RANGE_ATTRIBUTE, attributes),
    ]),
  );
  await write(cli, options.out, bytes);
  return { json: { machine: name, device: address, report, issues, bytes }, exit: EXIT.ok };
}

/** Types of measurements (DSP0274, DMTFSpecMeasurementValueType). */
const TYPES = ['ROM', 'firmware', 'hardware configuration', 'firmware configuration', 'manifest'];

/** Certificates and measurements of a connected device, verified to the root of the simulated vendor. */
export async function deviceMeasurements(
  cli: Cli,
  name: string,
  address: string,
  options: DeviceOptions,
): Promise<Outcome> {
  const { objects, root } = await openDevices(cli, name, options, (all) => {
    const device = all.function(address);
    const { objects: signed } = all.fleet.host.evidence(device);
    const report = all.fleet.guest.evidence(device).objects['report'];
    return { objects: report ? { ...signed, report } : signed, root: all.fleet.authority.root };
  });
  const verdict = await verifyDevice(objects, {
    ...{ now: cli.io.now(), trustAnchors: [root], digests: cli.digests },
  });
  const measurements = measurementsOf(objects);
  cli.sayTable(
    [{ title: 'measurement', align: 'right' }, { title: 'of' }, { title: 'value', fill: true }],
    measurements.map(({ index, type, value }) => [
      String(index),
      TYPES[type] ?? String(type),
      shortValue(value),
    ]),
  );
  sayVerdict(cli, verdict, false);
  if (options.out !== undefined) {
    await cli.io.makeFolder(options.out);
    for (const [file, bytes] of Object.entries({ ...objects, 'trust-anchor': root }))
      await write(cli, `${options.out}/${file}`, bytes);
  }
  const exit =
    verdict.verdict === 'fail' ? EXIT.untrusted : verdict.verdict === 'pass' ? EXIT.ok : EXIT.inconclusive;
  return { json: { machine: name, device: address, measurements, verdict }, exit };
}

/** What host and device said to each other since the fleet was made, decrypted. */
export async function deviceTrace(
  cli: Cli,
  name: string,
  address: string,
  options: DeviceOptions,
): Promise<Outcome> {
  const recorder = new DeviceRecorder(address);
  await openDevices(cli, name, options, () => undefined, recorder);
  const run = decodeRun(recorder.objects, { secrets: recorder.secrets });
  const { messages, undecrypted, violations } = run;
  sayMessages(cli, messages);
  cli.say(`  ${count(messages.length, 'message')}, ${count(undecrypted, 'record')} not decrypted`);
  await write(cli, options.out, recorder.capture);
  await write(cli, options.secrets, utf8Bytes(`${JSON.stringify(recorder.secrets, undefined, 2)}\n`));
  const json = messages.map((message) => messageJson(message));
  return {
    json: { machine: name, device: address, messages: json, undecrypted, violations },
    exit: EXIT.ok,
  };
}
