/** Group F: the Arm CCA provider. */
import { concat } from '@tsm/core';
import type { RealmServices } from '../../drivers/cca.ts';
import { everywhere, group, withServices } from '../case.ts';
import { filled, holds, refused, same } from '../expect.ts';
import type { Case, Given, Stage } from '../model.ts';
import { insideOf, Item } from '../report-item.ts';

const add = group('F', everywhere);

const make = async ({ start }: Stage, given: Omit<Given, 'provider'> = {}): Promise<Item> =>
  Item.make(await start({ ...given, provider: 'cca' }));

async function sizes(stage: Stage): Promise<void> {
  const item = await make(stage);
  await item.put('inblob', filled(31, 1));
  await refused('EINVAL', 'outblob over 31 bytes', () => item.read('outblob'));
  for (const size of [32, 48, 64]) {
    await item.put('inblob', filled(size, 1));
    holds(`a token over ${String(size)} bytes`, (await item.read('outblob')).length > 0);
  }
  await refused('EFBIG', '65 bytes', () => item.put('inblob', filled(65, 1)));
}

async function challenge({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'cca' });
  const { evidence } = insideOf(subject).provider('cca');
  const item = await Item.make(subject);
  await item.put('inblob', filled(32, 9));
  const decoded = evidence?.decode(await item.read('outblob'));
  same('challenge', decoded?.reportData, concat(filled(32, 9), filled(32, 0)));
}

async function tokenErrors(stage: Stage): Promise<void> {
  let failure: 'init' | 'half way' | undefined;
  let parts = 0;
  const wrap = {
    cca: (services: RealmServices): RealmServices => ({
      init(value) {
        parts = 0;
        return failure === 'init' ? 0 : services.init(value);
      },
      next() {
        if (failure !== 'half way') return services.next();
        return parts++ === 0 ? { part: filled(10, 1), more: true } : undefined;
      },
    }),
  };
  const item = await make(stage, { wrap });
  await item.put('inblob', filled(64, 1));
  failure = 'init';
  await refused('EINVAL', 'no token', () => item.read('outblob'));
  failure = 'half way';
  await refused('ENXIO', 'half a token', () => item.read('outblob'));
  same('parts that came', parts, 2);
  failure = undefined;
  holds('the next token is whole', (await item.read('outblob')).length > 10);
}

async function withoutEffect({ start }: Stage): Promise<void> {
  const subject = await start({ provider: 'cca' });
  const { evidence } = insideOf(subject).provider('cca');
  const item = await Item.make(subject);
  await item.put('inblob', filled(64, 1));
  const claims = async () => {
    const decoded = evidence?.decode(await item.read('outblob'));
    return {
      registers: decoded?.registers.map(({ value }) => [...value]),
      reportData: [...(decoded?.reportData ?? [])],
    };
  };
  const before = await claims();
  const writes = {
    privlevel: '1',
    service_provider: 'svsm',
    service_guid: 'f'.repeat(8) + '-ffff'.repeat(3) + '-' + 'f'.repeat(12),
    service_manifest_version: '1',
  };
  for (const [attribute, value] of Object.entries(writes)) await item.put(attribute, value);
  await item.generationIs(5);
  same('what the token says', await claims(), before);
}

export const CCA_CASES: readonly Case[] = [
  add(91, 'M', 'a token needs 32 to 64 bytes', sizes),
  add(92, 'M', 'a short challenge is filled up with zeros', challenge),
  add(93, 'M', 'errors of RSI_ATTESTATION_TOKEN', tokenErrors),
  add(94, 'M', 'levels and services have no effect', withoutEffect, {
    profiles: ['7.0'],
    holds: withServices,
  }),
];
