/** The measurement registers of an SEV-SNP guest: all are static; PCRs are those of a vTPM. Spec: AMD SEV-SNP ABI (56860), §7.3. */
import { defineRegister, type RegisterRole, type RegisterSpec } from '@tsm/core';

/** Field of the report that holds a register. */
type RegisterField = 'measurement' | 'hostData' | 'idKeyDigest' | 'authorKeyDigest';

interface SnpRegister extends RegisterSpec {
  readonly field: RegisterField;
}

/** In the order of the report. */
export const REGISTERS: readonly SnpRegister[] = [
  {
    ...defineRegister({ name: 'measurement', title: 'Launch digest', role: 'launch', algorithm: 'sha384' }),
    field: 'measurement',
  },
  {
    ...defineRegister({
      name: 'host_data',
      title: 'Data of the host',
      role: 'config',
      algorithm: null,
      size: 32,
    }),
    field: 'hostData',
  },
  {
    ...defineRegister({
      name: 'id_key_digest',
      title: 'ID key of the owner',
      role: 'owner',
      algorithm: 'sha384',
    }),
    field: 'idKeyDigest',
  },
  {
    ...defineRegister({
      name: 'author_key_digest',
      title: 'Author key, which signs the ID key',
      role: 'ownerConfig',
      algorithm: 'sha384',
    }),
    field: 'authorKeyDigest',
  },
];

/** What measures into a PCR, PCR 0 first (TCG PC Client Platform Firmware Profile 1.06, §3.3.4). */
const PCR_ROLES: readonly (readonly [role: RegisterRole, title: string])[] = [
  ['firmware', 'Firmware'],
  ['platform', 'Configuration of the platform'],
  ['firmware', 'UEFI drivers and applications'],
  ['platform', 'Configuration of UEFI drivers'],
  ['bootloader', 'Boot manager and boot attempts'],
  ['bootloader', 'Configuration of the boot manager, partition table'],
  ['platform', 'For the manufacturer of the platform'],
  ['firmware', 'Secure Boot policy'],
  ...Array.from({ length: 8 }, () => ['os', 'For the operating system'] as const),
  ['other', 'Debug'],
  ...Array.from({ length: 6 }, () => ['other', 'Dynamic launch'] as const),
  ['application', 'For applications'],
];

/** Only a dynamic launch, whose locality a guest does not have, starts and extends these. */
export const isDynamicPcr = (pcr: number): boolean => pcr >= 17 && pcr <= 22;

/** The SHA-256 bank of a vTPM. */
export const PCRS: readonly RegisterSpec[] = PCR_ROLES.map(([role, title], pcr) =>
  defineRegister({
    ...{ name: `pcr${String(pcr)}`, title, role, kind: 'runtime', algorithm: 'sha256' },
    ...{ numbers: { pcrs: [pcr] }, extensible: !isDynamicPcr(pcr) },
  }),
);
