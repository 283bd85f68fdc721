/** Every platform behind the same files: connect, bind, lock, accept; and devices and links that go at any moment. */
import { createGuest, errnoOf, type Guest } from '@tsm/abi';
import { TsmError, type PciFunction, type TdiState } from '@tsm/core';
import {
  DeviceModel,
  functionIdOf,
  GuestTsm,
  HostTsm,
  openWithoutSpdm,
  PLATFORM_NAMES,
  PLATFORMS,
  type PlatformName,
} from '@tsm/pci-tdisp';
import { describe, expect, it } from 'vitest';

const COMMON = {
  vendor: 0x1234,
  device: 0x11e8,
  classCode: 0x12_00_00,
  tee: true,
  mailbox: false,
  streams: 0,
};
const BRIDGES = ['0000:00', '0001:00'] as const;

/** A root port with an endpoint of two functions and a virtual one. */
function below(bridge: string): PciFunction[] {
  const [domain = '', bus = ''] = bridge.split(':');
  const port = `${domain}:${bus}:01.0`;
  const first = `${domain}:01:00.0`;
  return [
    { ...COMMON, address: port, kind: 'root-port', tee: false, streams: 2 },
    { ...COMMON, address: first, kind: 'endpoint', parent: port, streams: 1, mailbox: true },
    { ...COMMON, address: `${domain}:01:00.1`, kind: 'endpoint', parent: port },
    { ...COMMON, address: `${domain}:01:00.2`, kind: 'endpoint', parent: port, physical: first },
  ];
}

interface World {
  readonly guest: Guest;
  readonly host: HostTsm;
  readonly models: Map<string, DeviceModel>;
  readonly commands: string[];
  /** Makes the next firmware command of this name fail. */
  fail: string | undefined;
  readonly state: (address: string) => TdiState | undefined;
  readonly put: (address: string, file: string, text: string) => string;
  readonly text: (address: string, file: string) => string;
}

function world(platform: PlatformName): World {
  const guest = createGuest({ profile: 'devsec-2026' });
  const { pci, tree } = guest;
  let random = 1;
  const bytes = (length: number) => Uint8Array.from({ length }, () => random++ & 0xff);
  const models = new Map<string, DeviceModel>();
  for (const bridge of BRIDGES) {
    const functions = below(bridge);
    for (const one of functions) pci.bus.add(one);
    const endpoints = functions.slice(1);
    const port = { devFunc: 0, bus: 1, segment: 0, registers: new Uint8Array(8), streams: 1 };
    const interfaces = endpoints.map(({ address }) => ({
      ...{ functionId: functionIdOf(address), interfaceInfo: 2, ranges: [], deviceInfo: new Uint8Array(0) },
    }));
    models.set(endpoints[0]?.address ?? '', new DeviceModel({ ports: [port], interfaces, random: bytes }));
  }
  const commands: string[] = [];
  const host = new HostTsm({
    ...{ platform, open: openWithoutSpdm(models), random: bytes },
    firmware(command) {
      commands.push(command);
      if (command !== one.fail) return;
      one.fail = undefined;
      throw new TsmError('EIO', `${command} failed`);
    },
  });
  const path = (address: string, file: string) => tree.resolve(`/sys/bus/pci/devices/${address}/${file}`).ino;
  const one: World = {
    ...{ guest, host, models, commands, fail: undefined },
    state: (address) =>
      [...models.values()].map(({ tdisp }) => tdisp.interface(functionIdOf(address))).find((tdi) => tdi)
        ?.state,
    put(address, file, text) {
      const { fh } = tree.open(path(address, file), 'write');
      try {
        tree.write(fh, 0, new TextEncoder().encode(text));
        return 'ok';
      } catch (error) {
        return errnoOf(error) ?? String(error);
      } finally {
        tree.release(fh);
      }
    },
    text(address, file) {
      const { fh } = tree.open(path(address, file), 'read');
      return new TextDecoder().decode(tree.read(fh, 0, 4096));
    },
  };
  pci.tsms.register({ link: host, parent: PLATFORMS[platform].parent });
  pci.tsms.register({
    devsec: new GuestTsm((device, scope, request) => host.guestRequest(device, scope, request)),
  });
  return one;
}

const DEVICE = '0000:01:00.0';
const SECOND = '0000:01:00.1';
const OTHER = '0001:01:00.0';
const STREAMS = '/sys/devices/pci0000:00/available_secure_streams';

describe.each(PLATFORM_NAMES)('%s', (platform) => {
  const { locksAt, failure } = PLATFORMS[platform];

  it('hangs its class device where the platform has it', () => {
    const { tree } = world(platform).guest;
    const path = `/sys/devices/${PLATFORMS[platform].parent}/tsm/tsm0`;
    expect(tree.resolve(path)).toEqual(tree.resolve('/sys/class/tsm/tsm0'));
  });

  it('takes an interface from unlocked to running, and back', () => {
    const { guest, host, state, put, text } = world(platform);
    expect(put(DEVICE, 'tsm/connect', 'tsm0')).toBe('ok');
    expect(guest.pci.ide.available('pci0000:00')).toBe(255);
    guest.pci.tsms.bind(SECOND, 'vm', 1);
    expect(state(SECOND)).toBe(locksAt === 'bind' ? 'CONFIG_LOCKED' : 'CONFIG_UNLOCKED');
    // In the guest's own kernel the function has no context of the host's.
    const device = guest.pci.bus.find(SECOND);
    const [, devsec] = guest.pci.tsms.devices;
    if (!device || !devsec?.devsec) throw new Error('no devsec TSM');
    devsec.devsec.lock(device);
    expect(state(SECOND)).toBe('CONFIG_LOCKED');
    expect(Object.keys(devsec.devsec.evidence?.(device).objects ?? {})).toEqual([
      'vca',
      'measurements',
      'report',
    ]);
    devsec.devsec.accept(device);
    expect(state(SECOND)).toBe('RUN');
    expect(host.state(device)).toBe('RUN');
    devsec.devsec.unlock(device);
    expect(state(SECOND)).toBe('CONFIG_UNLOCKED');
    devsec.devsec.lock(device);
    expect(state(SECOND)).toBe('CONFIG_LOCKED');
    expect(put(DEVICE, 'tsm/disconnect', 'tsm0')).toBe('ok');
    expect(state(SECOND)).toBe('CONFIG_UNLOCKED');
    expect(text(DEVICE, 'tsm/connect')).toBe('\n');
    expect(guest.pci.ide.available('pci0000:00')).toBe(256);
  });

  it('looks after several devices on several host bridges', () => {
    const { guest, host, put, state } = world(platform);
    expect([put(DEVICE, 'tsm/connect', 'tsm0'), put(OTHER, 'tsm/connect', 'tsm0')]).toEqual(['ok', 'ok']);
    expect([host.streamOf(DEVICE), host.streamOf(OTHER)]).toEqual([0, 1]);
    guest.pci.tsms.bind(OTHER, 'vm', 2);
    expect(put(DEVICE, 'tsm/disconnect', 'tsm0')).toBe('ok');
    expect(state(OTHER)).toBe(locksAt === 'bind' ? 'CONFIG_LOCKED' : 'CONFIG_UNLOCKED');
  });

  it('undoes a connect whose step fails, whichever it is', () => {
    const { create, connect } = PLATFORMS[platform].commands;
    for (const command of [...create, ...connect]) {
      const one = world(platform);
      one.fail = command;
      expect(one.put(DEVICE, 'tsm/connect', 'tsm0')).toBe('EIO');
      expect(one.guest.pci.ide.available('pci0000:00')).toBe(256);
      expect(one.models.get(DEVICE)?.binding.session).toBeUndefined();
      expect(one.put(DEVICE, 'tsm/connect', 'tsm0')).toBe('ok');
    }
    const insecure = world(platform);
    insecure.guest.pci.ide.secures = (address) => address !== DEVICE;
    expect(insecure.put(DEVICE, 'tsm/connect', 'tsm0')).toBe('ENXIO');
    expect(insecure.models.get(DEVICE)?.ide.isSecure(0)).toBe(false);
  });

  it('answers a device that does not with its own errno', () => {
    const one = world(platform);
    const silent = new DeviceModel({
      ...{
        ports: [{ devFunc: 0, bus: 1, segment: 0, registers: new Uint8Array(0), streams: 0 }],
        interfaces: [],
      },
      random: (length) => new Uint8Array(length),
    });
    one.models.set(DEVICE, silent);
    expect(one.put(DEVICE, 'tsm/connect', 'tsm0')).toBe(failure);
  });

  it('has no stream left for a second device of a full pool', () => {
    const { guest, put } = world(platform);
    guest.pci.ide.setPool('pci0000:00', 0);
    expect(put(DEVICE, 'tsm/connect', 'tsm0')).toBe(PLATFORMS[platform].noStream);
    expect(() => guest.tree.resolve(STREAMS)).toThrow();
  });

  const moments = ['connected', 'bound', 'locked', 'running'] as const;
  const at = (moment: (typeof moments)[number]): World => {
    const one = world(platform);
    one.put(DEVICE, 'tsm/connect', 'tsm0');
    const { tsms, bus } = one.guest.pci;
    const device = bus.find(DEVICE);
    const ask = (verb: number) => {
      if (device) one.host.guestRequest(device, 1, Uint8Array.of(verb, 0));
    };
    if (moment !== 'connected') tsms.bind(DEVICE, 'vm', 1);
    if (moment === 'locked' || moment === 'running') ask(1);
    if (moment === 'running') ask(2);
    return one;
  };

  it.each(moments)('survives the removal of a device that is %s', (moment) => {
    const one = at(moment);
    one.models.delete(DEVICE);
    one.guest.pci.bus.remove(DEVICE);
    expect(one.guest.pci.bus.find(DEVICE)).toBeUndefined();
    expect(one.guest.pci.bus.find('0000:01:00.2')).toBeUndefined();
    expect(one.host.streamOf(DEVICE)).toBeUndefined();
    expect(one.guest.pci.ide.available('pci0000:00')).toBe(256);
    expect(one.put(OTHER, 'tsm/connect', 'tsm0')).toBe('ok');
  });

  it.each(moments)('puts a device that is %s into the right state when its link breaks', (moment) => {
    const one = at(moment);
    const stream = one.host.linkLost(DEVICE);
    one.models.get(DEVICE)?.linkLost(stream ?? -1);
    const locked = one.state(DEVICE);
    const unlocked = moment === 'connected' || (moment === 'bound' && locksAt === 'lock');
    expect(locked).toBe(unlocked ? 'CONFIG_UNLOCKED' : 'ERROR');
    expect(one.put(DEVICE, 'tsm/disconnect', 'tsm0')).toBe('ok');
    expect(one.put(DEVICE, 'tsm/connect', 'tsm0')).toBe('ok');
    one.guest.pci.tsms.bind(DEVICE, 'vm', 1);
    const device = one.guest.pci.bus.find(DEVICE);
    for (const verb of [1, 2]) if (device) one.host.guestRequest(device, 1, Uint8Array.of(verb, 0));
    expect(one.state(DEVICE)).toBe('RUN');
  });

  it('refuses guest requests that are none, or out of their scope', () => {
    const one = at('bound');
    const device = one.guest.pci.bus.find(DEVICE);
    const ask = (scope: number, ...bytes: number[]): string => {
      try {
        if (device) one.host.guestRequest(device, scope, Uint8Array.from(bytes));
        return 'ok';
      } catch (error) {
        return errnoOf(error) ?? String(error);
      }
    };
    expect([ask(0, 1, 0), ask(1, 9, 0), ask(1, 1), ask(1)]).toEqual(['EPERM', 'EINVAL', 'EINVAL', 'EINVAL']);
    expect([ask(0, 4, 0), ask(0, 8, 0)]).toEqual(['ok', 'ok']);
  });
});
