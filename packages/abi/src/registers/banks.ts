/** `/sys/kernel/tsm/PROVIDER/REGISTER[/HASH/digest]`: banks of one name merged (posting of Feb 2025, v2). */
import { type TsmError, type MeasurementSource, type RegisterSpec, type Tsm } from '@tsm/core';
import { errno, errnoOf } from '../errno.ts';
import { checkAccess, directory, type DirectoryNode, type FileNode, type Node } from '../node.ts';
import type { MeasurementGroup } from './group.ts';
import { HASH_NAMES, measurementSource, MR_FLAGS, type KernelRegister } from './kernel.ts';

/** TSM_MR_F_* of that posting: X extends, W overwrites, F is a plain file. */
export const BANK_FLAGS = { X: 1, W: 2, R: 4, L: 12, F: 16, RTMR: 13 } as const;
const LIVE_BIT = 8;

export interface BankMeasurements {
  readonly name: string | null;
  readonly registers: readonly KernelRegister[] | null;
  read(register: string): Uint8Array;
  refresh?(): void;
  extend?(register: string, value: Uint8Array): void;
  /** What a write to a register of W without X does to the driver's copy. */
  overwrite?(register: string, value: Uint8Array): void;
}

/** A source that also says which registers are plain files, and which are overwritten. */
interface BankSource extends MeasurementSource {
  readonly plainFiles: ReadonlySet<RegisterSpec>;
}

/** Surplus banks of one name: `kept` is at most `bound` of each. */
function bounded(
  registers: readonly KernelRegister[],
  bound: number,
  log: (line: string) => void,
): KernelRegister[] {
  const counts = new Map<string, number>();
  return registers.filter(({ name, flags, hash }) => {
    if (name === null || (flags & BANK_FLAGS.F) !== 0) return true;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count > bound)
      log(`tsm: ${name}/${HASH_NAMES[hash] ?? String(hash)}: ENOSPC, at most ${String(bound)} banks`);
    return count <= bound;
  });
}

/** Registers and unregisters the measurement providers of that posting. */
export class BankRegistry {
  private readonly tsm: Tsm;
  private readonly bound: number;
  private readonly log: (line: string) => void;
  private readonly undo = new Map<BankMeasurements, () => void>();

  /** `bound`: most banks of one name, 1 to 8. */
  constructor(tsm: Tsm, bound: number, log: (line: string) => void) {
    this.tsm = tsm;
    this.bound = bound;
    this.log = log;
  }

  /** `EINVAL` for what is not complete. A first refresh that fails is no obstacle. */
  register(declared: BankMeasurements): void {
    const { name, registers } = declared;
    if (name === null || registers === null) throw errno('EINVAL', 'a provider needs a name and registers');
    const kept = bounded(registers, this.bound, this.log);
    for (const one of kept) {
      if ((one.flags & LIVE_BIT) !== 0 && !declared.refresh)
        throw errno('EINVAL', `${String(one.name)}: a live register needs the operation refresh`);
      if ((one.flags & BANK_FLAGS.X) !== 0 && !declared.extend)
        throw errno('EINVAL', `${String(one.name)}: an extensible register needs the operation extend`);
    }
    const overwritten = new Set(kept.filter(isOverwritten).map((one) => one.name));
    const source = measurementSource({
      ...{ name, registers: kept.map(asMerged), read: (register) => declared.read(register) },
      ...(declared.refresh ? { refresh: () => declared.refresh?.() } : {}),
      write(register, value) {
        if (overwritten.has(register)) declared.overwrite?.(register, value);
        else declared.extend?.(register, value);
      },
    });
    const isFile = (_: RegisterSpec, i: number): boolean => ((kept[i]?.flags ?? 0) & BANK_FLAGS.F) !== 0;
    const banks: BankSource = { ...source, plainFiles: new Set(source.registers.filter(isFile)) };
    this.undo.set(declared, this.tsm.registerMeasurements(banks));
    try {
      declared.refresh?.();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.log(`tsm: ${name}: ${(error as TsmError).code} at the first refresh`);
    }
  }

  /** `ENOENT` for one that is not registered. */
  unregister(declared: BankMeasurements): void {
    const undo = this.undo.get(declared);
    if (!undo) throw errno('ENOENT', `${String(declared.name)} is not registered`);
    this.undo.delete(declared);
    undo();
  }
}

function isOverwritten({ flags }: KernelRegister): boolean {
  return (flags & BANK_FLAGS.W) !== 0 && (flags & BANK_FLAGS.X) === 0;
}

/** With the flags of the merged library. A plain file has no hash in its name. */
function asMerged({ flags, ...rest }: KernelRegister): KernelRegister {
  const writable = (flags & (BANK_FLAGS.X | BANK_FLAGS.W)) === 0 ? 0 : MR_FLAGS.WRITABLE;
  const nohash = (flags & BANK_FLAGS.F) === 0 ? 0 : MR_FLAGS.NOHASH;
  return { ...rest, flags: (flags & (MR_FLAGS.READABLE | MR_FLAGS.LIVE)) | writable | nohash };
}

/** `digest`: the whole at once. A read behind the end is `EINVAL` there. */
function digestFile(group: MeasurementGroup, register: RegisterSpec): FileNode {
  const { size, readable, extensible, name } = register;
  return {
    ...{ kind: 'file', size, seekable: true },
    mode: (readable ? 0o444 : 0) | (extensible ? 0o220 : 0),
    open(access) {
      checkAccess(access, readable, extensible);
      return {
        read(offset, count) {
          if (offset > size) throw errno('EINVAL', `${name}: expected an offset up to ${String(size)}`);
          return group.read(register).slice(offset, offset + count);
        },
        write(offset, value) {
          if (offset !== 0 || value.length !== size)
            throw errno('EINVAL', `${name}: expected ${String(size)} bytes at offset 0`);
          group.write(register, value);
          return value.length;
        },
        release: () => undefined,
      };
    },
  };
}

function isPlainFile({ source }: MeasurementGroup, register: RegisterSpec): boolean {
  const files = 'plainFiles' in source ? (source as BankSource).plainFiles : undefined;
  return files?.has(register) ?? register.algorithm === null;
}

export function bankDirectories(group: MeasurementGroup): DirectoryNode {
  const entries = new Map<string, Node>();
  for (const name of new Set(group.registers.map((one) => one.name))) {
    const banks = group.registers.filter((one) => one.name === name);
    const plain = banks.find((one) => isPlainFile(group, one));
    const hashes = banks.map((one): [string, Node] => [
      one.algorithm ?? '',
      directory([['digest', digestFile(group, one)]]),
    ]);
    entries.set(name, plain ? digestFile(group, plain) : directory(hashes));
  }
  return directory(entries);
}
