/** The posting of 2024 in sysfs: `tsm0` on the virtual bus, and `tsm/` and `authenticated` of a function. */
import type { PciFunction } from '@tsm/core';
import { directory, link, type Node, type Planted } from '../node.ts';
import { lineFile } from './attributes.ts';
import type { SingletonTsm } from './rfc-2024.ts';
import type { Extra } from './sysfs.ts';

const VIRTUAL_BUS = '/sys/bus/virtual/devices';

/** `tsm0` with what it can do (a file is hidden where that is nothing), and the device that it is. */
function deviceOf(core: SingletonTsm): () => [string, Node][] {
  let made: { readonly driver: SingletonTsm['driver']; readonly node: Node } | undefined;
  return () => {
    const { driver } = core;
    if (!driver) return [];
    if (made?.driver !== driver) {
      const { host, linkCapable = false, selectiveStreams } = driver;
      const files: [string, Node][] = [];
      if (linkCapable) files.push(['link_capable', lineFile(0o444, () => '1')]);
      if (selectiveStreams > 0)
        files.push(['selective_streams', lineFile(0o444, () => String(selectiveStreams))]);
      const hostNode = host === undefined ? directory([]) : link(`../../../../devices/${host}`);
      const rows: [string, Node][] = [['host', hostNode]];
      if (files.length > 0) rows.unshift(['pci', directory(files)]);
      made = { driver, node: directory(rows) };
    }
    return [['tsm0', made.node]];
  };
}

export function placeSingleton(root: Planted, core: SingletonTsm): void {
  const entries = deviceOf(core);
  root.place(VIRTUAL_BUS, { kind: 'directory', mode: 0o755, entries: () => new Map(entries()) });
}

/** `tsm/` above IDLE, and `authenticated` where there is CMA. */
export function singletonAttributes(core: SingletonTsm): Extra {
  return ({ address }: PciFunction) => {
    const group = directory([
      [
        'connect',
        lineFile(
          0o644,
          () => (core.state(address) === 'CONNECT' ? '1' : '0'),
          (text) => core.connect(address, text),
        ),
      ],
      [
        'connect_mode',
        lineFile(
          0o644,
          () => core.mode(address),
          (text) => core.setMode(address, text),
        ),
      ],
    ]);
    const authenticated = lineFile(
      0o644,
      () => core.authenticated(address),
      (text) => core.reauthenticate(address, text),
    );
    return () => [
      ...(core.state(address) === 'IDLE' ? [] : ([['tsm', group]] satisfies [string, Node][])),
      ...(core.canAuthenticate(address)
        ? ([['authenticated', authenticated]] satisfies [string, Node][])
        : []),
    ];
  };
}
