/** Group G: measurement registers of the merged ABI. */
import {
  equalBytes,
  extendDigest,
  fromHex,
  portableDigests,
  utf8Bytes,
  type MeasurementSource,
} from '@tsm/core';
import { sampleMeasurements } from '../../drivers/sample.ts';
import type { TdxHardware } from '../../drivers/tdx-hardware.ts';
import { TDX_CMD_GET_REPORT0 } from '../../drivers/tdx.ts';
import { errno } from '../../errno.ts';
import { HASH_NAMES, measurementSource, MR_FLAGS, type KernelMeasurements } from '../../registers/kernel.ts';
import { group, withMeasurements } from '../case.ts';
import { filled, refused, same } from '../expect.ts';
import type { Case, Stage, Subject } from '../model.ts';
import { insideOf, readFile, withFile, writeFile } from '../report-item.ts';

const add = group('G', withMeasurements);
const DEVICES = '/sys/devices/virtual/misc';
const TDX = `${DEVICES}/tdx_guest/measurements`;
const RTMR = (index: number): string => `${TDX}/rtmr${String(index)}:sha384`;
const MRTD = `${TDX}/mrtd:sha384`;
const ZERO = filled(48, 0);

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (!bytes) throw new TypeError(`${text}: expected hex`);
  return bytes;
}

const HELLO = portableDigests.digest('sha384', utf8Bytes('hello'));
const AFTER_HELLO =
  '1d9b87caf048435fc39a4a0a8e4e864af9c9a584b3a3b436193bb8b60125698089f57479f370637f16fcce8a1852d1bc';
const AFTER_ZEROS =
  'f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0eb6eb8503db0ffd6a39ddd00cd07d8317';

const onTdx =
  (check: (subject: Subject) => Promise<void>) =>
  async ({ start }: Stage): Promise<void> =>
    check(await start({ provider: 'tdx' }));

/** What the register must be after this extend; in a guest that is fresh it is the value of the specification. */
function extended(before: Uint8Array, value: Uint8Array, fromZero: string): Uint8Array {
  return equalBytes(before, ZERO) ? hex(fromZero) : extendDigest(portableDigests, 'sha384', before, value);
}

const writes = (value: Uint8Array, fromZero: string) =>
  onTdx(async ({ files }) => {
    const before = await readFile(files, RTMR(2));
    await writeFile(files, RTMR(2), value);
    same('rtmr2', await readFile(files, RTMR(2)), extended(before, value, fromZero));
  });

const layout = onTdx(async ({ files }) => {
  const modes: Record<string, string> = {
    'mrtd:sha384': '444',
    mrconfigid: '444',
    mrowner: '444',
    mrownerconfig: '444',
  };
  for (const i of [0, 1, 2, 3]) modes[`rtmr${String(i)}:sha384`] = '644';
  same('registers', (await files.list(TDX)).sort(), Object.keys(modes).sort());
  for (const [name, mode] of Object.entries(modes)) {
    const found = await files.stat(`${TDX}/${name}`);
    same(name, [found.mode.toString(8), found.size], [mode, 48]);
  }
  same('by class', (await files.list('/sys/class/misc/tdx_guest/measurements')).length, 8);
});

const clipped = onTdx(async ({ files }) => {
  const before = await readFile(files, RTMR(2));
  await withFile(files, RTMR(2), 'write', async (file) => {
    same('bytes taken of 49', await file.write(filled(49, 0)), 48);
    await refused('EFBIG', 'a write behind the end', () => file.write(filled(1, 0)));
  });
  same('rtmr2', await readFile(files, RTMR(2)), extended(before, ZERO, AFTER_ZEROS));
});

const unchanged = (write: (path: string, subject: Subject) => Promise<void>) =>
  onTdx(async (subject) => {
    const before = await readFile(subject.files, RTMR(2));
    await write(RTMR(2), subject);
    same('rtmr2', await readFile(subject.files, RTMR(2)), before);
  });

const partialReads = onTdx(async ({ files }) => {
  await withFile(files, RTMR(2), 'read', async (file) => {
    same('10 bytes at 40', (await file.read(10, 40)).length, 8);
    same('10 bytes at 48', (await file.read(10, 48)).length, 0);
  });
});

/** A TDX guest whose TDREPORTs are counted, and can fail. The first one, at the driver's start, is not counted. */
async function watched(
  { start }: Stage,
  change: (hardware: TdxHardware) => Partial<TdxHardware> = () => ({}),
) {
  const watch = { refreshes: 0, fail: false };
  let started = false;
  const wrap = {
    tdx: (hardware: TdxHardware): TdxHardware => ({
      ...hardware,
      ...change(hardware),
      tdReport(reportData) {
        if (started) watch.refreshes++;
        if (watch.fail) throw errno('EIO', 'TDG.MR.REPORT fails');
        return hardware.tdReport(reportData);
      },
    }),
  };
  const subject = await start({ provider: 'tdx', wrap });
  started = true;
  return { ...subject, inside: insideOf(subject), watch };
}

async function refreshedOnce(stage: Stage): Promise<void> {
  const { files, watch } = await watched(stage);
  await readFile(files, RTMR(0));
  await readFile(files, RTMR(0));
  same('refreshes', watch.refreshes, 1);
}

async function groupWide(stage: Stage): Promise<void> {
  const { files, watch } = await watched(stage);
  await readFile(files, RTMR(0));
  await writeFile(files, RTMR(3), ZERO);
  await readFile(files, RTMR(0));
  same('refreshes', watch.refreshes, 2);
}

async function staticNever(stage: Stage): Promise<void> {
  const { files, watch } = await watched(stage);
  await readFile(files, MRTD);
  await writeFile(files, RTMR(3), ZERO);
  await readFile(files, MRTD);
  same('refreshes', watch.refreshes, 0);
}

async function refreshFails(stage: Stage): Promise<void> {
  const { files, watch } = await watched(stage);
  watch.fail = true;
  await refused('EIO', 'read', () => readFile(files, RTMR(0)));
  watch.fail = false;
  same('the next read', await readFile(files, RTMR(0)), ZERO);
}

async function extendFails(stage: Stage): Promise<void> {
  let failing = false;
  const { files, watch } = await watched(stage, ({ extend }) => ({
    extend(register, value) {
      if (failing) throw errno('EBUSY', 'TDG.MR.RTMR.EXTEND fails');
      extend(register, value);
    },
  }));
  await readFile(files, RTMR(0));
  failing = true;
  await refused('EBUSY', 'write', () => writeFile(files, RTMR(3), ZERO));
  same('rtmr3', await readFile(files, RTMR(3)), ZERO);
  same('refreshes', watch.refreshes, 1);
}

async function behindTheLibrary(stage: Stage): Promise<void> {
  let extend: TdxHardware['extend'] = () => undefined;
  const { files } = await watched(stage, (hardware) => {
    extend = (...all) => hardware.extend(...all);
    return {};
  });
  same('rtmr1', await readFile(files, RTMR(1)), ZERO);
  extend('rtmr1', ZERO);
  same('rtmr1, changed behind the library', await readFile(files, RTMR(1)), ZERO);
  await writeFile(files, RTMR(3), ZERO);
  same('rtmr1 after a write to the group', await readFile(files, RTMR(1)), hex(AFTER_ZEROS));
}

async function sharedBuffer(stage: Stage): Promise<void> {
  let extend: TdxHardware['extend'] = () => undefined;
  const { files, watch } = await watched(stage, (hardware) => {
    extend = (...all) => hardware.extend(...all);
    return {};
  });
  await readFile(files, RTMR(1));
  extend('rtmr1', ZERO);
  await withFile(files, '/dev/tdx_guest', 'both', (file) => file.ioctl(TDX_CMD_GET_REPORT0, filled(1088, 0)));
  const before = watch.refreshes;
  same('rtmr1', await readFile(files, RTMR(1)), hex(AFTER_ZEROS));
  same('refreshes of the read', watch.refreshes - before, 0);
}

async function twoReaders(stage: Stage): Promise<void> {
  const subject = await watched(stage);
  const reader = async (files: Subject['files']): Promise<void> => {
    same('rtmr0', await readFile(files, RTMR(0)), ZERO);
  };
  await subject.together([reader, reader]);
  same('refreshes', subject.watch.refreshes, 1);
}

const { NOHASH, WRITABLE, READABLE, LIVE } = MR_FLAGS;
const SHA256 = HASH_NAMES.indexOf('sha256');
const SHA384 = HASH_NAMES.indexOf('sha384');
const x = { name: 'x', size: 48, flags: READABLE, hash: SHA384 };

function declared(
  registers: KernelMeasurements['registers'],
  more: Partial<KernelMeasurements> = {},
): KernelMeasurements {
  return { name: 'lab', registers, read: () => ZERO, ...more };
}

async function wrongGroups({ start }: Stage): Promise<void> {
  insideOf(await start({}));
  const write = (): void => undefined;
  const wrong: [string, KernelMeasurements | null][] = [
    ['a live register without refresh', declared([{ ...x, flags: READABLE | LIVE }])],
    ['a writable register without write', declared([{ ...x, flags: READABLE | WRITABLE }])],
    ['no name', declared([{ ...x, name: null }])],
    ['a hash out of range', declared([{ ...x, hash: HASH_NAMES.length }])],
    ['no list', declared(null)],
    ['nothing', null],
  ];
  for (const [what, one] of wrong) await refused('EINVAL', what, () => measurementSource(one));
  measurementSource(declared([{ ...x, flags: READABLE | MR_FLAGS.RTMR }], { write, refresh: write }));
}

async function agility({ start }: Stage): Promise<void> {
  const subject = await start({});
  const { tsm } = insideOf(subject).guest;
  const plug = (registers: KernelMeasurements['registers']) =>
    tsm.registerMeasurements(measurementSource(declared(registers)));
  const undo = plug([{ ...x, hash: SHA256, size: 32 }, x]);
  same('files', await subject.files.list(`${DEVICES}/lab/measurements`), ['x:sha256', 'x:sha384']);
  undo();
  await refused('EINVAL', 'two of one name and hash', () => plug([x, x]));
  plug([{ ...x, flags: READABLE | NOHASH }, x]);
  same('files', await subject.files.list(`${DEVICES}/lab/measurements`), ['x', 'x:sha384']);
}

/** The kernel's sample provider, loaded. */
const onSample =
  (check: (subject: Subject, at: (register: string) => string) => Promise<void>) =>
  async ({ start }: Stage): Promise<void> => {
    const subject = await start({});
    const { guest, digests } = insideOf(subject);
    const sample: MeasurementSource = sampleMeasurements(digests);
    guest.tsm.registerMeasurements(sample);
    await check(subject, (register) => `${DEVICES}/tsm_mr_sample/measurements/${register}`);
  };

const SAMPLE: Readonly<Record<string, readonly [mode: string, size: number]>> = {
  'static_mr:sha384': ['444', 48],
  config_mr: ['444', 64],
  'rtmr0:sha256': ['444', 32],
  'rtmr1:sha384': ['644', 48],
  'rtmr_crypto_agile:sha256': ['644', 32],
  'rtmr_crypto_agile:sha384': ['644', 48],
  'report_digest:sha512': ['444', 64],
};
const REPORT_DIGEST =
  '106d079f9954b62443dc0595906460dba92ce1398aeeb6430e27ac5704322307cdd16d1512d7cbae214c99ff484f7bb5d8bb267d1f4f4d5cd75f4f77fe3d63cf';
const SAMPLE_RTMR1 =
  '5981610c834136299064ad2ed2d42ceb3f9a8bfb902d9e82842bb3e9c9e049b05635ad21b5f6fec9c1acb962ec4cbce2';
const SAMPLE_REPORT_DIGEST =
  '44fb67b49be39f593ac9425196c06fd7bc87fe3e5b738698937e16015752e04e35b5ff0111be2d3af1eec8f6d4c8196bad44bbd8b8852e52a7c56cffb887b803';
const SAMPLE_RTMR0 = 'b759ae1acbd1d240deb127afd4584118f7804af6cd06e49099f011e07d95b73a';

export const REGISTER_CASES: readonly Case[] = [
  add(95, 'M', 'TDX has eight registers of 48 bytes', layout),
  add(96, 'M', 'a write extends by what is written', writes(HELLO, AFTER_HELLO)),
  add(97, 'M', 'zeros extend too', writes(ZERO, AFTER_ZEROS)),
  add(
    ...([98, 'M', '47 bytes are EINVAL'] as const),
    unchanged((path, { files }) =>
      refused('EINVAL', '47 bytes', () => writeFile(files, path, filled(47, 0))),
    ),
  ),
  add(99, 'M', '49 bytes are clipped to 48, and extend', clipped),
  add(
    ...([100, 'M', 'a write in the middle is EINVAL'] as const),
    unchanged((path, { files }) =>
      withFile(files, path, 'write', (file) =>
        refused('EINVAL', '24 bytes at 24', () => file.write(filled(24, 0), 24)),
      ),
    ),
  ),
  add(
    ...([101, 'M', 'a write of no bytes does nothing'] as const),
    unchanged(async (path, { files }) =>
      same('bytes taken', await writeFile(files, path, new Uint8Array(0)), 0),
    ),
  ),
  add(
    102,
    'M',
    'a static register cannot be opened for writing',
    onTdx(({ files }) => refused('EACCES', 'mrtd', () => files.open(MRTD, 'write'))),
  ),
  add(103, 'M', 'reads know their offset', partialReads),
  add(104, 'M', 'two reads without a write cause one refresh', refreshedOnce),
  add(105, 'M', 'a write to one register makes all stale', groupWide),
  add(106, 'M', 'reading a static register refreshes nothing', staticNever),
  add(107, 'M', 'a refresh that fails is tried again', refreshFails),
  add(108, 'M', 'an extend that fails leaves what was in sync', extendFails),
  add(109, 'M', 'registers that are not complete are EINVAL', wrongGroups),
  add(110, 'M', 'one name may have several hashes', agility),
  add(111, 'M', 'without a hash its number is not looked at', async ({ start }) => {
    insideOf(await start({}));
    const { registers } = measurementSource(declared([{ ...x, flags: READABLE | NOHASH, hash: 999 }]));
    same('algorithm', registers[0]?.algorithm, null);
  }),
  add(112, 'M', 'numbers of the flags', async ({ start }) => {
    insideOf(await start({}));
    same('flags', MR_FLAGS, { NOHASH: 1, WRITABLE: 2, READABLE: 4, LIVE: 8, RTMR: 10 });
  }),
  add(
    ...([113, 'M', "files of the kernel's sample"] as const),
    onSample(async ({ files }, at) => {
      same('files', (await files.list(at(''))).sort(), Object.keys(SAMPLE).sort());
      for (const [name, expected] of Object.entries(SAMPLE)) {
        const { mode, size } = await files.stat(at(name));
        same(name, [mode.toString(8), size], [...expected]);
      }
    }),
  ),
  add(
    ...([114, 'M', 'first report digest of the sample'] as const),
    onSample(async ({ files }, at) =>
      same('report_digest', await readFile(files, at('report_digest:sha512')), hex(REPORT_DIGEST)),
    ),
  ),
  add(
    ...([115, 'M', 'the sample after a write to rtmr1'] as const),
    onSample(async ({ files }, at) => {
      await writeFile(files, at('rtmr1:sha384'), ZERO);
      same('rtmr1', await readFile(files, at('rtmr1:sha384')), hex(SAMPLE_RTMR1));
      same('report_digest', await readFile(files, at('report_digest:sha512')), hex(SAMPLE_REPORT_DIGEST));
    }),
  ),
  add(
    ...([116, 'M', 'an agile register shares its storage'] as const),
    onSample(async ({ files }, at) => {
      await writeFile(files, at('rtmr_crypto_agile:sha256'), filled(32, 0xff));
      same('rtmr0', await readFile(files, at('rtmr0:sha256')), hex(SAMPLE_RTMR0));
    }),
  ),
  add(117, 'D', 'a change behind the library is not seen until a write', behindTheLibrary),
  add(163, 'D', 'TDX_CMD_GET_REPORT0 refreshes the registers in passing', sharedBuffer),
  add(164, 'D', 'two readers of a stale register cause one refresh', twoReaders),
];
