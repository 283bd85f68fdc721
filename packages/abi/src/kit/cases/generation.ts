/** Group B: generation and text attributes. */
import { utf8Text } from '@tsm/core';
import type { Profile } from '../../profiles.ts';
import { everywhere, group, withServices } from '../case.ts';
import { filled, holds, refused, same } from '../expect.ts';
import type { Case, Given, Stage, Subject } from '../model.ts';
import { insideOf, Item, ScriptedProvider } from '../report-item.ts';

const add = group('B', everywhere);
const services = { profiles: ['7.0'], holds: withServices } as const;

const INBLOB = filled(64, 1);
const GUID = '1a2b3c4d-0011-2233-4455-66778899aabb';
const OTHER_GUID = 'ffffffff-0011-2233-4455-66778899aabb';
const NIL_GUID = '00000000-0000-0000-0000-000000000000';
const LAST = (1n << 64n) - 1n;

/** A case on one new item. */
const onItem =
  (given: Given, check: (item: Item, subject: Subject) => Promise<void>) =>
  async ({ start }: Stage): Promise<void> => {
    const subject = await start(given);
    await check(await Item.make(subject), subject);
  };

/** The item, and its generation afterwards. */
const bumps = (given: Given, attribute: string, value: string | Uint8Array, generation: number) =>
  onItem(given, async (item) => {
    await item.put(attribute, value);
    await item.generationIs(generation);
  });

/** A case with a provider of its own, to see what it is asked. */
const scripted =
  (given: Omit<Given, 'provider'>, check: (item: Item, provider: ScriptedProvider) => Promise<void>) =>
  async ({ start }: Stage): Promise<void> => {
    const provider = new ScriptedProvider();
    await check(await Item.make(await start({ ...given, provider })), provider);
  };

async function levelRefused(item: Item, value: string, code: 'EINVAL' | 'ERANGE' = 'EINVAL'): Promise<void> {
  await refused(code, `privlevel ${JSON.stringify(value)}`, () => item.put('privlevel', value));
  await item.generationIs(0);
}

const anyLevel = onItem({ provider: 'snp' }, async (item) => {
  for (const [i, level] of ['0', '1', '2', '3'].entries()) {
    await item.put('privlevel', level);
    await item.generationIs(i + 1);
  }
});

async function providerGone({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'snp' });
  const item = await Item.make(subject);
  insideOf(subject).unplug();
  await levelRefused(item, 'abc');
  await refused('ENXIO', 'privlevel 1', () => item.put('privlevel', '1'));
  await item.generationIs(0);
}

async function providerNames({ start, profile }: Stage): Promise<void> {
  const old = profile.report.attributes === '2023';
  const names = { tdx: old ? 'tdx' : 'tdx_guest', snp: old ? 'sev-snp' : 'sev_guest', cca: 'arm_cca_guest' };
  for (const [provider, name] of Object.entries(names)) {
    const item = await Item.make(await start({ provider: provider as keyof typeof names }));
    same(`provider of ${provider}`, await item.text('provider'), `${name}\n`);
  }
}

/** The last request that the provider saw, after the report is read. */
async function requested(item: Item, provider: ScriptedProvider) {
  await item.read('outblob');
  return provider.requests.at(-1);
}

const garbageGuid = scripted({}, async (item, provider) => {
  await item.put('inblob', INBLOB);
  await item.put('service_guid', GUID);
  same('guid', (await requested(item, provider))?.serviceGuid, GUID);
  await refused('EINVAL', 'garbage', () => item.put('service_guid', 'garbage'));
  await item.generationIs(3);
  same('guid', (await requested(item, provider))?.serviceGuid, undefined);
});

/** Counters in the state from which a step would wrap to the generation last read. */
const wrapping = { provider: 'cca', counters: { write: LAST, read: 0n } } as const;

const guidSurvives = scripted({ counters: { write: LAST - 2n, read: 0n } }, async (item, provider) => {
  await item.put('inblob', INBLOB);
  await item.put('service_guid', GUID);
  await item.generationIs(LAST);
  await refused('EBUSY', 'a second guid', () => item.put('service_guid', OTHER_GUID));
  await item.generationIs(LAST);
  same('guid', (await requested(item, provider))?.serviceGuid, GUID);
});

const inblobLost = scripted({ counters: { write: LAST - 1n, read: 0n } }, async (item, provider) => {
  await item.put('inblob', INBLOB);
  same('bytes taken', await item.put('inblob', filled(64, 2)), 64);
  await item.generationIs(LAST);
  same('inblob', (await requested(item, provider))?.inblob, INBLOB);
});

const cachedText = onItem({ provider: 'tdx' }, async (item, { files }) => {
  const file = await files.open(item.at('generation'), 'read');
  same('first read', utf8Text(await file.read(16)), '0\n');
  await item.put('inblob', INBLOB);
  await file.seek(0);
  same('same file again', utf8Text(await file.read(16)), '0\n');
  await file.close();
  await item.generationIs(1);
});

const wrongDirection = onItem({ provider: 'tdx' }, async (item, { files }) => {
  await refused('EACCES', 'outblob for writing', () => files.open(item.at('outblob'), 'write'));
  await refused('EACCES', 'inblob for reading', () => files.open(item.at('inblob'), 'read'));
});

const truncated = onItem({ provider: 'tdx' }, async (item, { files }) => {
  const file = await files.open(item.at('inblob'), 'write', { truncate: true });
  await file.close();
  await item.generationIs(0);
});

const emptyServiceProvider = onItem({ provider: 'snp', vmpl: 2 }, async (item) => {
  await item.put('inblob', INBLOB);
  await item.put('privlevel', '2');
  holds('a report before', (await item.read('outblob')).length > 0);
  await refused('EFAULT', 'no bytes', () => item.put('service_provider', ''));
  await item.put('service_provider', '\n');
  await refused('EINVAL', 'outblob', () => item.read('outblob'));
  await refused('EINVAL', 'outblob again', () => item.read('outblob'));
});

const tdx = { provider: 'tdx' } as const;
const snp = { provider: 'snp' } as const;
const cca = { provider: 'cca' } as const;
const levels = (one: Profile): boolean => everywhere(one);

export const GENERATION_CASES: readonly Case[] = [
  add(
    19,
    'M',
    'a new item is at generation 0',
    onItem(tdx, (item) => item.generationIs(0)),
  ),
  add(20, 'M', 'a commit of inblob counts', bumps(tdx, 'inblob', INBLOB, 1)),
  add(
    ...([21, 'M', 'the same inblob again counts'] as const),
    onItem(tdx, async (item) => {
      await item.put('inblob', INBLOB);
      await item.put('inblob', INBLOB);
      await item.generationIs(2);
    }),
  ),
  add(22, 'M', 'privlevel takes 0 to 3, each counts', anyLevel),
  add(
    23,
    'M',
    'privlevel 4 is EINVAL',
    onItem(snp, (item) => levelRefused(item, '4')),
  ),
  add(
    ...([24, 'M', 'privlevel below the floor is EINVAL'] as const),
    onItem({ provider: 'snp', vmpl: 2 }, async (item) => {
      await levelRefused(item, '1');
      await item.put('privlevel', '2');
      await item.generationIs(1);
    }),
  ),
  add(
    ...([25, 'M', 'privlevel that is no number is EINVAL'] as const),
    onItem(snp, async (item) => {
      for (const value of ['abc', '\n', '-1']) await levelRefused(item, value);
    }),
  ),
  add(
    ...([26, 'M', 'privlevel is read as hexadecimal and octal too'] as const),
    onItem(snp, async (item) => {
      await levelRefused(item, '010');
      await item.put('privlevel', '0x2\n');
      await item.put('inblob', INBLOB);
      const level = (await item.read('outblob')).at(0x30);
      same('level of the report', level, 2);
    }),
  ),
  add(
    27,
    'M',
    'privlevel above 32 bits is ERANGE',
    onItem(snp, (item) => levelRefused(item, '4294967296', 'ERANGE')),
  ),
  add(28, 'M', 'without a provider privlevel is parsed first', providerGone, {
    profiles: ['7.0'],
    holds: levels,
  }),
  add(29, 'M', 'without a provider, provider and privlevel_floor are ENXIO', async ({ start }) => {
    const subject = await start(snp);
    const item = await Item.make(subject);
    insideOf(subject).unplug();
    await refused('ENXIO', 'provider', () => item.text('provider'));
    await refused('ENXIO', 'privlevel_floor', () => item.text('privlevel_floor'));
  }),
  add(30, 'M', 'provider is the name of the guest driver', providerNames),
  add(
    ...([31, 'M', 'service_provider drops one line feed'] as const),
    scripted({}, async (item, provider) => {
      await item.put('service_provider', 'svsm\n');
      await item.generationIs(1);
      await item.put('inblob', INBLOB);
      same('service provider', (await requested(item, provider))?.serviceProvider, 'svsm');
    }),
    services,
  ),
  add(
    ...([32, 'M', 'the nil GUID is taken, and means none'] as const),
    scripted({}, async (item, provider) => {
      await item.put('service_guid', NIL_GUID);
      await item.generationIs(1);
      await item.put('inblob', INBLOB);
      same('guid', (await requested(item, provider))?.serviceGuid, undefined);
    }),
    services,
  ),
  add(33, 'M', 'a wrong GUID is EINVAL, counts and clears', garbageGuid, services),
  add(
    ...([34, 'M', 'what follows a GUID is not looked at'] as const),
    bumps(cca, 'service_guid', `${GUID}junk`, 1),
    services,
  ),
  add(
    ...([35, 'M', 'service_manifest_version is a number'] as const),
    onItem(cca, async (item) => {
      await refused('EINVAL', 'x', () => item.put('service_manifest_version', 'x'));
      await item.generationIs(0);
      await item.put('service_manifest_version', '1');
      await item.generationIs(1);
    }),
    services,
  ),
  add(
    ...([36, 'M', 'a step that would wrap to the generation last read is EBUSY'] as const),
    onItem(wrapping, async (item) => {
      await refused('EBUSY', 'service_provider', () => item.put('service_provider', 'svsm'));
      await item.generationIs(LAST);
    }),
    services,
  ),
  add(
    ...([37, 'M', 'the range of privlevel comes before the wrap'] as const),
    onItem(wrapping, async (item) => {
      await refused('EINVAL', 'privlevel 9', () => item.put('privlevel', '9'));
      await refused('EBUSY', 'privlevel 1', () => item.put('privlevel', '1'));
    }),
  ),
  add(38, 'M', 'the wrap comes before a GUID is cleared', guidSurvives, services),
  add(39, 'M', 'a commit that would wrap is lost in silence', inblobLost),
  add(
    ...([40, 'M', 'generation wraps to 0 where nothing was read at 0'] as const),
    onItem({ provider: 'tdx', counters: { write: LAST, read: 5n } }, async (item) => {
      await item.put('inblob', INBLOB);
      await item.generationIs(0);
    }),
  ),
  add(
    ...([41, 'M', 'reading reports does not count'] as const),
    onItem(tdx, async (item) => {
      await item.put('inblob', INBLOB);
      for (let i = 0; i < 3; i++) await item.read('outblob');
      await item.generationIs(1);
    }),
  ),
  add(42, 'D', 'an open text attribute keeps what it showed', cachedText),
  add(
    ...([43, 'D', 'a write of no bytes to a text attribute is EFAULT'] as const),
    onItem(snp, async (item) => {
      await refused('EFAULT', 'privlevel', () => item.put('privlevel', ''));
      await item.generationIs(0);
    }),
  ),
  add(44, 'M', 'open in the wrong direction is EACCES', wrongDirection),
  add(45, 'M', 'O_TRUNC changes nothing', truncated),
  add(46, 'D', 'an empty service_provider stays until the item goes', emptyServiceProvider, services),
];
