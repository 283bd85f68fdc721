/** Group J, the TSM core: registration, attributes, connect, bind. */
import { group } from '../case.ts';
import { refused, same } from '../expect.ts';
import type { Case, Stage } from '../model.ts';
import { FUNCTION_0, FUNCTION_1, ScriptedLink, SILENT, VIRTUAL, withBus, type PciSubject } from '../pci.ts';

const add = group('J', ({ pci }) => pci === 'class' || pci === 'devsec', ['6.19', '7.0', 'devsec-2026']);

/** What the guest's proposal adds is not shown without a TSM of the guest, so a set is the same in all profiles. */
const PF0 = ['authenticated', 'bound', 'connect', 'disconnect', 'dsm'];
const CLASS = '/sys/class/tsm';

type Linked = PciSubject & { readonly link: ScriptedLink };

const linked =
  (run: (subject: Linked) => Promise<void>, { connected = false } = {}) =>
  async ({ start }: Stage): Promise<void> => {
    const subject = withBus(await start({}));
    const link = new ScriptedLink();
    subject.pci.tsms.register({ link });
    if (connected) await subject.of(FUNCTION_0).put('tsm/connect', 'tsm0\n');
    await run({ ...subject, link });
  };

async function noTsm({ start }: Stage): Promise<void> {
  const { of, files } = withBus(await start({}));
  same('attributes', await of(FUNCTION_0).shown(), []);
  same('class', await files.list(CLASS), []);
}

async function firstTsm({ of, files }: Linked): Promise<void> {
  same('class', await files.list(CLASS), ['tsm0']);
  same('function 0', await of(FUNCTION_0).shown(), PF0);
  same('function 1', await of(FUNCTION_1).shown(), []);
  same('virtual function', await of(VIRTUAL).shown(), []);
  same(
    'function 0 without TEE-I/O',
    await of(SILENT).shown(),
    PF0.filter((name) => name !== 'bound'),
  );
  const modes = { connect: '644', disconnect: '200', dsm: '444', bound: '444' };
  for (const [name, mode] of Object.entries(modes))
    same(`mode of ${name}`, (await files.stat(`${of(FUNCTION_0).path}/tsm/${name}`)).mode.toString(8), mode);
}

async function unconnected({ of }: Linked): Promise<void> {
  for (const name of ['tsm/connect', 'tsm/dsm', 'tsm/bound', 'authenticated'])
    same(name, await of(FUNCTION_0).text(name), '\n');
}

async function parses({ of }: Linked): Promise<void> {
  const connect = (text: string) => () => of(FUNCTION_0).put('tsm/connect', text);
  for (const text of ['foo', '1', ' tsm0']) await refused('EINVAL', `connect ${text}`, connect(text));
  await refused('ENXIO', 'connect tsm9', connect('tsm9'));
  await connect('tsm0')();
}

async function busy({ of, pci }: Linked): Promise<void> {
  pci.tsms.register({ link: new ScriptedLink() });
  for (const name of ['tsm0', 'tsm1', 'tsm9'])
    await refused('EBUSY', `connect ${name}`, () => of(FUNCTION_0).put('tsm/connect', name));
}

async function noMailbox({ of }: Linked): Promise<void> {
  await refused('ENXIO', 'connect', () => of(SILENT).put('tsm/connect', 'tsm0'));
  same('connect', await of(SILENT).text('tsm/connect'), '\n');
}

async function driverFails({ of, link, pci }: Linked): Promise<void> {
  link.failure = 'the device does not answer';
  await refused('EIO', 'connect', () => of(FUNCTION_0).put('tsm/connect', 'tsm0'));
  same('connect', await of(FUNCTION_0).text('tsm/connect'), '\n');
  same('context', pci.tsms.contextOf(FUNCTION_0), undefined);
  link.failure = undefined;
  await of(FUNCTION_0).put('tsm/connect', 'tsm0');
  same('connect', await of(FUNCTION_0).text('tsm/connect'), 'tsm0\n');
}

async function connectedShows({ of }: Linked): Promise<void> {
  same('connect', await of(FUNCTION_0).text('tsm/connect'), 'tsm0\n');
  same('authenticated', await of(FUNCTION_0).text('authenticated'), 'tsm0\n');
  same('dsm', await of(FUNCTION_0).text('tsm/dsm'), `${FUNCTION_0}\n`);
  for (const address of [FUNCTION_1, VIRTUAL]) {
    same(address, await of(address).shown(), ['authenticated', 'bound', 'dsm']);
    same(`dsm of ${address}`, await of(address).text('tsm/dsm'), `${FUNCTION_0}\n`);
  }
}

async function disconnects({ of, pci }: Linked): Promise<void> {
  pci.tsms.register({ link: new ScriptedLink() });
  const disconnect = (text: string) => () => of(FUNCTION_0).put('tsm/disconnect', text);
  await refused('EINVAL', 'disconnect tsm1', disconnect('tsm1'));
  await disconnect('tsm0\n')();
  same('connect', await of(FUNCTION_0).text('tsm/connect'), '\n');
  await refused('ENXIO', 'disconnect again', disconnect('tsm0'));
}

async function unbindsFirst({ of, pci, link }: Linked): Promise<void> {
  for (const address of [FUNCTION_0, FUNCTION_1, VIRTUAL]) pci.tsms.bind(address, 'vm', 1);
  const before = link.calls.length;
  await of(FUNCTION_0).put('tsm/disconnect', 'tsm0');
  same('order', link.calls.slice(before), [
    ...[VIRTUAL, FUNCTION_1, FUNCTION_0].map((address) => `unbind ${address}`),
    `disconnect ${FUNCTION_0}`,
  ]);
  same('function 1', await of(FUNCTION_1).shown(), []);
}

async function binds({ of, pci: { tsms } }: Linked): Promise<void> {
  await refused('EINVAL', 'no TVM', () => tsms.bind(FUNCTION_0, null, 1));
  await refused('EINVAL', 'no context', () => tsms.bind(FUNCTION_0, 'vm', 1));
  await of(FUNCTION_0).put('tsm/connect', 'tsm0');
  same('bound', await of(FUNCTION_0).text('tsm/bound'), '\n');
  tsms.bind(FUNCTION_0, 'vm', 1);
  await refused('EBUSY', 'another TVM', () => tsms.bind(FUNCTION_0, 'other', 1));
  tsms.bind(FUNCTION_0, 'vm', 1);
  same('bound', await of(FUNCTION_0).text('tsm/bound'), 'tsm0\n');
  tsms.unbind(FUNCTION_0);
  tsms.unbind(FUNCTION_0);
  same('bound', await of(FUNCTION_0).text('tsm/bound'), '\n');
}

async function guestRequests({ pci: { tsms } }: Linked): Promise<void> {
  const request = Uint8Array.of(1, 2);
  for (const scope of [2, 3])
    await refused('EINVAL', `scope ${String(scope)}`, () => tsms.guestRequest(FUNCTION_0, scope, request));
  await refused('ENXIO', 'not bound', () => tsms.guestRequest(FUNCTION_0, 0, request));
  tsms.bind(FUNCTION_0, 'vm', 1);
  same('answer', tsms.guestRequest(FUNCTION_0, 1, request), request);
}

async function numbers({ start }: Stage): Promise<void> {
  const { pci, files } = withBus(await start({}));
  const first = pci.tsms.register({ link: new ScriptedLink() });
  pci.tsms.register({ link: new ScriptedLink() });
  same('class', await files.list(CLASS), ['tsm0', 'tsm1']);
  pci.tsms.unregister(first);
  same('class', await files.list(CLASS), ['tsm1']);
  same('new number', pci.tsms.register({ link: new ScriptedLink() }).name, 'tsm0');
}

async function badRegistration({ start }: Stage): Promise<void> {
  const { pci, files } = withBus(await start({}));
  const link = new ScriptedLink();
  const devsec = { lock: () => undefined, unlock: () => undefined, accept: () => undefined };
  await refused('EINVAL', 'neither', () => pci.tsms.register({}));
  await refused('EINVAL', 'both', () => pci.tsms.register({ link, devsec }));
  await refused('EINVAL', 'no device', () => pci.tsms.register(null));
  same('class', await files.list(CLASS), []);
}

async function tsmGoes({ of, pci, link, files }: Linked): Promise<void> {
  pci.tsms.bind(FUNCTION_1, 'vm', 1);
  const [device] = pci.tsms.devices;
  if (device) pci.tsms.unregister(device);
  same('calls', link.calls.slice(-2), [`unbind ${FUNCTION_1}`, `disconnect ${FUNCTION_0}`]);
  for (const address of [FUNCTION_0, FUNCTION_1]) same(address, await of(address).shown(), []);
  same('class', await files.list(CLASS), []);
}

const CONNECTED = { connected: true };

export const DEVICE_CASES: readonly Case[] = [
  add(138, 'M', 'without a link TSM a device has no tsm directory', noTsm),
  add(139, 'M', 'the first link TSM makes tsm0 and the attributes', linked(firstTsm)),
  add(140, 'M', 'attributes of a device that is not connected', linked(unconnected)),
  add(141, 'M', 'connect parses the name of a TSM', linked(parses)),
  add(142, 'M', 'connect while connected', linked(busy, CONNECTED)),
  add(143, 'M', 'connect without a mailbox', linked(noMailbox)),
  add(144, 'M', 'connect that the driver refuses', linked(driverFails)),
  add(145, 'M', 'attributes of a connected device', linked(connectedShows, CONNECTED)),
  add(146, 'M', 'disconnect names its TSM', linked(disconnects, CONNECTED)),
  add(147, 'M', 'disconnect unbinds first', linked(unbindsFirst, CONNECTED)),
  add(148, 'M', 'bind', linked(binds)),
  add(149, 'M', 'guest requests', linked(guestRequests, CONNECTED)),
  add(150, 'M', 'numbers of TSMs', numbers),
  add(151, 'M', 'registration with both or neither operations', badRegistration),
  add(152, 'M', 'a TSM that goes disconnects its devices', linked(tsmGoes, CONNECTED)),
];
