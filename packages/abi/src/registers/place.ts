/** Where a profile shows the measurement registers: directories that follow what is registered. */
import type { Digests, MeasurementSource, Tsm } from '@tsm/core';
import type { Clock } from '../clock.ts';
import { directory, link, type Planted } from '../node.ts';
import type { Profile } from '../profiles.ts';
import { bankDirectories } from './banks.ts';
import { registerDirectories } from './directories.ts';
import { following } from './following.ts';
import { MeasurementGroup } from './group.ts';
import { measurementsDirectory } from './measurements.ts';
import { rtmrsDirectory } from './rtmrs.ts';
import { placeUnified, type UnifiedRoot } from './unified.ts';

export interface RegisterPlaces {
  readonly profile: Profile;
  readonly tsm: Tsm;
  readonly clock: Clock;
  readonly digests: Digests;
  readonly firmwareLog: Uint8Array | undefined;
  readonly unifiedRoot: UnifiedRoot;
}

/** Returns what to call when registers changed without the tree. */
export function placeRegisters(root: Planted, places: RegisterPlaces): () => void {
  const { tsm, clock } = places;
  const groups = new WeakMap<MeasurementSource, MeasurementGroup>();
  const group = (source: MeasurementSource): MeasurementGroup => {
    const known = groups.get(source) ?? new MeasurementGroup(source, clock);
    groups.set(source, known);
    return known;
  };
  placeIn(root, places, group);
  return () => {
    for (const source of tsm.measurements) groups.get(source)?.changed();
  };
}

function placeIn(
  root: Planted,
  places: RegisterPlaces,
  group: (source: MeasurementSource) => MeasurementGroup,
): void {
  const { profile, tsm, digests } = places;
  switch (profile.registers) {
    case 'none':
      return;
    case 'rtmrs': {
      const first = (): MeasurementGroup | undefined => tsm.measurements.map(group)[0];
      root.place('/sys/kernel/config/tsm/rtmrs', rtmrsDirectory(first));
      return;
    }
    case 'directories':
      root.place(
        '/sys/kernel/tsm',
        following(tsm, (source) => registerDirectories(group(source), digests)),
      );
      return;
    case 'banks':
      root.place(
        '/sys/kernel/tsm',
        following(tsm, (source) => bankDirectories(group(source))),
      );
      return;
    case 'measurements':
    case 'unified':
      root.place(
        '/sys/devices/virtual/misc',
        following(tsm, (source) => directory([['measurements', measurementsDirectory(group(source))]])),
      );
      root.place(
        '/sys/class/misc',
        following(tsm, ({ name }) => link(`../../devices/virtual/misc/${name}`)),
      );
      if (profile.registers === 'unified') placeUnified(root, { ...places, group });
  }
}
