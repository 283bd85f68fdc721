/** Unmodified programs on the kernel's own paths: shell tools, a C program, and the system calls of Go and Rust clients. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeLog, replay } from '@tsm/eventlog';
import { nodeDigests } from '@tsm/host';
import tdx from '@tsm/provider-tdx';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  describeWhere,
  fresh,
  inside,
  noCompiler,
  noNamespace,
  outputOf,
  SEED,
  startInside,
  usePrograms,
} from './support/mounting.ts';

const programs = usePrograms();
const digests = nodeDigests();
const TIMEOUT = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tsm-clients-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a shell script in a machine; it must succeed without a word on standard error. */
async function script(provider: 'tdx' | 'snp' | 'cca', text: string): Promise<string> {
  const { exit, out, err } = await inside(programs(), fresh(programs(), provider), 'sh', '-euc', text);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return out;
}

describeWhere(noNamespace, 'shell tools on a simulated TVM', 7, () => {
  it(
    'dd, cat, hexdump, mkdir and rmdir take a report as the mailing list shows it, and it verifies',
    { timeout: TIMEOUT },
    async () => {
      const out = await script(
        'tdx',
        `report=/sys/kernel/config/tsm/report/report0
         mkdir $report
         head -c 64 /dev/zero | tr '\\0' x | dd of=$report/inblob bs=64 count=1 status=none
         hexdump -C $report/outblob | head -1
         cat $report/outblob > ${folder}/quote
         dd if=$report/outblob of=${folder}/again bs=512 status=none
         cmp ${folder}/quote ${folder}/again
         cat $report/generation $report/provider
         rmdir $report
         ls /sys/kernel/config/tsm/report`,
      );
      expect(out.split('\n')).toEqual([
        expect.stringMatching(/^00000000 {2}04 00 02 00 81 00/),
        ...['1', 'tdx_guest', ''],
      ]);
      const quote = new Uint8Array(await readFile(path.join(folder, 'quote')));
      const launch = { seed: SEED, now: new Date('2026-01-01') };
      const { files, trustAnchors } = tdx.model(launch, { digests }).collateral();
      const verdict = await tdx.verify(quote, {
        ...{ now: new Date('2026-01-02'), digests, collateral: Object.values(files), trustAnchors },
        reportData: new Uint8Array(64).fill('x'.charCodeAt(0)),
      });
      expect(verdict.verdict).toBe('pass');
    },
  );

  it(
    'a write to a register extends it, and errors are those of the kernel',
    { timeout: TIMEOUT },
    async () => {
      const out = await script(
        'tdx',
        `cd /sys/devices/virtual/misc/tdx_guest/measurements
       cat rtmr2:sha384 > ${folder}/before
       head -c 48 /dev/zero > rtmr2:sha384
       cat rtmr2:sha384 > ${folder}/after
       head -c 48 /dev/zero >> /sys/class/misc/tdx_guest/measurements/rtmr2:sha384
       dd if=/dev/zero of=rtmr2:sha384 bs=47 count=1 2>&1 | head -1
       dd if=/dev/zero of=mrtd:sha384 bs=48 count=1 2>&1 || true
       mkdir /sys/kernel/config/tsm/other 2>&1 || true
       mkdir /sys/kernel/config/tsm/report/x
       dd if=/dev/zero of=/sys/kernel/config/tsm/report/x/inblob bs=65 count=1 2>&1 | head -1
       cat /sys/kernel/config/tsm/report/x/outblob 2>&1 || true`,
      );
      const [before, after] = await Promise.all(
        ['before', 'after'].map((name) => readFile(path.join(folder, name))),
      );
      expect(new Uint8Array(after!)).toEqual(
        digests.digest('sha384', Buffer.concat([before!, Buffer.alloc(48)])),
      );
      expect(
        out.match(/(Invalid argument|Permission denied|Operation not permitted|File too large)/g),
      ).toEqual([
        ...['Invalid argument', 'Permission denied', 'Operation not permitted', 'File too large'],
        'Invalid argument',
      ]);
    },
  );

  it('the firmware log explains the register that it was measured into', { timeout: TIMEOUT }, async () => {
    await script(
      'tdx',
      `cat /sys/firmware/acpi/tables/data/CCEL > ${folder}/ccel
       cat /sys/class/misc/tdx_guest/measurements/rtmr0:sha384 > ${folder}/rtmr0`,
    );
    const [ccel, value] = await Promise.all(
      ['ccel', 'rtmr0'].map((name) => readFile(path.join(folder, name))),
    );
    const replayed = replay(decodeLog(new Uint8Array(ccel!)), { digests });
    expect(new Uint8Array(value!)).toEqual(replayed.registers.find((one) => one.register === 1)?.value);
  });

  it('SEV-SNP and CCA guests show what theirs show', { timeout: TIMEOUT }, async () => {
    const list =
      'cd /sys/kernel/config/tsm/report; mkdir a; ls a; cat a/provider; ls /dev/sev-guest 2>&1 || true';
    const snp = await script('snp', list);
    expect(snp.split('\n')).toEqual(
      expect.arrayContaining(['auxblob', 'privlevel', 'privlevel_floor', 'sev_guest', '/dev/sev-guest']),
    );
    const cca = await script('cca', list);
    expect(cca.split('\n')).toEqual(
      expect.arrayContaining(['generation', 'arm_cca_guest', expect.stringContaining('No such file')]),
    );
  });

  it('everything else of the computer stays where it was', { timeout: TIMEOUT }, async () => {
    const out = await script(
      'tdx',
      'for d in /dev /sys/kernel /sys/class/misc /sys/fs; do ls -A $d; done; echo discarded > /dev/null',
    );
    const directories = ['/dev', '/sys/kernel', '/sys/class/misc', '/sys/fs'];
    const here = new Set((await Promise.all(directories.map((path) => readdir(path)))).flat());
    const there = new Set(out.trim().split('\n'));
    expect([...here].filter((name) => !there.has(name))).toEqual([]);
    expect([...there].filter((name) => !here.has(name))).toEqual(expect.arrayContaining(['tdx_guest']));
    expect(here.has('tdx_guest')).toBe(false);
  });

  it('the exit code is the command’s, and 127 for one that is not there', { timeout: TIMEOUT }, async () => {
    const served = fresh(programs(), 'tdx');
    expect(await inside(programs(), served, 'sh', '-c', 'exit 7')).toMatchObject({ exit: 7 });
    expect(await inside(programs(), served, 'sh', '-c', 'kill -TERM $$')).toMatchObject({ exit: 143 });
    expect(await inside(programs(), served, 'no-such-program')).toMatchObject({
      ...{ exit: 127, err: 'no-such-program: there is no such program\n' },
    });
  });

  it('signals reach the command, and input is its own', { timeout: TIMEOUT }, async () => {
    const text =
      'trap "echo caught; exit 5" TERM; read -r line; echo "got $line"; while :; do sleep 0.1; done';
    const child = startInside(programs(), fresh(programs(), 'tdx'), ['sh', '-c', text]);
    const ended = outputOf(child);
    child.stdin?.write('hello\n');
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ exit: 5, out: 'got hello\ncaught\n' });
  });
});

describeWhere(noNamespace ?? noCompiler, 'compiled clients on a simulated TVM', 4, () => {
  it.each([
    ['tdx', 'plain tdx-ioctl go-configfs go-rtmr rust', {}],
    ['snp', 'plain snp-ioctl go-configfs rust', {}],
    ['cca', 'plain go-configfs', { profile: '6.16' }],
    ['tdx', 'go-rtmrs', { profile: 'rtmrs-2024' }],
  ] as const)('%s: %s %j', { timeout: TIMEOUT }, async (provider, clients, more) => {
    const served = fresh(programs(), provider, more);
    const names = clients.split(' ');
    expect(await inside(programs(), served, programs().clients, ...names)).toEqual({
      ...{ exit: 0, out: names.map((name) => `ok ${name}\n`).join(''), err: '' },
    });
  });
});
