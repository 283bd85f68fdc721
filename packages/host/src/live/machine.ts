/** The machine that this program runs in: the kernel's files as a `Machine`. Read-only unless it is asked otherwise. */
import { CCEL_PATH } from '@tsm/abi';
import { readFile, type KitFiles } from '@tsm/abi/kit';
import {
  findRegister,
  registerAddress,
  TsmError,
  utf8Text,
  type Appended,
  type Digests,
  type Machine,
  type MachineChange,
  type MintedCollateral,
  type Provider,
  type RegisterSpec,
  type Report,
  type ReportRequest,
} from '@tsm/core';
import { appendText, startText } from '@tsm/eventlog';
import { registersOfEvidence } from './evidence.ts';
import { findTsm, ifThere, type FoundTsm } from './find.ts';
import { registersBelow, type LiveRegister } from './registers.ts';
import { takeReport, type Asking } from './report.ts';
import { registersByIndex } from './rtmrs.ts';

/** Binary first: the text form leaves out what its templates cannot show. */
const IMA_PATHS = ['binary_runtime_measurements', 'ascii_runtime_measurements'].map(
  (name) => `/sys/kernel/security/ima/${name}`,
);

export interface LiveSetting extends Asking {
  readonly providers: readonly Provider[];
  readonly digests: Digests;
  /** An extend cannot be undone: without this it is refused. */
  readonly allowExtend: boolean;
}

export class LiveMachine implements Machine {
  readonly id = 'live';
  readonly source = 'live';
  readonly provider: string;
  readonly registers: readonly RegisterSpec[];
  private readonly found: FoundTsm;
  private readonly setting: LiveSetting;
  private readonly live: readonly LiveRegister[];
  private readonly listeners = new Set<(change: MachineChange) => void>();

  constructor(setting: LiveSetting, found: FoundTsm, provider: string, live: readonly LiveRegister[]) {
    this.setting = setting;
    this.found = found;
    this.provider = provider;
    this.live = live;
    this.registers = live.map(({ spec }) => spec);
  }

  read(register: string): Promise<Uint8Array> {
    return this.register(register).then((one) => one.read());
  }

  /** `EPERM` unless extends are allowed, `EINVAL` for what cannot be extended, or by another size. */
  async extend(register: string, digest: Uint8Array): Promise<void> {
    const one = await this.register(register);
    const { name, size } = one.spec;
    if (!one.extend) throw new TsmError('EINVAL', `${name}: this kernel does not let it be extended`);
    this.checkAllowed(name);
    if (digest.length !== size)
      throw new TsmError('EINVAL', `${name}: expected ${String(size)} bytes, got ${String(digest.length)}`);
    await one.extend(digest);
    this.tell({ kind: 'extended', register, value: await one.read() });
  }

  /** `EOPNOTSUPP` where the kernel keeps no log: extend by the digest, and keep the log in user space. */
  async append(register: string, event: string): Promise<Appended> {
    const { spec, append, log, read } = await this.register(register);
    const { name, algorithm } = spec;
    if (!append || !log || algorithm === null)
      throw new TsmError(
        'EOPNOTSUPP',
        `${name}: this kernel keeps no log of it; extend it by a digest instead`,
      );
    this.checkAllowed(name);
    const before = (await log()).length;
    await append(event);
    const value = await read();
    const logged = utf8Text((await log()).subarray(before));
    const inSync = { ...startText('rfc', algorithm, value), inSync: true };
    const digest = appendText(inSync, event, this.setting.digests).extends.at(-1) ?? new Uint8Array(0);
    this.tell({ kind: 'logged', register, text: logged });
    this.tell({ kind: 'extended', register, value });
    return { register, logged, digest, value };
  }

  firmwareLog(): Promise<Uint8Array | undefined> {
    return this.optional(CCEL_PATH);
  }

  /** The kernel's measurements of files (IMA); undefined when it keeps none. */
  async imaLog(): Promise<Uint8Array | undefined> {
    for (const path of IMA_PATHS) {
      const log = await this.optional(path);
      if (log) return log;
    }
    return undefined;
  }

  async eventLog(register: string): Promise<Uint8Array> {
    const { log } = await this.register(register);
    return log ? log() : new Uint8Array(0);
  }

  report(request: ReportRequest): Promise<Report> {
    if (!this.found.reports)
      return Promise.reject(
        new TsmError(
          'ENXIO',
          `${this.found.driver}: no report driver; is configfs mounted, and the driver loaded?`,
        ),
      );
    return takeReport(this.setting, request);
  }

  /** What verifiers need is the vendor's to give. */
  collateral(): Promise<MintedCollateral | undefined> {
    return Promise.resolve(undefined);
  }

  /** Tells of changes that are made through this object: the kernel tells of none. */
  subscribe(listener: (change: MachineChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private register(address: string): Promise<LiveRegister> {
    const spec = findRegister(this.registers, address);
    const found = this.live.find((one) => one.spec === spec);
    if (found) return Promise.resolve(found);
    const names = this.registers.map((one) => registerAddress(this.registers, one)).join(', ');
    const there = names === '' ? 'this kernel shows none' : `there are ${names}`;
    return Promise.reject(new TsmError('EINVAL', `no register ${address}: ${there}`));
  }

  private checkAllowed(name: string): void {
    if (!this.setting.allowExtend)
      throw new TsmError(
        'EPERM',
        `${name}: this is a live machine, and an extend cannot be undone: allow it with --allow-extend`,
      );
  }

  private optional(path: string): Promise<Uint8Array | undefined> {
    return ifThere(() => readFile(this.setting.files, path));
  }

  private tell(change: MachineChange): void {
    for (const listener of this.listeners) listener(change);
  }
}

function registersOf(
  files: KitFiles,
  { registers: place, reports }: FoundTsm,
  [provider, asking]: readonly [Provider | undefined, Asking],
): Promise<readonly LiveRegister[]> | readonly LiveRegister[] {
  if (!place) return reports ? registersOfEvidence(provider, (request) => takeReport(asking, request)) : [];
  if (place.view === 'rtmrs') return registersByIndex(files, place.path, provider, asking.item);
  return registersBelow(files, place.path, provider);
}

/** Looks for the TSM, and opens it. `ENODEV` where there is none. A driver that no provider is for is shown as it is. */
export async function liveMachine(setting: LiveSetting): Promise<LiveMachine> {
  const { files, providers, item } = setting;
  const found = await findTsm(files, item());
  const provider = providers.find(({ id, report }) => (report?.name ?? `${id}_guest`) === found.driver);
  const live = await registersOf(files, found, [provider, setting]);
  return new LiveMachine(setting, found, provider?.id ?? found.driver, live);
}
