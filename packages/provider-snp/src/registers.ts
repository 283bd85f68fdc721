/** The measurement registers of an SEV-SNP guest: all are static. Spec: AMD SEV-SNP ABI (56860), §7.3. */
import { defineRegister, type RegisterSpec } from '@tsm/core';

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
