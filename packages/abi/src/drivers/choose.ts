/** The guest driver for a provider, by what its model can do. */
import type { Model, Provider, TextLog } from '@tsm/core';
import { ccaDriver, isRealmModel, realmServices, type RealmServices } from './cca.ts';
import { modelSource, plainDriver, type DriverSetting, type GuestDriver } from './driver.ts';
import { snpHardware, type SnpHardware } from './snp-hardware.ts';
import { snpDriver } from './snp.ts';
import { isTdxModel, tdxHardware, type TdxHardware } from './tdx-hardware.ts';
import { tdxDriver, type TdxDriverOptions } from './tdx.ts';

/** Wraps what a driver calls, to make it fail, wait or count. */
export interface HardwareWrappers {
  readonly tdx?: (hardware: TdxHardware) => TdxHardware;
  readonly snp?: (hardware: SnpHardware) => SnpHardware;
  readonly cca?: (services: RealmServices) => RealmServices;
}

export interface DriverOptions extends TdxDriverOptions {
  /** Where the registers' text logs are kept. Default: in the tree, which then shows only what was written to it. */
  readonly textLog?: TextLog;
  readonly wrap?: HardwareWrappers;
}

/** Technologies whose registers no kernel shows; the `unified` profile does. */
const WITHOUT_REGISTERS: ReadonlySet<string> = new Set(['snp', 'cca', 'cove']);

/** The guest driver as the profile has it. */
export function driverFor(
  provider: Provider,
  model: Model,
  setting: DriverSetting,
  options: DriverOptions = {},
): GuestDriver {
  const { measurements, ...rest } = fullDriver(provider, model, setting, options);
  const shows = setting.profile.registers === 'unified' || !WITHOUT_REGISTERS.has(provider.id);
  if (!measurements || !shows) return rest;
  const { textLog } = options;
  return { ...rest, measurements: textLog ? { ...measurements, textLog } : measurements };
}

/** A provider whose model has nothing that a known driver needs is served by the model itself, as `ID_guest`. */
function fullDriver(
  { id, registers }: Provider,
  model: Model,
  setting: DriverSetting,
  options: DriverOptions,
): GuestDriver {
  const { wrap = {} } = options;
  const name = setting.report?.name ?? `${id}_guest`;
  const source = modelSource(registers, model);
  if (name === 'tdx_guest' && isTdxModel(model)) {
    const hardware = tdxHardware(model);
    return tdxDriver(wrap.tdx?.(hardware) ?? hardware, registers, setting, options);
  }
  if (name === 'sev_guest' && model.report) {
    const hardware = snpHardware((request) => model.report?.(request) ?? { outblob: new Uint8Array(0) });
    return snpDriver(wrap.snp?.(hardware) ?? hardware, source, setting);
  }
  if (name === 'arm_cca_guest' && isRealmModel(model)) {
    const services = realmServices(model);
    return ccaDriver(wrap.cca?.(services) ?? services, source, setting);
  }
  return plainDriver(name, source, model, setting.report);
}
