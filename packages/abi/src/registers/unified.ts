/**
 * The tree that reviewers of the postings asked for: every register of every technology a directory with its log, aliases
 * by role, firmware events split by register, and one log over all of them.
 */
import {
  concatAll,
  utf8Bytes,
  utf8Text,
  type Digests,
  type MeasurementSource,
  type RegisterSpec,
  type Tsm,
} from '@tsm/core';
import { sysfsContent, sysfsText } from '../files/sysfs.ts';
import { directory, link, type DirectoryNode, type Node, type Planted } from '../node.ts';
import { splitFirmwareLog } from './firmware-log.ts';
import { following } from './following.ts';
import type { MeasurementGroup } from './group.ts';
import { registerFile } from './measurements.ts';
import { TextLogs } from './text-logs.ts';

/** Where it hangs. */
export const UNIFIED_ROOTS = {
  sysfs: '/sys/kernel/tsm',
  configfs: '/sys/kernel/config/tsm/registers',
  securityfs: '/sys/kernel/security/tsm',
} as const;
export type UnifiedRoot = keyof typeof UNIFIED_ROOTS;

interface Setting {
  readonly tsm: Tsm;
  readonly digests: Digests;
  readonly firmwareLog: Uint8Array | undefined;
  readonly unifiedRoot: UnifiedRoot;
  readonly group: (source: MeasurementSource) => MeasurementGroup;
}

/** What one step added to the log of one bank. */
interface Added {
  /** Path of the bank. */
  readonly path: string;
  readonly lines: readonly string[];
}

/** The lines of all logs in the order in which they were written, each after the path of its register. */
class GlobalLog {
  private readonly parts: Uint8Array[] = [];
  private readonly logs: TextLogs[] = [];

  /** Logs whose steps are added here, and may be kept elsewhere. */
  include(logs: TextLogs): void {
    this.logs.push(logs);
  }

  /** Banks of one register that got the same line have it once, under the path of the register. */
  add(register: string, banks: readonly Added[]): void {
    const count = Math.max(0, ...banks.map(({ lines }) => lines.length));
    for (let i = 0; i < count; i++) {
      const rows = banks.map(({ path, lines }) => [path, lines[i] ?? ''] as const);
      const [first] = rows;
      const shared = rows.length > 1 && rows.every(([, line]) => line === first?.[1]);
      const shown = shared && first ? [[register, first[1]] as const] : rows;
      this.parts.push(utf8Bytes(shown.map(([path, line]) => `${path} ${line}\n`).join('')));
    }
  }

  bytes(): Uint8Array {
    for (const logs of this.logs) logs.follow();
    return concatAll(this.parts);
  }
}

const linesOf = (added: Uint8Array): string[] =>
  utf8Text(added)
    .split('\n')
    .filter((line) => line !== '');

/** Registers of one source as directories. */
class SourceView {
  private readonly group: MeasurementGroup;
  private readonly logs: TextLogs;
  private readonly firmwareLog: Uint8Array | undefined;

  constructor({ digests, firmwareLog }: Setting, group: MeasurementGroup, global: GlobalLog) {
    this.group = group;
    this.firmwareLog = firmwareLog;
    this.logs = new TextLogs(group, digests, (steps) => {
      const banks = steps.map(([register, added]) => ({
        path: this.pathOf(register),
        lines: linesOf(added),
      }));
      global.add(`${group.source.name}/${steps[0]?.[0].name ?? ''}`, banks);
    });
    global.include(this.logs);
  }

  directory(): DirectoryNode {
    const names = [...new Set(this.group.registers.map(({ name }) => name))];
    return directory(names.map((name) => [name, this.register(this.banksOf(name))]));
  }

  private banksOf(name: string): RegisterSpec[] {
    return this.group.registers.filter((one) => one.name === name);
  }

  /** `tdx_guest/rtmr0`, or with its hash where banks share the name. */
  private pathOf({ name, algorithm }: RegisterSpec): string {
    const path = `${this.group.source.name}/${name}`;
    return this.banksOf(name).length > 1 ? `${path}/${algorithm ?? 'none'}` : path;
  }

  private register(banks: readonly RegisterSpec[]): DirectoryNode {
    const [first] = banks;
    if (banks.length === 1 && first) return directory([...this.bank(first), ...this.appendFile(banks)]);
    const inner = banks.map((bank): [string, Node] => [bank.algorithm ?? 'none', directory(this.bank(bank))]);
    return directory([...inner, ...this.appendFile(banks)]);
  }

  private bank(register: RegisterSpec): [string, Node][] {
    const { algorithm, extensible, initialLog, numbers } = register;
    // What the guest driver supplied for a register that nobody writes to may be of any format.
    const written = (): Uint8Array =>
      extensible ? this.logs.bytes(register) : (initialLog?.bytes ?? new Uint8Array(0));
    const firmware = this.firmwareLog;
    const split = (): Uint8Array =>
      splitFirmwareLog(firmware ?? new Uint8Array(0)).get(numbers.ccMr ?? -1) ?? new Uint8Array(0);
    return [
      ['digest', registerFile(this.group, register, (value) => this.logs.extend(register, value))],
      ['hash_algo', sysfsText(0o444, () => algorithm ?? 'none')],
      ['event_log', sysfsContent(0o444, written)],
      ...(firmware && numbers.ccMr !== undefined
        ? [['firmware_event_log', sysfsContent(0o444, split)] as [string, Node]]
        : []),
    ];
  }

  /** Several banks: only where they can be extended together. */
  private appendFile(banks: readonly RegisterSpec[]): [string, Node][] {
    const [first] = banks;
    const able = banks.every(({ extensible }) => extensible);
    if (!first || !able || (banks.length > 1 && !this.group.source.extendAll)) return [];
    const append = (bytes: Uint8Array): void => {
      if (banks.length === 1) this.logs.append(first, bytes);
      else this.logs.appendToBanks(banks, bytes);
    };
    return [['append_event', sysfsText(0o200, undefined, append)]];
  }
}

/** Roles are the same for all technologies; of several registers with one role the first has the alias. */
function byRole(tsm: Tsm): DirectoryNode {
  const links = new Map<string, Node>();
  const linkTo = (target: string): Node => {
    const known = links.get(target) ?? link(target);
    links.set(target, known);
    return known;
  };
  return {
    kind: 'directory',
    mode: 0o755,
    entries() {
      const roles = new Map<string, Node>();
      for (const { name, registers } of tsm.measurements) {
        for (const register of registers.filter(({ role }) => role !== 'other')) {
          if (!roles.has(register.role)) roles.set(register.role, linkTo(`../${name}/${register.name}`));
        }
      }
      return roles;
    },
  };
}

export function placeUnified(root: Planted, setting: Setting): void {
  const { tsm, unifiedRoot, group } = setting;
  const global = new GlobalLog();
  const sources = following(tsm, (source) => new SourceView(setting, group(source), global).directory());
  const log = sysfsContent(0o444, () => global.bytes());
  const roles = byRole(tsm);
  root.place(UNIFIED_ROOTS[unifiedRoot], {
    kind: 'directory',
    mode: 0o755,
    entries: () => new Map<string, Node>([['event_log', log], ['by-role', roles], ...sources.entries()]),
  });
}
