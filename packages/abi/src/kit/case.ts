/** Writing cases: the defaults of a group, and short rows. */
import { DEFAULT_PROFILE, type Profile, type ProfileName } from '../profiles.ts';
import type { Case, GroupId, Mark } from './model.ts';

type Holds = (profile: Profile) => boolean;

/** What differs from the defaults of the group. */
interface Scope {
  readonly profiles?: readonly ProfileName[];
  readonly holds?: Holds;
}

export type Add = (id: number, mark: Mark, title: string, run: Case['run'], scope?: Scope) => Case;

/** Rows of a group. Default: shown in the default profile, and of any other where `holds` says so. */
export function group(id: GroupId, holds: Holds, profiles: readonly ProfileName[] = [DEFAULT_PROFILE]): Add {
  return (number, mark, title, run, scope = {}) => ({
    ...{ id: number, group: id, mark, title, run, profiles: scope.profiles ?? profiles },
    holds: scope.holds ?? (scope.profiles ? () => false : holds),
  });
}

export const everywhere: Holds = () => true;
/** Since the attributes of SVSM services. */
export const withServices: Holds = ({ report }) => report.attributes === '6.11';
/** Since `auxblob`. */
export const withAuxblob: Holds = ({ report }) => report.attributes !== '2023';
/** Registers in `measurements/`. */
export const withMeasurements: Holds = ({ registers }) =>
  registers === 'measurements' || registers === 'unified';
