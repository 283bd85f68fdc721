/** Group C: binary attributes and report production. */
import { concat, equalBytes, toHex, type ReportBlobs } from '@tsm/core';
import { errno } from '../../errno.ts';
import { REPORT_PATH } from '../../guest.ts';
import type { Profile } from '../../profiles.ts';
import { everywhere, group, withAuxblob, withServices } from '../case.ts';
import { filled, holds, refused, same } from '../expect.ts';
import type { Case, Given, Stage, Subject } from '../model.ts';
import { insideOf, Item, readRest, ScriptedProvider } from '../report-item.ts';

const add = group('C', everywhere);
const aux = { profiles: ['7.0'], holds: withAuxblob } as const;
const services = { profiles: ['7.0'], holds: withServices } as const;

const INBLOB = filled(64, 1);
const OTHER = filled(64, 2);

interface Scripted {
  readonly item: Item;
  readonly provider: ScriptedProvider;
  readonly subject: Subject;
}

/** One item of a provider of the case's own. */
const scripted =
  (check: (at: Scripted) => Promise<void>, given: Omit<Given, 'provider'> = {}) =>
  async ({ start }: Stage): Promise<void> => {
    const provider = new ScriptedProvider();
    const subject = await start({ ...given, provider });
    await check({ item: await Item.make(subject), provider, subject });
  };

const onItem =
  (given: Given, check: (item: Item, subject: Subject) => Promise<void>) =>
  async ({ start }: Stage): Promise<void> => {
    const subject = await start(given);
    await check(await Item.make(subject), subject);
  };

const tdx = { provider: 'tdx' } as const;
const eio = (): never => {
  throw errno('EIO', 'the provider fails');
};

async function goneProvider(item: Item, { inside }: Subject, code: 'ENXIO' | 'ENOTTY'): Promise<void> {
  inside?.unplug();
  await refused('EINVAL', 'outblob before any inblob', () => item.read('outblob'));
  await item.put('inblob', INBLOB);
  await refused(code, 'outblob', () => item.read('outblob'));
}

const missingProvider = (code: 'ENXIO' | 'ENOTTY') =>
  onItem(tdx, async (item, subject) => {
    insideOf(subject);
    await goneProvider(item, subject, code);
  });

/** The report is written once a configuration. */
const callsOnce = scripted(async ({ item, provider }) => {
  await item.put('inblob', INBLOB);
  same('outblob', await item.read('outblob'), INBLOB);
  same('outblob again', await item.read('outblob'), INBLOB);
  same('calls', provider.calls, 1);
});

const afterPrivlevel = scripted(async ({ item, provider }) => {
  await item.put('inblob', INBLOB);
  await item.read('outblob');
  await item.put('privlevel', '1');
  await item.read('outblob');
  same('calls', provider.calls, 2);
  same('level', provider.requests.at(-1)?.privlevel, 1);
});

const oneCallForAll = async ({ start }: Stage): Promise<void> => {
  let calls = 0;
  const wrap = {
    snp: (hardware: Parameters<NonNullable<NonNullable<Given['wrap']>['snp']>>[0]) => ({
      ...hardware,
      message(request: Parameters<typeof hardware.message>[0]) {
        calls++;
        return hardware.message(request);
      },
    }),
  };
  const item = await Item.make(await start({ provider: 'snp', wrap }));
  await item.put('inblob', INBLOB);
  holds('auxblob has certificates', (await item.read('auxblob')).length > 0);
  same('size of outblob', (await item.read('outblob')).length, 1184);
  same('calls', calls, 1);
};

const failsOnce = scripted(async ({ item, provider }) => {
  const { answer } = provider;
  provider.answer = eio;
  await item.put('inblob', INBLOB);
  await refused('EIO', 'first read', () => item.read('outblob'));
  provider.answer = answer;
  same('next read', await item.read('outblob'), INBLOB);
});

const noOldBlob = scripted(async ({ item, provider }) => {
  await item.put('inblob', INBLOB);
  await item.read('outblob');
  provider.answer = eio;
  await item.put('inblob', OTHER);
  await refused('EIO', 'outblob', () => item.read('outblob'));
  await refused('EIO', 'outblob again', () => item.read('outblob'));
});

const cacheOutlivesProvider = ({ report }: Profile) =>
  onItem(tdx, async (item, subject) => {
    const inside = insideOf(subject);
    await item.put('inblob', INBLOB);
    const before = await item.read('outblob');
    inside.unplug();
    same('outblob', await item.read('outblob'), before);
    await item.put('inblob', OTHER);
    await refused(report.missingProvider, 'outblob after a commit', () => item.read('outblob'));
  });

const absentBlobs = onItem({ provider: 'cca' }, async (item) => {
  await item.put('inblob', INBLOB);
  holds('a token', (await item.read('outblob')).length > 0);
  same('auxblob', (await item.read('auxblob')).length, 0);
  same('manifestblob', (await item.read('manifestblob')).length, 0);
});

/** Is the report over this inblob? A quote has it as its report data. */
async function isReportOver(item: Item, inblob: Uint8Array): Promise<void> {
  const shown = toHex(await item.read('outblob')).includes(toHex(inblob));
  holds(`the report of ${item.path} is over ${toHex(inblob)}`, shown);
}

const inParts = onItem(tdx, async (item) => {
  await item.open('inblob', 'write', async (file) => {
    await file.write(filled(32, 3));
    await file.write(filled(32, 4));
  });
  await item.generationIs(1);
  await isReportOver(item, concat(filled(32, 3), filled(32, 4)));
});

const byteByByte = onItem(tdx, async (item) => {
  await item.open('inblob', 'write', async (file) => {
    for (let i = 0; i < 64; i++) await file.write(filled(1, i));
  });
  await item.generationIs(1);
});

const tooLong = onItem(tdx, async (item) => {
  await item.open('inblob', 'write', async (file) => {
    await refused('EFBIG', '65 bytes', () => file.write(filled(65, 1)));
    await item.generationIs(0);
  });
  await item.generationIs(1);
  await refused('EINVAL', 'outblob', () => item.read('outblob'));
});

const oneMore = onItem(tdx, async (item) => {
  await item.open('inblob', 'write', async (file) => {
    await file.write(INBLOB);
    await refused('EFBIG', 'one byte more', () => file.write(filled(1, 9)));
  });
  await item.generationIs(1);
  await isReportOver(item, INBLOB);
});

const discarded = onItem(tdx, async (item, { files }) => {
  const file = await files.open(item.at('inblob'), 'write');
  await file.write(INBLOB);
  await files.rmdir(item.path);
  await file.close();
  await (await Item.make({ files })).generationIs(0);
});

const snapshot = onItem(tdx, async (item, { files }) => {
  await item.put('inblob', INBLOB);
  const before = await item.read('outblob');
  const file = await files.open(item.at('outblob'), 'read');
  const first = await file.read(1);
  await item.put('inblob', OTHER);
  same('the rest', concat(first, await readRest(file)), before);
  await file.close();
  holds('a new open file gives the new report', !equalBytes(await item.read('outblob'), before));
});

async function sizeLimit({ start, profile }: Stage): Promise<void> {
  const { blobMax } = profile.report;
  const provider = new ScriptedProvider();
  const item = await Item.make(await start({ provider }));
  const give = async (size: number): Promise<void> => {
    provider.answer = () => ({ outblob: filled(size, 5) });
    await item.put('inblob', INBLOB);
  };
  await give(blobMax);
  same('bytes at the limit', (await item.read('outblob')).length, blobMax);
  await give(blobMax + 1);
  await refused('EFBIG', 'one byte more', () => item.read('outblob'));
  if (blobMax <= 32_768) return;
  await give(32_769);
  same('bytes above 32 KiB', (await item.read('outblob')).length, 32_769);
}

/** How long a reader of another item waits while one report takes 2 seconds. */
async function waitOf(start: Stage['start'], lockPerItem: boolean): Promise<number[]> {
  const provider = new ScriptedProvider();
  const subject = await start({ provider, lockPerItem });
  const { clock } = insideOf(subject);
  provider.answer = ({ inblob }) => {
    clock.sleep(2000);
    return { outblob: inblob };
  };
  const [a, b] = [await Item.make(subject, 'a'), await Item.make(subject, 'b')];
  await a.put('inblob', INBLOB);
  const reader = (path: string) => async (files: Subject['files']) => {
    const file = await files.open(path, 'read');
    await file.read(4096);
    await file.close();
  };
  return subject.together([reader(a.at('outblob')), reader(b.at('generation'))]);
}

async function globalLock({ start }: Stage): Promise<void> {
  same('milliseconds', await waitOf(start, false), [2000, 2000]);
  same('milliseconds with a lock for each item', await waitOf(start, true), [2000, 0]);
}

const forgetsAuxblob = scripted(async ({ item, provider }) => {
  const outblob = INBLOB;
  const answers: ReportBlobs[] = [{ outblob, auxblob: filled(10, 7) }, { outblob }];
  provider.answer = () => answers.shift() ?? { outblob };
  await item.put('inblob', INBLOB);
  same('auxblob', (await item.read('auxblob')).length, 10);
  await item.put('inblob', OTHER);
  same('auxblob the second time', (await item.read('auxblob')).length, 0);
});

const conflict = onItem(tdx, async (item, { files }) => {
  const before = Number(await item.text('generation'));
  await item.put('inblob', INBLOB);
  const file = await files.open(item.at('inblob'), 'write');
  await file.write(OTHER);
  await file.close();
  await item.read('outblob');
  await item.generationIs(before + 2);
});

async function manyClients({ start }: Stage): Promise<void> {
  const subject = await start(tdx);
  const client = (i: number) => async (files: Subject['files']) => {
    const item = await Item.make({ files }, `client${String(i)}`);
    await item.put('inblob', filled(64, i + 1));
    await isReportOver(item, filled(64, i + 1));
    await item.generationIs(1);
  };
  await subject.together(Array.from({ length: 50 }, (_, i) => client(i)));
  same('items', (await subject.files.list(REPORT_PATH)).length, 50);
}

const twoReaders = scripted(async ({ item, provider, subject }) => {
  const { clock } = insideOf(subject);
  provider.answer = ({ inblob }) => {
    clock.sleep(1000);
    return { outblob: inblob };
  };
  await item.put('inblob', INBLOB);
  const reader = async (files: Subject['files']): Promise<void> => {
    const file = await files.open(item.at('outblob'), 'read');
    same('outblob', await readRest(file), INBLOB);
    await file.close();
  };
  same('milliseconds', await subject.together([reader, reader]), [1000, 1000]);
  same('calls', provider.calls, 1);
});

const oldMissing = ({ report }: Profile): boolean => report.missingProvider === 'ENOTTY';
const newMissing = ({ report }: Profile): boolean => report.missingProvider === 'ENXIO';

export const BLOB_CASES: readonly Case[] = [
  add(
    47,
    'M',
    'outblob before any inblob is EINVAL',
    onItem(tdx, (item) => refused('EINVAL', 'outblob', () => item.read('outblob'))),
  ),
  add(48, 'M', 'without a provider: EINVAL before any inblob, else ENXIO', missingProvider('ENXIO'), {
    ...{ profiles: ['7.0'], holds: newMissing },
  }),
  add(49, 'M', 'without a provider before 6.16: ENOTTY', missingProvider('ENOTTY'), {
    ...{ profiles: ['6.7', '6.11'], holds: oldMissing },
  }),
  add(50, 'M', 'the provider is asked once a configuration', callsOnce),
  add(51, 'M', 'a new privlevel makes it ask again', afterPrivlevel),
  add(52, 'M', 'one call gives outblob and auxblob', oneCallForAll, aux),
  add(53, 'M', 'a report that failed is tried again', failsOnce),
  add(54, 'M', 'an old report is not served for a new configuration', noOldBlob),
  add(55, 'M', 'a report outlives its provider', (stage) => cacheOutlivesProvider(stage.profile)(stage)),
  add(56, 'M', 'blobs that the provider does not give are empty', absentBlobs, services),
  add(57, 'M', 'writes of one open file are one commit', inParts),
  add(58, 'M', '64 writes of a byte are one commit', byteByByte),
  add(
    59,
    'M',
    '65 bytes at once are EFBIG',
    onItem(tdx, (item) => refused('EFBIG', 'inblob', () => item.put('inblob', filled(65, 1)))),
  ),
  add(60, 'D', 'after EFBIG the close commits no bytes', tooLong),
  add(61, 'D', 'after EFBIG the close commits what came before', oneMore),
  add(
    ...([62, 'D', 'open and close without a write do not count'] as const),
    onItem(tdx, async (item) => {
      await item.open('inblob', 'write', () => Promise.resolve());
      await item.generationIs(0);
    }),
  ),
  add(
    ...([63, 'D', 'a write of no bytes is EFAULT, and the close commits'] as const),
    onItem(tdx, async (item) => {
      await item.put('inblob', INBLOB);
      await refused('EFAULT', 'no bytes', () => item.put('inblob', new Uint8Array(0)));
      await item.generationIs(2);
      await refused('EINVAL', 'outblob', () => item.read('outblob'));
    }),
  ),
  add(64, 'D', 'rmdir discards what was not committed', discarded),
  add(
    ...([65, 'D', 'lseek on outblob is ESPIPE'] as const),
    onItem(tdx, (item) =>
      item.open('outblob', 'read', (file) => refused('ESPIPE', 'lseek', () => file.seek(0))),
    ),
  ),
  add(66, 'M', 'an open outblob keeps the report that it began with', snapshot),
  add(67, 'M', 'a blob above the limit is EFBIG', sizeLimit, {
    profiles: ['6.11', '6.19', '7.0'],
    holds: everywhere,
  }),
  add(68, 'M', 'one lock for all items', globalLock),
  add(69, 'S', 'an auxblob that is left out is empty, not stale', forgetsAuxblob, aux),
  add(70, 'M', 'another writer shows in the generation', conflict),
  add(71, 'M', '50 clients, each with its own item', manyClients),
  add(72, 'M', 'two readers of a stale report cause one call', twoReaders),
];
