/** Group E: the SEV-SNP provider. */
import { guidText, isFilledWith, type ReportBlobs } from '@tsm/core';
import type { GuestMessage, SnpHardware } from '../../drivers/snp-hardware.ts';
import type { Errno } from '../../errno.ts';
import { everywhere, group, withAuxblob, withServices } from '../case.ts';
import { filled, holds, refused, same } from '../expect.ts';
import type { Case, Given, Stage } from '../model.ts';
import { insideOf, Item } from '../report-item.ts';

const add = group('E', everywhere);
const INBLOB = filled(64, 0x5a);
/** Offset of VMPL in the report (AMD 56860, table 23). */
const VMPL = 0x30;
const services = { profiles: ['7.0'], holds: withServices } as const;

/** An item whose report is ready to be read. */
async function ready({ start }: Stage, given: Omit<Given, 'provider'> = {}): Promise<Item> {
  const item = await Item.make(await start({ ...given, provider: 'snp' }));
  await item.put('inblob', INBLOB);
  return item;
}

const wrapped = (change: (hardware: SnpHardware) => Partial<SnpHardware>): Omit<Given, 'provider'> => ({
  wrap: { snp: (hardware) => ({ ...hardware, ...change(hardware) }) },
});

const NOTHING: ReportBlobs = { outblob: new Uint8Array(0) };

async function oneService(stage: Stage): Promise<void> {
  const item = await ready(stage, { vmpl: 2 });
  await item.put('service_provider', 'svsm');
  const all = await item.read('manifestblob');
  holds('the manifest lists a service', all.length > 24);
  // Table of services: GUID of the table, sizes, then rows of GUID, offset and length (SVSM 58019, §7.1).
  const guid = guidText(all.slice(24, 40));
  await item.put('service_guid', guid);
  const one = await item.read('manifestblob');
  holds('the manifest of one service is a part of that of all', one.length > 0 && one.length < all.length);
  same('that part', all.slice(all.length - one.length), one);
}

async function manifestGrows(stage: Stage): Promise<void> {
  let bigger = 0;
  const item = await ready(stage, {
    vmpl: 2,
    ...wrapped(({ services: call }) => ({
      services: (request) => (bigger-- > 0 ? { kind: 'bigger' } : call(request)),
    })),
  });
  await item.put('service_provider', 'svsm');
  bigger = 4;
  await refused('EINVAL', 'larger buffers 4 times', () => item.read('outblob'));
  bigger = 3;
  holds('larger buffers 3 times', (await item.read('outblob')).length > 0);
}

async function certificates(stage: Stage): Promise<void> {
  same('without', (await (await ready(stage, { certificates: false })).read('auxblob')).length, 0);
  const table = await (await ready(stage)).read('auxblob');
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  let rows = 0;
  for (; !isFilledWith(table.subarray(rows * 24, rows * 24 + 24), 0); rows++) {
    const end = view.getUint32(rows * 24 + 16, true) + view.getUint32(rows * 24 + 20, true);
    holds(`row ${String(rows)} stays inside`, end <= table.length && (rows + 1) * 24 < table.length);
  }
  holds('two certificates or more', rows >= 2);
}

async function statuses(stage: Stage): Promise<void> {
  let status = 0;
  const item = await ready(
    stage,
    wrapped(() => ({ message: () => ({ kind: 'answer', status, blobs: NOTHING }) })),
  );
  const rows: [number, Errno][] = [
    [0x16, 'EINVAL'],
    [0x27, 'EINVAL'],
    [0x05, 'ENXIO'],
  ];
  for (const [value, code] of rows) {
    status = value;
    await refused(code, `status 0x${value.toString(16)}`, () => item.read('outblob'));
  }
}

async function busy({ start }: Stage): Promise<void> {
  let free = Infinity;
  const given = wrapped(({ message }) => ({
    message: (request): GuestMessage => (inside.clock.now() < free ? { kind: 'busy' } : message(request)),
  }));
  const subject = await start({ ...given, provider: 'snp' });
  const inside = insideOf(subject);
  const item = await Item.make(subject);
  await item.put('inblob', INBLOB);
  await refused('ETIMEDOUT', 'a host that stays busy', () => item.read('outblob'));
  same('milliseconds waited', inside.clock.now(), 60_000);
  free = inside.clock.now() + 5000;
  holds('a host that is busy for 5 seconds', (await item.read('outblob')).length > 0);
}

async function wipedKey(stage: Stage): Promise<void> {
  let broken = true;
  const item = await ready(
    stage,
    wrapped(({ message }) => ({
      message: (request): GuestMessage => (broken ? { kind: 'undecodable' } : message(request)),
    })),
  );
  await refused('EBADMSG', 'a response that does not decrypt', () => item.read('outblob'));
  broken = false;
  await refused('ENOTTY', 'the next report', () => item.read('outblob'));
  await item.put('inblob', INBLOB);
  await refused('ENOTTY', 'and one over another inblob', () => item.read('outblob'));
}

export const SNP_CASES: readonly Case[] = [
  add(81, 'M', 'a report needs 64 bytes and has 1184', async (stage) => {
    const item = await ready(stage);
    await item.put('inblob', filled(32, 1));
    await refused('EINVAL', 'outblob over 32 bytes', () => item.read('outblob'));
    await item.put('inblob', INBLOB);
    same('size', (await item.read('outblob')).length, 1184);
  }),
  add(82, 'M', 'privlevel is the level of the report', async (stage) => {
    const item = await ready(stage);
    await item.put('privlevel', '2');
    same('level', (await item.read('outblob')).at(VMPL), 2);
  }),
  add(
    ...([83, 'M', 'a service provider other than svsm is EINVAL'] as const),
    async (stage) => {
      const item = await ready(stage, { vmpl: 2 });
      await item.put('service_provider', 'foo');
      await refused('EINVAL', 'outblob', () => item.read('outblob'));
    },
    services,
  ),
  add(84, 'M', 'the manifest of all services, and of one', oneService, services),
  add(85, 'M', 'the SVSM may ask for larger buffers three times', manifestGrows, services),
  add(86, 'M', 'auxblob is the certificate table of the host', certificates, {
    profiles: ['7.0'],
    holds: withAuxblob,
  }),
  add(87, 'M', 'statuses of the firmware', statuses),
  add(88, 'M', 'a host that is busy for 60 seconds is ETIMEDOUT', busy),
  add(89, 'M', 'after a response that does not decrypt every report is ENOTTY', wipedKey),
  add(90, 'M', 'privlevel_floor is the level of the guest', async ({ start }) => {
    for (const vmpl of [0, 2]) {
      const item = await Item.make(await start({ provider: 'snp', vmpl }));
      same('privlevel_floor', await item.text('privlevel_floor'), `${String(vmpl)}\n`);
    }
  }),
];
