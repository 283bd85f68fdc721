/** Answers the requests about machines from a store, and tells the client when one changes. */
import { findRegister, fromHex, toHex, TsmError, type Digests, type Provider } from '@tsm/core';
import type { ExtendBy, Extended, MachineFailure, MachineView } from '../protocol/machines.ts';
import type { Notifications, Params, Requests, Result } from '../protocol/requests.ts';
import { Devices, serveDevices, type DeviceHost } from '../devices/serve.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { answer, type Channel } from './channel.ts';
import { viewOf } from './describe.ts';
import { GuestTree } from './guest-tree.ts';
import type { MachineStore, Opened } from './store.ts';

export interface MachineHost {
  readonly store: MachineStore;
  readonly digests: Digests;
  /** Those that machines can be made of and are opened with. */
  providers(): Promise<readonly Provider[]>;
  readonly now: () => Date;
  readonly random: (length: number) => Uint8Array;
}

type MachineMethod = Exclude<
  Extract<keyof Requests, 'tsm/machines' | `tsm/machine/${string}`>,
  `tsm/machine/device${string}`
>;
type Handlers = { readonly [M in MachineMethod]: (params: Params<M>) => Promise<Result<M>> };

function hexOf(text: string, what: string): Uint8Array {
  const bytes = fromHex(text);
  if (!bytes)
    throw new TsmError('EINVAL', `${what} ${JSON.stringify(text)}: expected hex, two digits a byte`);
  return bytes;
}

function padded(data: Uint8Array, size: number): Uint8Array {
  if (data.length > size)
    throw new TsmError(
      'EINVAL',
      `report data has ${String(data.length)} bytes — the driver takes at most ${String(size)}`,
    );
  const all = new Uint8Array(size);
  all.set(data);
  return all;
}

class Machines {
  private readonly trees = new Map<Opened, GuestTree>();
  private readonly watched = new Set<Opened>();
  private readonly host: MachineHost;
  private readonly tell: (machine: string) => void;

  constructor(host: MachineHost, tell: (machine: string) => void) {
    this.host = host;
    this.tell = tell;
  }

  async open(name: string): Promise<Opened> {
    const opened = await this.host.store.open(name);
    if (!this.watched.has(opened)) {
      this.watched.add(opened);
      opened.machine.subscribe((change) => {
        if (change.kind !== 'extended') return;
        this.trees.get(opened)?.changed();
        this.tell(name);
      });
    }
    return opened;
  }

  /** Does what others wrote to the machine's journal; listeners are told by that. Hardware has done it already. */
  async follow(name: string): Promise<void> {
    const { source, machine } = await this.open(name);
    if (source === 'simulated') machine.follow();
    else this.tell(name);
  }

  async providerOf({ machine }: Opened): Promise<Provider> {
    const found = (await this.host.providers()).find(({ id }) => id === machine.provider);
    if (found) return found;
    throw new TsmError(
      'ENODEV',
      `no provider ${machine.provider} — name its module in the setting tsm.providers`,
    );
  }

  async list(): Promise<Result<'tsm/machines'>> {
    const machines: MachineView[] = [];
    const failures: MachineFailure[] = [];
    for (const id of await this.host.store.names()) {
      try {
        machines.push(await viewOf(await this.open(id)));
      } catch (error) {
        failures.push({ id, message: error instanceof Error ? error.message : String(error) });
      }
    }
    return { machines, failures };
  }

  async create({ id, provider, seed }: Params<'tsm/machine/create'>): Promise<MachineView> {
    const { digests, now, random, store } = this.host;
    const found = (await this.host.providers()).find((one) => one.id === provider);
    if (!found) throw new TsmError('ENODEV', `no provider ${provider}`);
    const boot = found.registers.some((one) => one.numbers.ccMr !== undefined && one.extensible);
    await store.create({
      ...{ op: 'create', version: 1, id, provider, boot, now: now(), values: {} },
      seed: seed === undefined ? random(32) : digests.digest('sha256', new TextEncoder().encode(seed)),
    });
    return viewOf(await this.open(id));
  }

  /** EPERM for hardware, unless the client says that it asked the person. */
  async extend({ id, register, by, confirmed }: Params<'tsm/machine/extend'>): Promise<Extended> {
    const { source, machine } = await this.open(id);
    if (source === 'live' && confirmed !== true)
      throw new TsmError(
        'EPERM',
        `${id} is real hardware, and an extend cannot be undone: ask the person, then say confirmed: true`,
      );
    if ('event' in by) {
      const { digest, value, logged } = await machine.append(register, by.event);
      return { register, digest: toHex(digest), value: toHex(value), logged };
    }
    const digest = this.digestOf(machine.registers, register, by);
    await machine.extend(register, digest);
    return { register, digest: toHex(digest), value: toHex(await machine.read(register)), logged: '' };
  }

  private digestOf(
    registers: Opened['machine']['registers'],
    register: string,
    by: Exclude<ExtendBy, { event: string }>,
  ): Uint8Array {
    if ('digest' in by) return hexOf(by.digest, 'digest');
    const algorithm = findRegister(registers, register)?.algorithm;
    if (!algorithm) throw new TsmError('EINVAL', `there is no register ${register} that holds digests`);
    return this.host.digests.digest(algorithm, fromBase64(by.base64));
  }

  async report({ id, reportData = '' }: Params<'tsm/machine/report'>): Promise<Result<'tsm/machine/report'>> {
    const opened = await this.open(id);
    const { report } = await this.providerOf(opened);
    const data = hexOf(reportData, 'report data');
    const inblob = padded(data, report?.inblob.max ?? data.length);
    const { outblob, auxblob, generation } = await opened.machine.report({ inblob });
    return {
      base64: toBase64(outblob),
      generation: Number(generation),
      ...(auxblob ? { auxblob: toBase64(auxblob) } : {}),
    };
  }

  async log({ id, register }: Params<'tsm/machine/log'>): Promise<Result<'tsm/machine/log'>> {
    const { machine } = await this.open(id);
    const log = register === undefined ? await machine.firmwareLog() : await machine.eventLog(register);
    return log ? { base64: toBase64(log) } : null;
  }

  async collateral(id: string): Promise<Result<'tsm/machine/collateral'>> {
    const { machine } = await this.open(id);
    const minted = await machine.collateral();
    if (!minted) return null;
    const files = Object.entries(minted.files).map(([name, bytes]) => [name, toBase64(bytes)]);
    return {
      files: Object.fromEntries(files) as Record<string, string>,
      trustAnchors: minted.trustAnchors.map(toBase64),
    };
  }

  /** The kernel's tree of a machine, with all that was done to the machine until now. */
  async tree(name: string): Promise<GuestTree> {
    const opened = await this.open(name);
    if (opened.source !== 'simulated')
      throw new TsmError('ENOTSUP', `${name} is this computer — its tree is below /sys`);
    let tree = this.trees.get(opened);
    if (!tree) {
      tree = new GuestTree(await this.providerOf(opened), opened.machine, this.host.digests);
      this.trees.set(opened, tree);
    }
    opened.machine.follow();
    return tree;
  }
}

export function serveMachines(channel: Channel, host: MachineHost & DeviceHost): void {
  const tell = (machine: string): void => {
    const change: Notifications['tsm/machine/changed'] = { machine };
    channel.sendNotification('tsm/machine/changed', change);
  };
  const machines = new Machines(host, tell);
  const devices = new Devices(host, tell);
  serveDevices(channel, devices);
  const handlers: Handlers = {
    'tsm/machines': () => machines.list(),
    'tsm/machine/create': (params) => machines.create(params),
    'tsm/machine/read': async ({ id }) => viewOf(await machines.open(id)),
    'tsm/machine/extend': (params) => machines.extend(params),
    'tsm/machine/report': (params) => machines.report(params),
    'tsm/machine/log': (params) => machines.log(params),
    'tsm/machine/collateral': ({ id }) => machines.collateral(id),
    'tsm/machine/tree/stat': async ({ machine, path }) => (await machines.tree(machine)).stat(path),
    'tsm/machine/tree/list': async ({ machine, path }) => ({
      entries: (await machines.tree(machine)).list(path),
    }),
    'tsm/machine/tree/read': async ({ machine, path }) => ({
      base64: toBase64((await machines.tree(machine)).read(path)),
    }),
    'tsm/machine/tree/write': async ({ machine, path, base64 }) => {
      (await machines.tree(machine)).write(path, fromBase64(base64));
      return null;
    },
    'tsm/machine/tree/mkdir': async ({ machine, path }) => {
      (await machines.tree(machine)).mkdir(path);
      return null;
    },
    'tsm/machine/tree/rmdir': async ({ machine, path }) => {
      (await machines.tree(machine)).rmdir(path);
      return null;
    },
  };
  for (const [method, handler] of Object.entries(handlers)) answer(channel, method, handler);
  host.store.watch((name) => {
    if (name === undefined) tell('');
    else
      machines
        .follow(name)
        .then(() => devices.changed(name))
        .catch(() => tell(name));
  });
}
