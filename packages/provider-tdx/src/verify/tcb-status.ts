/** TCB statuses in Intel's own words, and how that of a part changes that of the whole. Source: Intel PCS API v4, TCB Info v3; Intel SGX DCAP QVL, checkTcbLevel. */

/** What TCB info and QE identity say of a level. */
export const LEVEL_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;

export type LevelStatus = (typeof LEVEL_STATUSES)[number];

/** What TCB info says of a TDX module's level. */
export const MODULE_STATUSES = ['UpToDate', 'OutOfDate', 'Revoked'] as const;

export type ModuleStatus = (typeof MODULE_STATUSES)[number];

/** Status of a platform. `NotSupported`: it reaches no level. */
export type TcbStatus =
  LevelStatus | 'TDRelaunchAdvised' | 'TDRelaunchAdvisedConfigurationNeeded' | 'NotSupported';

/** Statuses that pass under no policy. */
export const NEVER: ReadonlySet<string> = new Set<TcbStatus>(['Revoked', 'NotSupported']);

/** What a part that is out of date makes of the whole; the other statuses say as much already. */
const OUT_OF_DATE: Partial<Record<TcbStatus, TcbStatus>> = {
  UpToDate: 'OutOfDate',
  SWHardeningNeeded: 'OutOfDate',
  ConfigurationNeeded: 'OutOfDateConfigurationNeeded',
  ConfigurationAndSWHardeningNeeded: 'OutOfDateConfigurationNeeded',
};

/** Status of the whole, once the status of a part (TDX module, quoting enclave) is known. */
export function converge(whole: TcbStatus, part: ModuleStatus | 'NotSupported'): TcbStatus {
  if (part === 'Revoked' || part === 'NotSupported') return part;
  return part === 'OutOfDate' ? (OUT_OF_DATE[whole] ?? whole) : whole;
}

const CONFIGURATION_NEEDED: ReadonlySet<TcbStatus> = new Set([
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDateConfigurationNeeded',
]);

export function needsConfiguration(status: TcbStatus): boolean {
  return CONFIGURATION_NEEDED.has(status);
}

/** What the status asks of whoever runs or relies on the platform. */
export const REMEDIES: Readonly<Record<Exclude<TcbStatus, 'UpToDate'>, string>> = {
  SWHardeningNeeded: 'harden the software in the TD against the advisories, and accept the status by policy',
  ConfigurationNeeded: 'change the configuration of the platform as the advisories say',
  ConfigurationAndSWHardeningNeeded:
    'change the configuration of the platform, and harden the software in the TD',
  OutOfDate: 'update microcode, TDX module or quoting enclave of the platform, and take a new quote',
  OutOfDateConfigurationNeeded:
    'update and configure the platform as the advisories say, and take a new quote',
  TDRelaunchAdvised: 'launch the TD again: the platform has been updated since its launch',
  TDRelaunchAdvisedConfigurationNeeded:
    'configure the platform as the advisories say, and launch the TD again',
  Revoked: 'do not trust the platform: Intel revoked this TCB level',
  NotSupported: 'update the platform: its security versions are below every level that Intel lists',
};
