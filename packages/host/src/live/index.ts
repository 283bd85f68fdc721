/** The live source on this computer: its files below a root, names of items that nobody else has, and waiting. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Provider } from '@tsm/core';
import { nodeDigests } from '../digests.ts';
import { DiskFiles } from '../kit/disk-files.ts';
import { liveMachine, type LiveMachine } from './machine.ts';

export interface LiveOptions {
  /** Known technologies: names, roles and numbers of registers come from them. */
  readonly providers: readonly Provider[];
  /** The folder that stands for `/`. Default: `/`. */
  readonly root?: string;
  /** Registers may be extended. Default: no, since it cannot be undone. */
  readonly allowExtend?: boolean;
}

/** The machine that this program runs in. `ENODEV` where it is no confidential VM, `EACCES` where rights are missing. */
export function openLive({ providers, root = '/', allowExtend = false }: LiveOptions): Promise<LiveMachine> {
  return liveMachine({
    ...{ providers, allowExtend, digests: nodeDigests(), files: new DiskFiles(root) },
    item: () => `tsm-${String(process.pid)}-${randomUUID().slice(0, 8)}`,
    wait: (milliseconds) => wait(milliseconds),
  });
}
