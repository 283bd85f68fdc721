/** Group A: directories, registration, visibility. */
import { REPORT_PATH } from '../../guest.ts';
import { everywhere, group, withServices } from '../case.ts';
import { holds, refused, same } from '../expect.ts';
import type { Case, Given, Stage } from '../model.ts';
import { insideOf, Item, ScriptedProvider } from '../report-item.ts';

const add = group('A', everywhere);

const ALL = [
  ...['generation', 'provider', 'privlevel', 'privlevel_floor', 'service_provider', 'service_guid'],
  ...['service_manifest_version', 'inblob', 'outblob', 'auxblob', 'manifestblob'],
];
const TDX = ['generation', 'provider', 'inblob', 'outblob'];
const SNP = [...TDX, 'privlevel', 'privlevel_floor', 'auxblob'];
const SERVICES = ['service_provider', 'service_guid', 'service_manifest_version', 'manifestblob'];

/** Shows exactly these attributes; `unified` adds one of its own. */
const shows =
  (given: Given, expected: readonly string[]) =>
  async ({ start, profile }: Stage): Promise<void> => {
    const subject = await start(given);
    const item = await Item.make(subject);
    const all = profile.registers === 'unified' ? [...expected, 'claims'] : expected;
    same('attributes', (await subject.files.list(item.path)).sort(), [...all].sort());
  };

async function modes({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'cca' });
  const item = await Item.make(subject);
  const writable = new Set(['privlevel', 'inblob', ...SERVICES.slice(0, 3)]);
  for (const name of ALL) {
    const { mode } = await subject.files.stat(item.at(name));
    same(`mode of ${name}`, mode.toString(8), writable.has(name) ? '200' : '444');
  }
}

async function oneProvider({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'tdx' });
  const { guest } = insideOf(subject);
  await refused('EBUSY', 'a second provider', () => guest.tsm.registerReport(new ScriptedProvider()));
  same('provider', guest.tsm.report?.driver.name, 'tdx_guest');
  holds('an item can be made', (await (await Item.make(subject)).text('provider')).startsWith('tdx'));
}

async function lateProvider({ start, profile }: Stage): Promise<void> {
  const subject = await start({ provider: 'tdx' });
  const inside = insideOf(subject);
  const item = await Item.make(subject);
  inside.unplug();
  const register = () => inside.guest.tsm.registerReport(new ScriptedProvider());
  if (!profile.report.lateProvider) return refused('EBUSY', 'a provider beside an old item', register);
  register();
  same('provider of the old item', await item.text('provider'), 'scripted_guest\n');
}

async function unregisterOther({ start }: Stage): Promise<void> {
  const subject = await start({ provider: new ScriptedProvider() });
  const { guest } = insideOf(subject);
  await refused('EBUSY', 'to unregister another', () => guest.tsm.unregisterReport(new ScriptedProvider()));
}

async function unregisterLive({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'tdx' });
  const inside = insideOf(subject);
  await Item.make(subject);
  inside.unplug();
  same('items', await subject.files.list(REPORT_PATH), ['a']);
  same('warnings', inside.guest.kernelLog.length, 1);
}

async function manyItems({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'tdx' });
  for (let i = 0; i < 1000; i++) await Item.make(subject, `item${String(i)}`);
  same('items', (await subject.files.list(REPORT_PATH)).length, 1000);
}

async function removedWhileOpen({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'tdx' });
  const item = await Item.make(subject);
  const file = await subject.files.open(item.at('generation'), 'read');
  await subject.files.rmdir(item.path);
  await refused('ENOENT', 'read', () => file.read(16));
  await file.close();
}

async function visibilityIsFixed({ start, profile }: Stage): Promise<void> {
  const provider = new ScriptedProvider();
  const subject = await start({ provider });
  const { guest } = insideOf(subject);
  const item = await Item.make(subject);
  const before = await subject.files.list(item.path);
  guest.tsm.unregisterReport(provider);
  if (profile.report.lateProvider) guest.tsm.registerReport(provider);
  Object.assign(provider.driver, { attributes: [] });
  same('attributes', await subject.files.list(item.path), before);
}

export const DIRECTORY_CASES: readonly Case[] = [
  add(1, 'M', 'mkdir without a provider is ENXIO', async ({ start }) => {
    const { files } = await start({});
    await refused('ENXIO', 'mkdir', () => files.mkdir(`${REPORT_PATH}/a`));
    same('items', await files.list(REPORT_PATH), []);
  }),
  add(2, 'M', 'TDX shows four attributes', shows({ provider: 'tdx' }, TDX), {
    ...{ profiles: ['7.0'], holds: ({ report }) => report.attributes !== '2023' },
  }),
  add(...([3, 'M', 'SNP at level 0 shows seven attributes'] as const), shows({ provider: 'snp' }, SNP), {
    profiles: ['7.0'],
    holds: ({ report }) => report.attributes !== '2023',
  }),
  add(
    ...([4, 'M', 'SNP above an SVSM also shows the attributes of services'] as const),
    shows({ provider: 'snp', vmpl: 2 }, [...SNP, ...SERVICES]),
    { profiles: ['7.0'], holds: withServices },
  ),
  add(5, 'M', 'CCA hides nothing', shows({ provider: 'cca' }, ALL), {
    ...{ profiles: ['7.0'], holds: withServices },
  }),
  add(6, 'M', 'modes are 0444 and 0200', modes, { profiles: ['7.0'], holds: withServices }),
  add(7, 'D', 'mkdir of a name that is taken is EEXIST', async ({ start }) => {
    const subject = await start({ provider: 'tdx' });
    const item = await Item.make(subject);
    await refused('EEXIST', 'mkdir', () => subject.files.mkdir(item.path));
  }),
  add(8, 'D', 'a name of 256 bytes is ENAMETOOLONG', async ({ start }) => {
    const { files } = await start({ provider: 'tdx' });
    await refused('ENAMETOOLONG', 'mkdir', () => files.mkdir(`${REPORT_PATH}/${'n'.repeat(256)}`));
    await files.mkdir(`${REPORT_PATH}/${'n'.repeat(255)}`);
  }),
  add(9, 'D', 'mkdir beside report, or inside an item, is EPERM', async ({ start }) => {
    const subject = await start({ provider: 'tdx' });
    const item = await Item.make(subject);
    await refused('EPERM', 'mkdir tsm/x', () => subject.files.mkdir('/sys/kernel/config/tsm/x'));
    await refused('EPERM', 'mkdir in an item', () => subject.files.mkdir(item.at('b')));
  }),
  add(10, 'D', 'rmdir takes items, and not report itself', async ({ start }) => {
    const subject = await start({ provider: 'tdx' });
    const item = await Item.make(subject);
    await item.put('inblob', new Uint8Array(64));
    await refused('EPERM', 'rmdir report', () => subject.files.rmdir(REPORT_PATH));
    await subject.files.rmdir(item.path);
    await (await Item.make(subject)).generationIs(0);
  }),
  add(11, 'D', 'unlink and rename are EPERM', async ({ start }) => {
    const subject = await start({ provider: 'tdx' });
    const item = await Item.make(subject);
    await refused('EPERM', 'unlink', () => subject.files.unlink(item.at('inblob')));
    await refused('EPERM', 'rename', () => subject.files.rename(item.path, `${REPORT_PATH}/b`));
    same('items', await subject.files.list(REPORT_PATH), ['a']);
  }),
  add(12, 'M', 'a second report provider is EBUSY', oneProvider),
  add(13, 'M', 'with items left, a provider registers only before 6.16', lateProvider, {
    ...{ profiles: ['6.7', '6.11', '6.16', '7.0'], holds: everywhere },
  }),
  add(14, 'M', 'to unregister a provider that is not registered is EBUSY', unregisterOther),
  add(15, 'M', 'a provider that goes leaves its items, with a warning', unregisterLive),
  add(16, 'M', 'a thousand items', manyItems),
  add(17, 'D', 'an open file of a removed item is ENOENT', removedWhileOpen),
  add(18, 'D', 'what an item shows is fixed when it is made', visibilityIsFixed),
];
