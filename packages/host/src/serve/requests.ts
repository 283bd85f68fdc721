/** What each request does. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import {
  registerAddress,
  toHex,
  utf8Text,
  type Provider,
  type RegisterSpec,
  type ReportRequest,
} from '@tsm/core';
import type { Created, SharedMachine } from '@tsm/machine';
import { codeOf } from '../state/errors.ts';
import type { Given } from './given.ts';
import { absolute, type GuestFiles } from './guest-files.ts';
import type { Machines, OpenedMachine } from './machines.ts';
import {
  PROTOCOL,
  type MachineState,
  type MachineSummary,
  type Method,
  type RegisterState,
  type Result,
  type Snapshot,
} from './protocol.ts';

/** The requests that say the same to every connection. */
export type Plain = Exclude<Method, 'subscribe' | 'unsubscribe'>;

type Handlers = {
  readonly [M in Plain]: (given: Given, machines: Machines) => Promise<Result<M>> | Result<M>;
};

async function summary(machines: Machines, id: string): Promise<MachineSummary> {
  try {
    return await machines.use(id, ({ machine: { provider, source } }) => ({ id, provider, source }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, error: { code: codeOf(error) ?? 'internal', message } };
  }
}

function registerState(machine: SharedMachine, spec: RegisterSpec): RegisterState {
  const name = registerAddress(machine.registers, spec);
  const { title, role, kind, algorithm, extensible, readable } = spec;
  const lastEvent = utf8Text(machine.eventLog(name)).trimEnd().split('\n').at(-1) ?? '';
  return {
    ...{ name, title, role, kind, algorithm, extensible },
    ...(readable ? { value: toHex(machine.read(name)) } : {}),
    ...(lastEvent === '' ? {} : { lastEvent }),
  };
}

function stateOf({ machine }: OpenedMachine): MachineState {
  const { id, provider, source, registers } = machine;
  return { id, provider, source, registers: registers.map((spec) => registerState(machine, spec)) };
}

function snapshotOf(opened: OpenedMachine): Snapshot {
  const { machine } = opened;
  const logs = machine.registers
    .map((spec) => registerAddress(machine.registers, spec))
    .map((name) => [name, utf8Text(machine.eventLog(name))] as const)
    .filter(([, log]) => log !== '');
  const firmware = machine.firmwareLog();
  return {
    ...stateOf(opened),
    eventLogs: Object.fromEntries(logs),
    firmwareLog: firmware ? toHex(firmware) : null,
  };
}

function hasFirmwareRegisters({ registers }: Provider): boolean {
  return registers.some((one) => one.numbers.ccMr !== undefined && one.extensible);
}

/** A path is kept so that it leads to the same module from any folder. */
function absoluteModule(name: string): string {
  return /^\.{1,2}[\\/]/.test(name) ? resolve(name) : name;
}

async function createMachine(given: Given, machines: Machines): Promise<MachineState> {
  const id = given.text('id');
  const name = absoluteModule(given.optionalText('provider') ?? 'tdx');
  const provider = await machines.state.provider(name);
  const image = given.optionalHex('image');
  const created: Created = {
    ...{ op: 'create', version: 1, id, provider: name },
    seed: given.optionalHex('seed') ?? new Uint8Array(randomBytes(32)),
    now: given.optionalDate('now') ?? new Date(),
    values: given.hexes('values'),
    ...(image ? { image } : {}),
    boot: (given.optionalFlag('boot') ?? true) && hasFirmwareRegisters(provider),
  };
  await machines.state.create(created);
  return machines.use(id, stateOf);
}

/** What the driver takes, filled up with zeros. */
export function reportRequest({ provider }: OpenedMachine, data: Uint8Array): ReportRequest {
  const inblob = new Uint8Array(Math.max(data.length, provider.report?.inblob.max ?? 0));
  inblob.set(data);
  return { inblob };
}

function report(opened: OpenedMachine, given: Given): Result<'machine/report'> {
  const { outblob, auxblob, manifestblob, generation } = opened.machine.report({
    ...reportRequest(opened, given.hex('inblob')),
    privlevel: given.optionalNumber('privlevel'),
    serviceProvider: given.optionalText('serviceProvider'),
    serviceGuid: given.optionalText('serviceGuid'),
    serviceManifestVersion: given.optionalNumber('serviceManifestVersion'),
  });
  return {
    outblob: toHex(outblob),
    ...(auxblob ? { auxblob: toHex(auxblob) } : {}),
    ...(manifestblob ? { manifestblob: toHex(manifestblob) } : {}),
    generation: generation.toString(),
  };
}

function collateral({ machine }: OpenedMachine): Result<'machine/collateral'> {
  const minted = machine.collateral();
  if (!minted) return null;
  const files = Object.entries(minted.files).map(([name, bytes]) => [name, toHex(bytes)] as const);
  return { files: Object.fromEntries(files), trustAnchors: minted.trustAnchors.map(toHex) };
}

/** On a machine that the request names. */
const on =
  <T>(action: (opened: OpenedMachine, given: Given) => T) =>
  (given: Given, machines: Machines): Promise<T> =>
    machines.use(given.text('machine'), (opened) => action(opened, given));

/** On a path in its guest. */
const at = <T>(action: (files: GuestFiles, path: string, profile: string | undefined, given: Given) => T) =>
  on(({ files }, given) => action(files, absolute(given.text('path')), given.optionalText('profile'), given));

export const HANDLERS: Handlers = {
  'server/info': (_given, { state }) => ({ protocol: PROTOCOL, pid: process.pid, state: state.path }),
  'machine/list': (_given, machines) =>
    Promise.all(machines.state.list().map((name) => summary(machines, name))),
  'machine/new': createMachine,
  'machine/get': on(stateOf),
  'machine/snapshot': on(snapshotOf),
  'machine/firmwareLog': on(({ machine }) => {
    const log = machine.firmwareLog();
    return log ? toHex(log) : null;
  }),
  'machine/report': on(report),
  'machine/collateral': on(collateral),
  'register/read': on(({ machine }, given) => toHex(machine.read(given.text('register')))),
  'register/eventLog': on(({ machine }, given) => utf8Text(machine.eventLog(given.text('register')))),
  'register/extend': on(({ machine }, given) => {
    const register = given.text('register');
    machine.extend(register, given.hex('digest'));
    return toHex(machine.read(register));
  }),
  'register/append': on(({ machine }, given) => {
    const { logged, digest, value } = machine.append(given.text('register'), given.text('event'));
    return { logged, digest: toHex(digest), value: toHex(value) };
  }),
  'tree/list': at((files, path, profile) => files.list(path, profile)),
  'tree/stat': at((files, path, profile) => files.stat(path, profile)),
  'tree/read': at((files, path, profile) => toHex(files.read(path, profile))),
  'tree/write': at((files, path, profile, given) => files.write(path, given.hex('bytes'), profile)),
  'tree/mkdir': at((files, path, profile) => {
    files.mkdir(path, profile);
    return null;
  }),
  'tree/rmdir': at((files, path, profile) => {
    files.rmdir(path, profile);
    return null;
  }),
};
