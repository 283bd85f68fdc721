/** Group K: what reviewers asked for, across vendors. */
import {
  defineRegister,
  equalBytes,
  extendDigest,
  portableDigests,
  utf8Bytes,
  utf8Text,
  type MeasurementSource,
} from '@tsm/core';
import { decodeLog, encodeAgileLog, replay, type TcgEvent } from '@tsm/eventlog';
import { errno } from '../../errno.ts';
import { checkStart } from '../../golden-start.ts';
import { group } from '../case.ts';
import { filled, holds, refused, same } from '../expect.ts';
import { NotShown, type Case, type Given, type KitFiles, type Stage } from '../model.ts';
import { insideOf, readFile, writeFile } from '../report-item.ts';

const add = group('K', () => false, ['unified']);
const ROOT = '/sys/kernel/tsm';
const ZERO = filled(48, 0);
const UNIFORM = ['digest', 'event_log', 'hash_algo'];

/** Files of a register that all technologies have: the last three are those that are there for some only. */
async function isUniform(files: KitFiles, path: string): Promise<void> {
  const found = await files.list(path);
  same(
    path,
    UNIFORM.filter((name) => !found.includes(name)),
    [],
  );
  const algorithm = utf8Text(await readFile(files, `${path}/hash_algo`));
  const value = await readFile(files, `${path}/digest`);
  holds(`${path} has a value`, value.length > 0);
  holds(
    `${path} names its hash`,
    algorithm === 'none' || portableDigests.digest(algorithm as 'sha256', value).length > 0,
  );
}

async function aliases({ start }: Stage): Promise<void> {
  const names = { tdx: 'tdx_guest', snp: 'sev_guest', cca: 'arm_cca_guest' } as const;
  for (const [provider, name] of Object.entries(names)) {
    const subject = await start({ provider: provider as keyof typeof names });
    const registers = await subject.files.list(`${ROOT}/${name}`);
    const declared = subject.inside?.provider(provider as keyof typeof names).registers;
    if (declared)
      same(
        `registers of ${provider}`,
        registers,
        declared.map((one) => one.name),
      );
    for (const register of registers) await isUniform(subject.files, `${ROOT}/${name}/${register}`);
    const roles = await subject.files.list(`${ROOT}/by-role`);
    holds(`${provider} has a launch register`, roles.includes('launch'));
    for (const role of roles) await isUniform(subject.files, `${ROOT}/by-role/${role}`);
    const native = `/sys/devices/virtual/misc/${name}/measurements`;
    same('native names', (await subject.files.list(native)).length, registers.length);
  }
}

/** A boot of three registers, padded. */
function firmwareLog(padding: 0 | 0xff): { log: Uint8Array; events: readonly TcgEvent[] } {
  const events = [1, 2, 1, 3, 2].map((register, i): TcgEvent => {
    const data = utf8Bytes(`event ${String(i)}`);
    return { register, type: 5, data, digests: { sha384: portableDigests.digest('sha384', data) } };
  });
  return { log: encodeAgileLog(['sha384'], events, { headerRegister: 1, area: 4096, padding }), events };
}

async function splitLog({ start }: Stage): Promise<void> {
  for (const padding of [0, 0xff] as const) {
    const { log, events } = firmwareLog(padding);
    const { files } = await start({ provider: 'tdx', firmwareLog: log });
    for (const { register, digests } of events)
      await writeFile(files, `${ROOT}/tdx_guest/rtmr${String(register - 1)}/digest`, digests.sha384 ?? ZERO);
    for (const rtmr of [0, 1, 2]) {
      const at = `${ROOT}/tdx_guest/rtmr${String(rtmr)}`;
      const part = decodeLog(await readFile(files, `${at}/firmware_event_log`));
      const own = events.filter(({ register }) => register === rtmr + 1);
      same(`events of rtmr${String(rtmr)}`, part.count, own.length + 1);
      const value = replay(part).registers.find(({ register }) => register === rtmr + 1)?.value;
      same(`replay of rtmr${String(rtmr)}`, value, await readFile(files, `${at}/digest`));
    }
    same('CCEL', await readFile(files, '/sys/firmware/acpi/tables/data/CCEL'), log);
  }
  const broken = firmwareLog(0).log;
  broken.set(filled(16, 0x55), 32);
  const given: Given = { provider: 'tdx', firmwareLog: broken };
  const { files } = await start(given);
  await refused('EINVAL', 'a broken header', () =>
    readFile(files, `${ROOT}/tdx_guest/rtmr0/firmware_event_log`),
  );
}

/** Two banks of one register, extended together or not at all. */
class TwoBanks implements MeasurementSource {
  readonly name = 'banks';
  readonly registers = [
    defineRegister({ name: 'x', algorithm: 'sha256', kind: 'runtime', live: false }),
    defineRegister({ name: 'x', algorithm: 'sha384', kind: 'runtime', live: false }),
  ];
  failing = false;
  private values = new Map<string, Uint8Array>([
    ['x:sha256', filled(32, 0)],
    ['x:sha384', ZERO],
  ]);

  read(register: string): Uint8Array {
    return this.values.get(register) ?? ZERO;
  }

  extend(register: string, value: Uint8Array): void {
    const algorithm = register === 'x:sha256' ? 'sha256' : 'sha384';
    this.values.set(register, extendDigest(portableDigests, algorithm, this.read(register), value));
  }

  extendAll(values: readonly (readonly [string, Uint8Array])[]): void {
    if (this.failing) throw errno('EIO', 'the second bank fails');
    for (const [register, value] of values) this.extend(register, value);
  }
}

async function banksTogether({ start }: Stage): Promise<void> {
  const subject = await start({});
  const source = new TwoBanks();
  insideOf(subject).guest.tsm.registerMeasurements(source);
  const { files } = subject;
  const at = `${ROOT}/banks/x`;
  const state = async () => {
    const paths = ['sha256/digest', 'sha384/digest', 'sha256/event_log', 'sha384/event_log'].map(
      (file) => `${at}/${file}`,
    );
    const all = [];
    for (const path of [...paths, `${ROOT}/event_log`]) all.push([...(await readFile(files, path))]);
    return all;
  };
  await writeFile(files, `${at}/append_event`, 'example.com/app start');
  for (const bank of ['sha256', 'sha384']) {
    const log = decodeLog(await readFile(files, `${at}/${bank}/event_log`));
    same(`replay of ${bank}`, replay(log).registers[0]?.value, await readFile(files, `${at}/${bank}/digest`));
  }
  const lines = utf8Text(await readFile(files, `${ROOT}/event_log`)).split('\n');
  same('records of the event', lines.filter((line) => line.endsWith('example.com/app start')).length, 1);
  const before = await state();
  source.failing = true;
  await refused('EIO', 'append', () => writeFile(files, `${at}/append_event`, 'lost'));
  same('everything after a failure', await state(), before);
}

async function goldenStart({ start }: Stage): Promise<void> {
  const { inside } = await start({});
  if (!inside) throw new NotShown('a rule for verifiers: no file of the tree shows it');
  const log = decodeLog(utf8Bytes(`INIT sha384/${'ab'.repeat(48)}\nexample.com/app start v1\n`));
  same('a start that is known', checkStart(log, [ZERO, filled(48, 0xab)]).length, 0);
  same('a start that is not', checkStart(log, [ZERO])[0]?.code, 'log.start-not-golden');
  const without = decodeLog(utf8Bytes('example.com/app start v1\n'), { dialect: 'rfc' });
  same('no start at all', checkStart(without, [ZERO]).length, 1);
  holds('the value is the one of the log', equalBytes(log.start(0, 'sha384') ?? ZERO, filled(48, 0xab)));
}

export const CROSS_CASES: readonly Case[] = [
  add(159, 'S', 'every register of every provider looks the same', aliases),
  add(160, 'S', 'the firmware log, split by register', splitLog),
  add(161, 'S', 'an event for two banks is all or nothing, and one record', banksTogether),
  add(162, 'S', 'a log that begins at an unknown value is refused', goldenStart, {
    profiles: ['7.0'],
    holds: () => true,
  }),
];
