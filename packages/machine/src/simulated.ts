/** A simulated TVM: a provider's model, booted, with logs; every change goes to a journal before it happens. */
import {
  concatAll,
  createTsm,
  portableDigests,
  TsmError,
  utf8Text,
  type Appended,
  type BlobName,
  type Digests,
  type Machine,
  type MachineChange,
  type MintedCollateral,
  type Provider,
  type RegisterSpec,
  type Report,
  type ReportItem,
  type ReportRequest,
  type Signer,
} from '@tsm/core';
import { bootFirmware } from './boot.ts';
import {
  launchOf,
  type Created,
  type Extended,
  type Journal,
  type JournalEntry,
  type Logged,
} from './journal.ts';
import { LoggedRegisters, type Change, type Planned } from './registers.ts';
import { sampleBoot } from './sample-boot.ts';

export interface MachineTools {
  readonly digests?: Digests;
  readonly signer?: Signer;
}

const NO_JOURNAL: Journal = { write: () => Promise.resolve() };

function firstEntry(entries: readonly JournalEntry[]): Created {
  const [first] = entries;
  if (first?.op !== 'create')
    throw new TsmError('journal.corrupt', 'journal line 1: expected the create entry');
  return first;
}

function plan(registers: LoggedRegisters, entry: Extended | Logged): Planned {
  return entry.op === 'extend'
    ? registers.extend(entry.register, entry.digest)
    : registers.append(entry.register, entry.event);
}

/** Writes a request into a report item, in the order a client would. */
function fill(item: ReportItem, request: ReportRequest): void {
  if (request.privlevel !== undefined) item.setPrivlevel(request.privlevel);
  if (request.serviceProvider !== undefined) item.setServiceProvider(request.serviceProvider);
  if (request.serviceGuid !== undefined) item.setServiceGuid(request.serviceGuid);
  if (request.serviceManifestVersion !== undefined)
    item.setServiceManifestVersion(request.serviceManifestVersion);
  item.setInblob(request.inblob);
}

/** The firmware's log is the initial log of every register that it extends. */
function withFirmwareLog(
  registers: readonly RegisterSpec[],
  ccel: Uint8Array | undefined,
): readonly RegisterSpec[] {
  if (!ccel) return registers;
  const initialLog = { format: 'ccel', bytes: ccel };
  return registers.map((one) =>
    one.extensible && one.numbers.ccMr !== undefined ? { ...one, initialLog } : one,
  );
}

class Simulated implements Machine {
  readonly id: string;
  readonly provider: string;
  readonly source = 'simulated';
  readonly registers: readonly RegisterSpec[];
  private readonly tsm = createTsm();
  private readonly logged: LoggedRegisters;
  private readonly firmware: Uint8Array | undefined;
  private readonly mint: () => MintedCollateral | undefined;
  private readonly journal: Journal;
  private readonly listeners = new Set<(change: MachineChange) => void>();
  private last: Promise<unknown> = Promise.resolve();
  private reports = 0;

  constructor(provider: Provider, entries: readonly JournalEntry[], journal: Journal, tools: MachineTools) {
    const created = firstEntry(entries);
    if (!provider.model) throw new TsmError('ENODEV', `provider ${provider.id} has no hardware model`);
    const { digests = portableDigests, signer } = tools;
    const model = provider.model(launchOf(created), signer ? { digests, signer } : { digests });
    this.id = created.id;
    this.provider = provider.id;
    this.journal = journal;
    this.logged = new LoggedRegisters(provider.registers, model, digests);
    this.firmware = created.boot ? bootFirmware(this.logged, sampleBoot(), digests) : undefined;
    this.registers = withFirmwareLog(provider.registers, this.firmware);
    this.mint = () => model.collateral?.();
    const produce = model.report?.bind(model);
    if (provider.report && produce) this.tsm.registerReport({ driver: provider.report, produce });
    for (const entry of entries.slice(1)) if (entry.op !== 'create') plan(this.logged, entry)();
  }

  read(register: string): Promise<Uint8Array> {
    return this.inOrder(() => this.logged.read(register));
  }

  async extend(register: string, digest: Uint8Array): Promise<void> {
    await this.change({ op: 'extend', register, digest });
  }

  async append(register: string, event: string): Promise<Appended> {
    const { added, extends: digests, ...rest } = await this.change({ op: 'append', register, event });
    return { ...rest, logged: utf8Text(added), digest: digests.at(-1) ?? new Uint8Array(0) };
  }

  firmwareLog(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.firmware);
  }

  eventLog(register: string): Promise<Uint8Array> {
    return this.inOrder(() => concatAll(this.logged.log(register)));
  }

  report(request: ReportRequest): Promise<Report> {
    return this.inOrder(() => {
      const name = `report${this.reports++}`;
      const item = this.tsm.createItem(name);
      try {
        fill(item, request);
        const blob = (key: BlobName) => (item.read(key).length > 0 ? { [key]: item.read(key) } : {});
        return {
          outblob: item.read('outblob'),
          ...blob('auxblob'),
          ...blob('manifestblob'),
          generation: item.generation,
        };
      } finally {
        this.tsm.removeItem(name);
      }
    });
  }

  collateral(): Promise<MintedCollateral | undefined> {
    return this.inOrder(() => this.mint());
  }

  subscribe(listener: (change: MachineChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** One after another, whatever the callers do at the same time. */
  private inOrder<T>(action: () => T | Promise<T>): Promise<T> {
    const next = this.last.then(action);
    // The next caller must not fail because this one did: this one's error reaches its own caller through `next`.
    this.last = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }

  /** The journal has the entry before the register has the change, and never an entry that is refused. */
  private change(entry: Extended | Logged): Promise<Change> {
    return this.inOrder(async () => {
      const commit = plan(this.logged, entry);
      await this.journal.write(entry);
      const change = commit();
      const { register, value, added } = change;
      this.tell({ kind: 'extended', register, value });
      if (added.length > 0) this.tell({ kind: 'logged', register, text: utf8Text(added) });
      return change;
    });
  }

  private tell(change: MachineChange): void {
    for (const listener of this.listeners) listener(change);
  }
}

/**
 * Starts a machine from its journal: launch, firmware boot, then every entry again. `journal` takes what happens from now
 * on. Throws a TsmError: `journal.corrupt`, or ENODEV for a provider without a model.
 */
export function openMachine(
  provider: Provider,
  entries: readonly JournalEntry[],
  journal: Journal = NO_JOURNAL,
  tools: MachineTools = {},
): Machine {
  return new Simulated(provider, entries, journal, tools);
}
