/** What a simulated TVM is, without its journal: model, registers, logs and reports of one launch. Pure and synchronous. */
import {
  concatAll,
  createTsm,
  findRegister,
  portableDigests,
  TsmError,
  type BlobName,
  type Digests,
  type MintedCollateral,
  type Model,
  type Provider,
  type RegisterSpec,
  type Report,
  type ReportItem,
  type ReportRequest,
  type Signer,
} from '@tsm/core';
import { agentEventData, withAgentEvents, type AgentEvent } from './agent-events.ts';
import { firmwareLogOf, measureBoot, type Measured } from './boot.ts';
import { launchOf, type Created, type Entry, type Tagged } from './journal.ts';
import { LoggedRegisters, type LogStep, type Planned } from './registers.ts';
import { sampleBoot } from './sample-boot.ts';

export interface MachineTools {
  readonly digests?: Digests;
  readonly signer?: Signer;
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

export class MachineCore {
  readonly id: string;
  readonly provider: string;
  readonly registers: readonly RegisterSpec[];
  readonly model: Model;
  readonly firmwareLog: Uint8Array | undefined;
  private readonly tsm = createTsm();
  private readonly logged: LoggedRegisters;
  private readonly boot: Measured | undefined;
  private readonly digests: Digests;
  private readonly agentEvents: AgentEvent[] = [];
  private reports = 0;

  /** ENODEV for a provider without a model. */
  constructor(provider: Provider, created: Created, tools: MachineTools) {
    if (!provider.model) throw new TsmError('ENODEV', `provider ${provider.id} has no hardware model`);
    const { digests = portableDigests, signer } = tools;
    this.digests = digests;
    this.model = provider.model(launchOf(created), signer ? { digests, signer } : { digests });
    this.id = created.id;
    this.provider = provider.id;
    this.logged = new LoggedRegisters(provider.registers, this.model, digests);
    this.boot = created.boot ? measureBoot(this.logged, sampleBoot(), digests) : undefined;
    this.firmwareLog = this.boot && firmwareLogOf(this.boot);
    this.registers = withFirmwareLog(provider.registers, this.firmwareLog);
    const produce = this.model.report?.bind(this.model);
    if (provider.report && produce) this.tsm.registerReport({ driver: provider.report, produce });
  }

  /** Refuses now what cannot be done (EINVAL); the returned function does it. */
  plan(entry: Entry): Planned {
    const { op, register } = entry;
    if (op === 'extend') return this.logged.extend(register, entry.digest);
    return op === 'append' ? this.logged.append(register, entry.event) : this.planAgentEvent(entry);
  }

  /** The firmware's log and the agent's events behind it; undefined when there is neither. */
  agentLog(): Uint8Array | undefined {
    return withAgentEvents(this.boot, this.agentEvents);
  }

  read(register: string): Uint8Array {
    return this.logged.read(register);
  }

  eventLog(register: string): Uint8Array {
    return concatAll(this.logged.log(register));
  }

  logSteps(): readonly LogStep[] {
    return this.logged.steps();
  }

  report(request: ReportRequest): Report {
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
  }

  /** A direct extend, for the text log; what was measured stands in the agent's log. */
  private planAgentEvent({ register, event }: Tagged): Planned {
    const data = agentEventData(event);
    const spec = findRegister(this.registers, register);
    const { algorithm, numbers } = spec ?? { algorithm: null, numbers: {} };
    const digest = algorithm === null ? new Uint8Array(0) : this.digests.digest(algorithm, data);
    const commit = this.logged.extend(register, digest);
    const { ccMr } = numbers;
    if (ccMr === undefined || algorithm === null)
      throw new TsmError('EINVAL', `${register} has no CC measurement register number, as the log needs it`);
    return () => {
      const change = commit();
      this.agentEvents.push({ register: ccMr, data, digests: { [algorithm]: digest } });
      return change;
    };
  }

  collateral(): MintedCollateral | undefined {
    return this.model.collateral?.();
  }
}
