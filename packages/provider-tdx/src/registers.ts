/** The measurement registers of a TD, as the Linux driver shows them (drivers/virt/coco/tdx-guest/tdx-guest.c, 6.16). */
import { REGISTER_NUMBERING, type RegisterNumbers, type RegisterRole, type RegisterSpec } from '@tsm/core';

/** Field of TDINFO and of a quote's body that holds a register; its lower case is the register's name. */
type RegisterField =
  'mrtd' | 'mrConfigId' | 'mrOwner' | 'mrOwnerConfig' | 'rtmr0' | 'rtmr1' | 'rtmr2' | 'rtmr3';

/** Size of every register in bytes. */
export const REGISTER_SIZE = 48;

function numbersOf(name: string): RegisterNumbers {
  const row = REGISTER_NUMBERING.find((one) => one.name === name);
  if (!row) return {};
  const { ccMr, rtmr, pcrs } = row;
  return rtmr === undefined ? { ccMr, pcrs } : { ccMr, rtmr, pcrs };
}

interface TdxRegister extends RegisterSpec {
  readonly field: RegisterField;
}

/** `input`: the host chose the value, it is no digest (kernel flag TSM_MR_F_NOHASH). */
function register(
  field: RegisterField,
  role: RegisterRole,
  title: string,
  sort: 'launch' | 'input' | 'runtime',
): TdxRegister {
  const name = field.toLowerCase();
  const runtime = sort === 'runtime';
  return {
    field,
    name,
    title,
    kind: runtime ? 'runtime' : 'static',
    role,
    algorithm: sort === 'input' ? null : 'sha384',
    size: REGISTER_SIZE,
    numbers: numbersOf(name),
    readable: true,
    extensible: runtime,
    live: runtime,
    hasLog: runtime,
  };
}

/** In the order of TDINFO. */
export const REGISTERS: readonly TdxRegister[] = [
  register('mrtd', 'launch', 'Initial memory of the TD', 'launch'),
  register('mrConfigId', 'config', 'Configuration, chosen by the host', 'input'),
  register('mrOwner', 'owner', 'Owner, chosen by the host', 'input'),
  register('mrOwnerConfig', 'ownerConfig', "Owner's configuration, chosen by the host", 'input'),
  register('rtmr0', 'firmware', 'Firmware configuration', 'runtime'),
  register('rtmr1', 'bootloader', 'Boot loader and kernel', 'runtime'),
  register('rtmr2', 'os', 'Operating system', 'runtime'),
  register('rtmr3', 'application', 'Applications', 'runtime'),
];
