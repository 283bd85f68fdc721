/** A disk that is really full: the machine stays as it was, and goes on when there is space again. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateDirectory } from '@tsm/host';
import { afterAll, expect, it } from 'vitest';
import { describeWhere } from './support/mounting.ts';
import { toy } from './support/toy-provider.ts';

const PAGE = 4096;
const root = process.platform === 'linux' && process.getuid?.() === 0;
const disk = mkdtempSync(join(tmpdir(), 'tsm-full-'));
const mounted =
  root && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=64', 'tsm-full', disk]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', disk]);
  rmdirSync(disk);
});

describeWhere(mounted ? undefined : 'need root on Linux, to mount a small disk', 'a full disk', 1, () => {
  it('refuses the event that does not fit, and keeps the machine', async () => {
    const state = new StateDirectory(disk, () => Promise.resolve(toy));
    const launch = { seed: new Uint8Array(32), now: new Date(0), values: {}, boot: false };
    await state.create({ op: 'create', version: 1, id: 'm', provider: 'toy', ...launch });
    const machine = await state.open('m');
    const filler = join(disk, 'filler');
    for (let size = 20 * PAGE; size > 0; size -= PAGE) {
      try {
        writeFileSync(filler, new Uint8Array(size));
        break;
      } catch {
        rmSync(filler);
      }
    }
    let count = 0;
    const fill = (): void => {
      for (; count < 1000; count++) machine.append('mr', `event ${count} ${'x'.repeat(700)}`);
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(fill).toThrow('no space is left');
    expect(count).toBeLessThan(20);
    const again = await state.open('m');
    expect(again.read('mr')).toEqual(machine.read('mr'));
    expect(again.eventLog('mr')).toEqual(machine.eventLog('mr'));
    await expect(
      state.create({
        op: 'create',
        version: 1,
        id: 'n',
        provider: 'toy',
        ...launch,
        seed: new Uint8Array(9000),
      }),
    ).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(state.list()).toEqual(['m']);
    rmSync(filler);
    again.append('mr', 'there is space again');
    expect(machine.read('mr')).toEqual(again.read('mr'));
  });
});
