/** What a guest driver puts into the tree: registers, reports, devices and other files. */
import type { Digests, MeasurementSource, Model, ReportDriver, ReportSource } from '@tsm/core';
import type { Clock } from '../clock.ts';
import type { Node } from '../node.ts';
import type { Profile } from '../profiles.ts';

/** What a driver runs with. */
export interface DriverSetting {
  readonly profile: Profile;
  readonly clock: Clock;
  readonly digests: Digests;
  /** How the provider describes its reports; undefined: it has none. */
  readonly report: ReportDriver | undefined;
}

export interface GuestDriver {
  readonly measurements?: MeasurementSource;
  readonly report?: ReportSource;
  /** By absolute path. */
  readonly files: readonly (readonly [path: string, node: Node])[];
}

/** A driver without anything particular: the model answers by itself. */
export function plainDriver(
  name: string,
  source: Omit<MeasurementSource, 'name'>,
  model: Model,
  report?: ReportDriver,
): GuestDriver {
  const produce = model.report?.bind(model);
  return {
    measurements: { ...source, name },
    ...(report && produce ? { report: { driver: report, produce } } : {}),
    files: [],
  };
}

/** The registers of a provider, straight from its model. */
export function modelSource(
  registers: MeasurementSource['registers'],
  model: Model,
): Omit<MeasurementSource, 'name'> {
  return {
    registers,
    read: (register) => model.read(register),
    extend: (register, value) => model.extend(register, value),
  };
}
