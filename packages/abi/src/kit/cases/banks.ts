/** Group H: the register banks of Feb 2025. */
import { concat, extendDigest, portableDigests, type AlgorithmName } from '@tsm/core';
import { errno } from '../../errno.ts';
import { BANK_FLAGS, type BankMeasurements } from '../../registers/banks.ts';
import { HASH_NAMES, type KernelRegister } from '../../registers/kernel.ts';
import { group } from '../case.ts';
import { filled, refused, same } from '../expect.ts';
import type { Case, Given, Stage, Subject } from '../model.ts';
import { insideOf, readFile, withFile, writeFile } from '../report-item.ts';

const add = group('H', () => false, ['mr-v2-2025']);
const LAB = '/sys/kernel/tsm/lab';
const { X, W, R, L, F, RTMR } = BANK_FLAGS;
const SIZES = { sha256: 32, sha384: 48 } as const;

function register(
  name: string | null,
  flags: number,
  algorithm: keyof typeof SIZES = 'sha384',
): KernelRegister {
  return { name, flags, size: SIZES[algorithm], hash: HASH_NAMES.indexOf(algorithm) };
}

/** A provider whose registers begin at zero. Operations: refresh does nothing. */
class Lab implements BankMeasurements {
  readonly name = 'lab';
  readonly registers: readonly KernelRegister[];
  private readonly values = new Map<string, Uint8Array>();

  constructor(...registers: readonly KernelRegister[]) {
    this.registers = registers;
  }

  read(name: string): Uint8Array {
    const size = this.spec(name).size;
    return this.values.get(name) ?? new Uint8Array(size);
  }

  refresh(): void {
    // Values are always up to date.
  }

  extend(name: string, value: Uint8Array): void {
    const algorithm = HASH_NAMES[this.spec(name).hash] as AlgorithmName;
    this.values.set(name, extendDigest(portableDigests, algorithm, this.read(name), value));
  }

  overwrite(name: string, value: Uint8Array): void {
    this.values.set(name, value.slice());
  }

  /** By name, or by name and hash where banks share the name. */
  private spec(name: string): KernelRegister {
    const found = this.registers.find(
      (one) => name === one.name || name === `${String(one.name)}:${HASH_NAMES[one.hash] ?? ''}`,
    );
    if (!found) throw new RangeError(`no register ${name}`);
    return found;
  }
}

async function withLab({ start }: Stage, lab: BankMeasurements, given: Given = {}) {
  const subject = await start(given);
  const inside = insideOf(subject);
  inside.guest.banks.register(lab);
  return { ...subject, inside };
}

async function shapes(stage: Stage): Promise<void> {
  const { files } = await withLab(stage, new Lab(register('plain', R | F), register('banked', R)));
  same('provider', (await files.list(LAB)).sort(), ['banked', 'plain']);
  same('kind of plain', (await files.stat(`${LAB}/plain`)).kind, 'file');
  same('banked', await files.list(`${LAB}/banked`), ['sha384']);
  same('bank', await files.list(`${LAB}/banked/sha384`), ['digest']);
}

const TWO_BANKS = [register('rtmr0', RTMR, 'sha256'), register('rtmr0', RTMR)] as const;

async function merged(stage: Stage): Promise<void> {
  const { files } = await withLab(stage, new Lab(...TWO_BANKS), { banks: 2 });
  same('banks', (await files.list(`${LAB}/rtmr0`)).sort(), ['sha256', 'sha384']);
  await writeFile(files, `${LAB}/rtmr0/sha256/digest`, filled(32, 0));
  same('the other bank', await readFile(files, `${LAB}/rtmr0/sha384/digest`), filled(48, 0));
  const value = portableDigests.digest('sha256', filled(64, 0));
  same('the bank that was extended', await readFile(files, `${LAB}/rtmr0/sha256/digest`), value);
}

async function bound(stage: Stage): Promise<void> {
  const { files, inside } = await withLab(stage, new Lab(...TWO_BANKS));
  same('banks', await files.list(`${LAB}/rtmr0`), ['sha256']);
  same('ENOSPC in the log', inside.guest.kernelLog.filter((line) => line.includes('ENOSPC')).length, 1);
}

async function modes(stage: Stage): Promise<void> {
  const flags = { r: R, w: R | W, x: R | X, rtmr: RTMR };
  const lab = new Lab(...Object.entries(flags).map(([name, flag]) => register(name, flag)));
  const { files } = await withLab(stage, lab);
  const mode = async (name: string) => (await files.stat(`${LAB}/${name}/sha384/digest`)).mode.toString(8);
  const found = await Promise.all(Object.keys(flags).map(mode));
  same('modes', found, ['444', '664', '664', '664']);
}

async function offsets(stage: Stage): Promise<void> {
  const { files } = await withLab(stage, new Lab(register('rtmr0', RTMR)));
  const path = `${LAB}/rtmr0/sha384/digest`;
  await withFile(files, path, 'both', async (file) => {
    same('a read at the end', (await file.read(1, 48)).length, 0);
    await refused('EINVAL', 'a read behind the end', () => file.read(1, 49));
    await refused('EINVAL', 'a write at 1', () => file.write(filled(48, 0), 1));
    await refused('EINVAL', '47 bytes', () => file.write(filled(47, 0), 0));
    await refused('EINVAL', '49 bytes', () => file.write(filled(49, 0), 0));
  });
  same('value', await readFile(files, path), filled(48, 0));
}

async function overwriting(stage: Stage): Promise<void> {
  const { files } = await withLab(stage, new Lab(register('w', R | W), register('x', R | X)));
  const at = (name: string): string => `${LAB}/${name}/sha384/digest`;
  for (const name of ['w', 'x']) await writeFile(files, at(name), filled(48, 5));
  same('W alone', await readFile(files, at('w')), filled(48, 5));
  const value = portableDigests.digest('sha384', concat(filled(48, 0), filled(48, 5)));
  same('X', await readFile(files, at('x')), value);
}

async function incomplete({ start }: Stage): Promise<void> {
  const subject: Subject = await start({});
  const { banks, kernelLog } = insideOf(subject).guest;
  const read = (): Uint8Array => filled(48, 0);
  const nothing = (): void => undefined;
  const live = [register('a', L)];
  await refused('EINVAL', 'L without refresh', () => banks.register({ name: 'a', registers: live, read }));
  const extensible = [register('b', R | X)];
  await refused('EINVAL', 'X without extend', () =>
    banks.register({ name: 'b', registers: extensible, read }),
  );
  await refused('EINVAL', 'no name', () =>
    banks.register({ name: null, registers: live, read, refresh: nothing }),
  );
  const failing = (): never => {
    throw errno('EIO', 'refresh fails');
  };
  banks.register({ name: 'c', registers: live, read, refresh: failing });
  same('registered', await subject.files.list('/sys/kernel/tsm'), ['c']);
  same('the failure in the log', kernelLog.filter((line) => line.includes('EIO')).length, 1);
}

async function unregister(stage: Stage): Promise<void> {
  const lab = new Lab(register('r', R));
  const { files, inside } = await withLab(stage, lab);
  const { banks } = inside.guest;
  await refused('ENOENT', 'another', () => banks.unregister(new Lab(register('r', R))));
  banks.unregister(lab);
  same('providers', await files.list('/sys/kernel/tsm'), []);
  await refused('ENOENT', 'the same again', () => banks.unregister(lab));
}

export const BANK_CASES: readonly Case[] = [
  add(118, 'P', 'a register is a file with F, else a directory of banks', shapes),
  add(119, 'P', 'banks of one name are merged', merged),
  add(120, 'P', 'banks above the bound are left out', bound),
  add(121, 'P', 'modes of digest', modes),
  add(122, 'P', 'reads behind the end and writes of a part are EINVAL', offsets),
  add(123, 'P', 'W overwrites, X extends', overwriting),
  add(124, 'P', 'registers that are not complete are EINVAL', incomplete),
  add(125, 'P', 'to unregister what is not registered is ENOENT', unregister),
];
