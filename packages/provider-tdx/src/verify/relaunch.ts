/** TD relaunch: the platform was updated since the TD was launched. Source: Intel SGX DCAP QVL, checkForRelaunch. */
import { moduleIdentity, type TcbInfo } from './tcb-info.ts';
import { needsConfiguration, type ModuleStatus, type TcbStatus } from './tcb-status.ts';

/** Statuses of the parts, before the quoting enclave counts. */
interface Statuses {
  readonly sgx: TcbStatus;
  /** Of the TDX level and the module together. */
  readonly tdx: TcbStatus;
  readonly module: ModuleStatus | 'NotSupported';
  readonly qe: ModuleStatus | 'NotSupported' | undefined;
}

const OUTDATED: ReadonlySet<TcbStatus> = new Set(['OutOfDate', 'OutOfDateConfigurationNeeded']);

/** Only the module that the TD was launched with is old: processor, PCE and quoting enclave are not. */
function onlyModuleIsOld({ sgx, tdx, module, qe }: Statuses): boolean {
  return (
    (qe === undefined || qe === 'UpToDate') &&
    !OUTDATED.has(sgx) &&
    sgx !== 'Revoked' &&
    OUTDATED.has(tdx) &&
    module === 'OutOfDate'
  );
}

/** The newest ISVSVN of modules of this major version; undefined when TCB info does not list them. */
function newestIsvSvn(info: TcbInfo, majorVersion: number): number | undefined {
  if (majorVersion === 0) return info.levels[0]?.tdxComponents[0];
  return moduleIdentity(info, majorVersion)?.levels[0]?.isvSvn;
}

/**
 * `tdx`, or the advice to launch the TD again when the newest module runs by now; NotSupported when a module runs that TCB
 * info does not list. `teeTcbSvn2`: absent for TD 1.0, where nothing is advised.
 */
export function relaunchStatus(
  teeTcbSvn2: Uint8Array | undefined,
  info: TcbInfo,
  statuses: Statuses,
): TcbStatus {
  if (!teeTcbSvn2 || !onlyModuleIsOld(statuses)) return statuses.tdx;
  const [isvSvn = 0, majorVersion = 0, microcode = 0] = teeTcbSvn2;
  const newest = newestIsvSvn(info, majorVersion);
  if (newest === undefined) return 'NotSupported';
  if (isvSvn < newest || microcode < (info.levels[0]?.tdxComponents[2] ?? 0)) return statuses.tdx;
  return needsConfiguration(statuses.sgx) || needsConfiguration(statuses.tdx)
    ? 'TDRelaunchAdvisedConfigurationNeeded'
    : 'TDRelaunchAdvised';
}
