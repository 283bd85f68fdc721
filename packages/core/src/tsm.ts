/** The TSM core as an object: measurement providers (many), one report provider at a time, report items. */
import { TsmError } from './issue.ts';
import { registerFullName, type RegisterSpec } from './register.ts';
import { ReportItem, type ReportSource } from './report-item.ts';

/** Text logs of registers that are kept outside the tree, for all who look at them. */
export interface TextLog {
  /** Records an event and extends by its digest, in one step. */
  append(register: string, event: string): void;
  /** What was added to which register's log, in order, direct extends as well. It only ever grows. */
  steps(): readonly { readonly register: string; readonly added: Uint8Array }[];
}

/** Registers of one device as the guest driver gives them (kernel struct tsm_measurements). */
export interface MeasurementSource {
  /** Device that the registers hang on, such as `tdx_guest`. */
  readonly name: string;
  readonly registers: readonly RegisterSpec[];
  read(register: string): Uint8Array;
  extend(register: string, value: Uint8Array): void;
  /** All of them or none, as TPM2_PCR_Extend does for the banks of a PCR; absent where the hardware cannot. */
  extendAll?(values: readonly (readonly [register: string, value: Uint8Array])[]): void;
  /** Where `read` gives copies: brings those of all live registers up to date (kernel operation `refresh`). */
  refresh?(): void;
  /** Absent where the tree keeps the logs itself. */
  readonly textLog?: TextLog;
}

export interface TsmOptions {
  /** Whether a report provider may register while report items exist, as before Linux 6.16. Default: no. */
  readonly lateProvider?: boolean;
}

export interface Tsm {
  /** `EINVAL` when two registers have the same name and hash; `EBUSY` when the source's name is taken. Returns the undo. */
  registerMeasurements(source: MeasurementSource): () => void;
  /** `EBUSY` while another is registered, or while report items exist (since Linux 6.16). Returns the undo. */
  registerReport(source: ReportSource): () => void;
  /** `EBUSY` when another one, or none, is registered. Items stay, with what they have cached. */
  unregisterReport(source: ReportSource): void;
  readonly measurements: readonly MeasurementSource[];
  readonly report: ReportSource | undefined;
  readonly items: readonly ReportItem[];
  /** mkdir: `ENXIO` without a report provider, `EEXIST` when the name is taken. Counters: see {@link ReportItem}. */
  createItem(name: string, generation?: bigint, readGeneration?: bigint): ReportItem;
  /** rmdir: `ENOENT` when there is none of that name. */
  removeItem(name: string): void;
}

/** Adds to a map under a free key, and returns the undo. Undoing twice changes nothing. */
function occupy<T>(map: Map<string, T>, key: string, value: T): () => void {
  if (map.has(key)) throw new TsmError('EBUSY', `${key} is registered already`);
  map.set(key, value);
  return () => {
    if (map.get(key) === value) map.delete(key);
  };
}

export function createTsm({ lateProvider = false }: TsmOptions = {}): Tsm {
  const measurements = new Map<string, MeasurementSource>();
  const items = new Map<string, ReportItem>();
  let report: ReportSource | undefined;

  return {
    get measurements() {
      return [...measurements.values()];
    },
    get items() {
      return [...items.values()];
    },
    get report() {
      return report;
    },
    registerMeasurements(source) {
      const names = source.registers.map(registerFullName);
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice !== undefined)
        throw new TsmError('EINVAL', `${source.name}: register ${twice} is declared twice`);
      return occupy(measurements, source.name, source);
    },
    registerReport(source) {
      if (report) throw new TsmError('EBUSY', `report provider ${report.driver.name} is registered already`);
      if (items.size > 0 && !lateProvider)
        throw new TsmError('EBUSY', `${String(items.size)} report items exist`);
      report = source;
      return () => {
        if (report === source) report = undefined;
      };
    },
    unregisterReport(source) {
      if (report !== source)
        throw new TsmError('EBUSY', `report provider ${source.driver.name} is not registered`);
      report = undefined;
    },
    createItem(name, generation, readGeneration) {
      if (!report) throw new TsmError('ENXIO', 'no report provider is registered');
      if (items.has(name)) throw new TsmError('EEXIST', `report item ${name} exists`);
      const item = new ReportItem(name, () => report, generation, readGeneration);
      items.set(name, item);
      return item;
    },
    removeItem(name) {
      if (!items.delete(name)) throw new TsmError('ENOENT', `no report item ${name}`);
    },
  };
}
