/** Group J, the rest: IDE streams, SEV-TIO, the guest's side as proposed, and the posting of 2024. */
import { dumpEvidence, type EvidenceRequest } from '../../pci/evidence-dump.ts';
import type { SingletonDriver } from '../../pci/rfc-2024.ts';
import { group } from '../case.ts';
import { refused, same } from '../expect.ts';
import { NotShown, type Case, type Stage } from '../model.ts';
import { BRIDGE, DeviceFiles, FUNCTION_0, ScriptedDevsec, ScriptedLink, withBus } from '../pci.ts';
import { insideOf } from '../report-item.ts';

const add = group('J', ({ pci }) => pci === 'class' || pci === 'devsec', ['6.19', '7.0', 'devsec-2026']);

async function streams({ start }: Stage): Promise<void> {
  const { of, pci, files } = withBus(await start({}));
  pci.ide.setPool('pci0000:00', 4);
  pci.tsms.register({ link: new ScriptedLink() });
  const left = async (): Promise<string> =>
    new DeviceFiles(files, `../../../devices/pci0000:00`).text('available_secure_streams');
  same('streams', await left(), '4\n');
  await of(FUNCTION_0).put('tsm/connect', 'tsm0');
  same('streams', await left(), '3\n');
  const at = await files.list(`${BRIDGE}/stream0.0.0`);
  same('stream0.0.0 is the endpoint', at.includes('tsm') && at.includes('vendor'), true);
  await of(FUNCTION_0).put('tsm/disconnect', 'tsm0');
  same('streams', await left(), '4\n');
  same('link', (await files.list(BRIDGE)).includes('stream0.0.0'), false);
}

async function streamIds({ start }: Stage): Promise<void> {
  const { pci, files } = withBus(await start({}));
  const device = pci.bus.find(FUNCTION_0);
  const other = pci.bus.find('0000:02:00.0');
  const first = device && pci.ide.alloc(device);
  const second = other && pci.ide.alloc(other);
  if (!device || !first || !second) throw new NotShown('the bus has no free stream');
  await refused('ENXIO', 'id 256', () => pci.ide.register(first, 256));
  pci.ide.register(first, 255);
  await refused('EBUSY', 'id in use', () => pci.ide.register(second, 255));
  pci.ide.free(first);
  pci.ide.setPool('pci0000:00', 0);
  same('attribute', (await files.list(BRIDGE)).includes('available_secure_streams'), false);
  same('alloc', pci.ide.alloc(device), undefined);
}

async function sevTio({ start }: Stage): Promise<void> {
  const subject = await start({});
  const { pci } = withBus(subject);
  const inside = insideOf(subject);
  const device = pci.bus.find(FUNCTION_0);
  if (!inside.sevTio || !device) throw new NotShown('needs a model of SEV-TIO: none was given to the target');
  const plain = inside.sevTio({});
  plain.link.connect(device, pci.ide);
  await refused('EBUSY', 'a slot that is taken', () => plain.link.connect(device, pci.ide));
  plain.link.disconnect(device, pci.ide);
  same('streams', pci.ide.available('pci0000:00'), 256);
  const wrong = inside.sevTio({ wrongMailbox: true });
  await refused('EFAULT', 'a message for the other mailbox', () => wrong.link.connect(device, pci.ide));
  const stubborn = inside.sevTio({ failOrderly: true });
  stubborn.link.connect(device, pci.ide);
  stubborn.link.disconnect(device, pci.ide);
  same('commands', stubborn.commands.slice(-2), ['DEV_DISCONNECT', 'DEV_DISCONNECT force']);
}

async function lockAndAccept({ start }: Stage): Promise<void> {
  const { of, pci } = withBus(await start({}));
  pci.tsms.register({ link: new ScriptedLink() });
  pci.tsms.register({ devsec: new ScriptedDevsec() });
  const device = of(FUNCTION_0);
  const put = (name: string, text: string) => () => device.put(`tsm/${name}`, text);
  await refused('EINVAL', 'unlock of what is not locked', put('unlock', 'tsm1'));
  await refused('EINVAL', 'accept of what is not locked', put('accept', '1'));
  await refused('EINVAL', 'no name', put('lock', '1'));
  await refused('ENXIO', 'not devsec', put('lock', 'tsm0'));
  await put('connect', 'tsm0')();
  await refused('EBUSY', 'has a context', put('lock', 'tsm1'));
  await put('disconnect', 'tsm0')();
  pci.bus.setDriver(FUNCTION_0, 'virtio-pci');
  await refused('EBUSY', 'driver bound', put('lock', 'tsm1'));
  pci.bus.setDriver(FUNCTION_0, undefined);
  same('lock', await device.text('tsm/lock'), '\n');
  await put('lock', 'tsm1')();
  same('lock', await device.text('tsm/lock'), 'tsm1\n');
  same('accept', await device.text('tsm/accept'), '0\n');
  await refused('EINVAL', 'accept 0', put('accept', '0'));
  await put('accept', '1')();
  same('accept', await device.text('tsm/accept'), '1\n');
  await refused('EINVAL', 'unlock by another name', put('unlock', 'tsm0'));
  await put('unlock', 'tsm1')();
  same('lock', await device.text('tsm/lock'), '\n');
}

async function evidence({ start }: Stage): Promise<void> {
  const subject = await start({});
  const { pci } = withBus(subject);
  const { digests } = insideOf(subject);
  const devsec = new ScriptedDevsec();
  pci.tsms.register({ devsec });
  const dump = (request: EvidenceRequest) =>
    dumpEvidence([pci.bus, pci.tsms], request, { digests, algorithm: 'sha384' });
  const all = (request: EvidenceRequest) => () => [...dump(request)];
  const device = FUNCTION_0;
  await refused('EINVAL', 'no types', all({ device }));
  await refused('EINVAL', 'no device name', all({ mask: 1 }));
  await refused('EINVAL', 'an unknown bit', all({ device, mask: 1 << 11 }));
  await refused('EINVAL', 'unknown flags', all({ device, mask: 1, flags: 2 }));
  await refused('ENODEV', 'a device that is not there', all({ device: '0000:09:00.0', mask: 1 }));
  await refused('ENXIO', 'no context', all({ device, mask: 1 }));
  pci.tsms.lock(device, 'tsm0');
  await refused('EOPNOTSUPP', 'a nonce', all({ device, mask: 1, nonce: new Uint8Array(32) }));
  same(
    'objects',
    [...dump({ device, mask: 0x7ff })].map((one) => one.type),
    ['cert0', 'measurements', 'report'],
  );
  const [digest] = dump({ device, mask: 1, flags: 1 });
  same('digest', digest?.bytes.length, 48);
  const cut = dump({ device, mask: 0x601 });
  cut.next();
  devsec.generation++;
  await refused('EAGAIN', 'evidence collected anew', () => [...cut]);
}

async function posting2024({ start }: Stage): Promise<void> {
  const authentic = new Set<string>();
  const subject = await start({ cma: ({ address }) => authentic.has(address) });
  const { of, pci, files } = withBus(subject);
  const driver: SingletonDriver = { link: new ScriptedLink(), selectiveStreams: 4 };
  pci.singleton.register(driver);
  await refused('EBUSY', 'a second TSM', () => pci.singleton.register(driver));
  same('tsm0', (await files.list('/sys/bus/virtual/devices/tsm0')).sort(), ['host', 'pci']);
  same('pci', await files.list('/sys/bus/virtual/devices/tsm0/pci'), ['selective_streams']);
  const device = of(FUNCTION_0);
  const put = (name: string, text: string) => () => device.put(name, text);
  same('authenticated', await device.text('authenticated'), 'none\n');
  await refused('ENXIO', 'connect without CMA', put('tsm/connect', '1'));
  authentic.add(FUNCTION_0);
  await refused('EINVAL', 'authenticated tsm', put('authenticated', 'tsm'));
  await put('authenticated', 'native')();
  same('authenticated', await device.text('authenticated'), 'native\n');
  same('connect_mode', await device.text('tsm/connect_mode'), 'link [selective]\n');
  await refused('EOPNOTSUPP', 'link', put('tsm/connect_mode', 'link'));
  await refused('EINVAL', 'unknown mode', put('tsm/connect_mode', 'both'));
  await put('tsm/connect', '1')();
  await put('tsm/connect', '1')();
  same('connect', await device.text('tsm/connect'), '1\n');
  same('authenticated', await device.text('authenticated'), 'tsm\n');
  await refused('EBUSY', 'mode while connected', put('tsm/connect_mode', 'selective'));
  await refused('EBUSY', 'native while connected', put('authenticated', 'native'));
  await put('tsm/connect', '0')();
  same('authenticated', await device.text('authenticated'), 'native\n');
}

const DEVSEC = { profiles: ['devsec-2026'] as const, holds: ({ pci }: Stage['profile']) => pci === 'devsec' };

export const DEVICE_LINK_CASES: readonly Case[] = [
  add(153, 'M', 'IDE streams', streams),
  add(154, 'M', 'IDE stream ids', streamIds),
  add(155, 'M', 'SEV-TIO', sevTio),
  add(156, 'P', 'lock and accept', lockAndAccept, DEVSEC),
  add(157, 'P', 'evidence over netlink', evidence, DEVSEC),
  add(158, 'P', 'the posting of 2024', posting2024, { profiles: ['pci-rfc-2024'] }),
];
