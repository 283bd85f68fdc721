/** The conformance kit and the live source on mounted trees: what a file system can show is as the kernel does it. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileName } from '@tsm/abi';
import { runKit, type Case, type Given, type KitResult, type Target } from '@tsm/abi/kit';
import { extendDigest, portableDigests } from '@tsm/core';
import tdx from '@tsm/provider-tdx';
import { expect, it } from 'vitest';
import { DiskFiles } from '../src/kit/disk-files.ts';
import { treeTarget } from '../src/kit/tree-target.ts';
import { openLive } from '../src/live/index.ts';
import { reportOf } from '../src/live/report.ts';
import { describeWhere, noMount } from './support/mounting.ts';
import { useMounts, type Technology } from './support/mounts.ts';

const REPORT = 'sys/kernel/config/tsm/report';
const mountNew = useMounts();

const technologyOf = ({ provider, vmpl = 0 }: Given): Technology => {
  if (provider === 'snp') return vmpl === 0 ? 'snp' : 'snp2';
  return provider === 'cca' ? 'cca' : 'tdx';
};

/** Each case on a tree of the guest that it asks for; where logs begin empty, on one of its own. */
function mountedTarget(): Target {
  const targets = new Map<string, Promise<Target>>();
  const mount = async (technology: Technology, profile: ProfileName): Promise<Target> =>
    treeTarget(await mountNew(technology, profile), { allowExtend: true });
  return {
    name: 'mounted',
    async start(profile, given) {
      const technology = technologyOf(given);
      if (profile === 'mr-rfc-2024') return (await mount(technology, profile)).start(profile, given);
      const key = `${technology} ${profile}`;
      const target = targets.get(key) ?? mount(technology, profile);
      targets.set(key, target);
      return (await target).start(profile, given);
    },
  };
}

const failures = ({ cases }: KitResult): string[] =>
  cases
    .filter(({ status }) => status === 'failed')
    .map(({ case: id, reason }) => `${String(id)} ${reason ?? ''}`);

describeWhere(noMount, 'a mounted tree', 8, () => {
  it(
    'passes the cases that a file system can show, and gives a reason for the rest',
    { timeout: 180_000 },
    async () => {
      const result = await runKit(mountedTarget());
      expect(failures(result)).toEqual([]);
      const reasons = new Map<string, number[]>();
      for (const { case: id, reason } of result.notShown)
        reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
      expect(Object.fromEntries(reasons)).toEqual({
        'needs a guest without a report provider, not tdx_guest': [1],
        "needs a report provider of the case's own": [
          ...[14, 18, 31, 32, 33, 38, 39, 50, 51, 53, 54, 67, 68, 69, 72],
        ],
        'needs generation counters that are set beforehand': [36, 37, 40],
        'a write of no bytes: FUSE does not pass it to the server': [43, 46, 63, 101],
        'needs hardware that fails, waits or counts on request': [
          ...[52, 74, 75, 76, 77, 78, 79, 85, 87, 88, 89, 93, 104, 105, 106, 107, 108, 117, 131, 163, 164],
        ],
        'needs a guest that is set up for the case': [86, 119, 158, 160],
        'a rule of log formats: no file of the tree shows it': [135, 136],
        'a rule for verifiers: no file of the tree shows it': [162],
        'needs the inside of the guest: only a tree in this process has it': [
          ...[12, 13, 15, 28, 29, 48, 49, 55, 92, 94, 109, 110, 111, 112, 113, 114, 115, 116, 118, 120, 121],
          ...[122, 123, 124, 125, ...Array.from({ length: 20 }, (_, i) => 138 + i), 161],
        ],
      });
      expect(result.passed).toBe(67);
    },
  );

  it('is left as it was, and is not extended unless that is allowed', { timeout: 60_000 }, async () => {
    const root = await mountNew('tdx', '7.0');
    const machine = await openLive({ providers: [tdx], root });
    const values = () => Promise.all(machine.registers.map(({ name }) => machine.read(name)));
    const before = await values();
    const target = await treeTarget(root);
    const result = await runKit(target, { profile: target.profile });
    expect(failures(result)).toEqual([]);
    expect(result.notShown).toContainEqual({
      case: 96,
      reason: 'would extend a register, which cannot be undone: allow it with --allow-extend',
    });
    expect(await values()).toEqual(before);
    expect(readdirSync(join(root, REPORT))).toEqual([]);
  });

  it('is cleaned up after a case that fails half way', { timeout: 60_000 }, async () => {
    const root = await mountNew('tdx', '7.0');
    mkdirSync(join(root, REPORT, 'of-another'));
    const failing: Case = {
      ...{ id: 0, group: 'A', mark: 'M', title: 'fails', profiles: ['7.0'], holds: () => true },
      async run({ start }) {
        const { files } = await start({ provider: 'tdx' });
        await files.mkdir(`/${REPORT}/mine`);
        expect(await files.list(`/${REPORT}`)).toEqual(['mine']);
        await files.open(`/${REPORT}/mine/inblob`, 'write');
        throw new Error('half way');
      },
    };
    const result = await runKit(await treeTarget(root), { cases: [failing] });
    expect(failures(result)).toEqual(['0 7.0: half way']);
    expect(readdirSync(join(root, REPORT))).toEqual(['of-another']);
  });

  it('tells what it is', { timeout: 60_000 }, async () => {
    for (const profile of ['report-2023', 'rtmrs-2024', 'mr-rfc-2024', 'mr-v2-2025', 'unified'] as const)
      expect((await treeTarget(await mountNew('snp', profile))).profile).toBe(
        profile === 'report-2023' || profile === 'unified' || profile === 'rtmrs-2024' ? profile : '7.0',
      );
    const target = await treeTarget(await mountNew('snp2', '7.0'));
    await expect(target.start('7.0', { provider: 'snp' })).rejects.toThrow('at level 0, not 2');
    await expect(target.start('7.0', { provider: 'tdx' })).rejects.toThrow('needs tdx_guest, not sev_guest');
  });

  it.each(['7.0', 'unified', 'rtmrs-2024'] as const)(
    'is a live machine, in the profile %s',
    { timeout: 60_000 },
    async (profile) => {
      const root = await mountNew('tdx', profile);
      const machine = await openLive({ providers: [tdx], root, allowExtend: true });
      const before = await machine.read('rtmr2');
      const digest = portableDigests.digest('sha384', Uint8Array.of(1));
      await machine.extend('rtmr2', digest);
      expect(await machine.read('rtmr2')).toEqual(extendDigest(portableDigests, 'sha384', before, digest));
      const inblob = new Uint8Array(64).fill(3);
      const { outblob, generation } = await machine.report({ inblob });
      expect(tdx.evidence.decode(outblob)).toMatchObject({ reportData: inblob, issues: [] });
      expect(generation).toBe(1n);
      expect(readdirSync(join(root, REPORT))).toEqual([]);
    },
  );

  it('gives no writer of a shared item the report of another', { timeout: 60_000 }, async () => {
    const files = new DiskFiles(await mountNew('tdx', '7.0'));
    await files.mkdir(`/${REPORT}/shared`);
    const outcome = { own: 0, conflict: 0 };
    const writer = async (value: number): Promise<void> => {
      const inblob = new Uint8Array(64).fill(value);
      for (let round = 0; round < 40; round++) {
        try {
          const { outblob } = await reportOf(files, `/${REPORT}/shared`, { inblob });
          expect(tdx.evidence.decode(outblob).reportData).toEqual(inblob);
          outcome.own++;
        } catch (error) {
          expect(error).toMatchObject({
            code: 'EBUSY',
            message: expect.stringContaining('another program') as string,
          });
          outcome.conflict++;
        }
      }
    };
    await Promise.all([writer(1), writer(2), writer(3)]);
    expect(outcome.conflict).toBeGreaterThan(0);
    expect(outcome.own + outcome.conflict).toBe(120);
    await files.cleanUp();
  });
});
