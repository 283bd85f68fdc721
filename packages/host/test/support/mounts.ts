/** Trees of simulated machines that nothing has measured yet, mounted while a file's tests run. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { ProfileName } from '@tsm/abi';
import { afterAll } from 'vitest';
import { mountMachine, type Mounted } from '../../src/mount/mount.ts';
import { usePrograms } from './mounting.ts';

/** `snp2`: a guest of SEV-SNP above an SVSM. */
export type Technology = 'tdx' | 'snp' | 'snp2' | 'cca';

const LAUNCH = { seed: new Uint8Array(32).fill(5), now: new Date('2026-01-01T00:00:00Z'), values: {} };

/** Mounts a new machine, and gives the folder. */
export type Mount = (technology: Technology, profile: ProfileName) => Promise<string>;

export function useMounts(): Mount {
  const programs = usePrograms();
  const mounted: Mounted[] = [];
  afterAll(async () => {
    for (const one of mounted) await one.stop();
  });
  return async (technology, profile) => {
    const { folder, urls } = programs();
    const directory = mkdtempSync(path.join(folder, `${technology}-`));
    const created = { op: 'create', version: 1, id: technology, provider: technology, boot: false } as const;
    const served = {
      ...{ provider: urls[technology].href, profile },
      machine: { created: { ...created, ...LAUNCH } },
    };
    mounted.push(await mountMachine(directory, served, { worker: urls.worker }));
    return directory;
  };
}
