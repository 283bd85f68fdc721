/** `tsm machine`: machines on disk, through the command line. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, tooWide, type Files, type Ran } from './support/run.ts';

let state = '';
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'tsm-state-'));
});
afterEach(() => rm(state, { recursive: true }));

function machine(args: string[], files?: Files, modules?: Record<string, unknown>): Promise<Ran> {
  return run(['machine', ...args, '--state', state], files, modules);
}

describe('machine', () => {
  it('is created, extended, logged and reported, and its quote agrees with its logs', async () => {
    const files: Files = new Map<string, Uint8Array>();
    expect((await machine(['list'])).out).toContain('no machines yet');
    const created = await machine(['new', 'dev', '--seed', 'lab']);
    expect(created.exit).toBe(0);
    expect(tooWide(created.out)).toEqual([]);
    expect((await machine(['list', '--json'])).json()).toEqual({
      machines: [{ id: 'dev', provider: 'tdx', source: 'simulated' }],
    });
    const appended = (
      await machine(['extend', 'dev', 'rtmr3', '--event', 'example.com/app start v1', '--json'])
    ).json();
    const shown = (await machine(['show', 'dev', '--json'])).json();
    expect(shown['registers']).toContainEqual(
      expect.objectContaining({ name: 'rtmr3', value: appended['value'] }),
    );
    await machine(['report', 'dev', '--report-data', '0badcafe', '--out', 'quote.dat'], files);
    await machine(['log', 'dev', '--out', 'ccel.bin'], files);
    await machine(['log', 'dev', '--register', 'rtmr3', '--out', 'rtmr3.log'], files);
    const firmware = (
      await run(['log', 'verify', 'ccel.bin', '--evidence', 'quote.dat', '--json'], files)
    ).json();
    expect((firmware['registers'] as unknown as { match: boolean }[]).map((one) => one.match)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    const text = await run(
      ['log', 'verify', 'rtmr3.log', '--evidence', 'quote.dat', '--register', 'rtmr3'],
      files,
    );
    expect(text.exit).toBe(0);
    const quote = (await run(['inspect', 'quote.dat', '--json'], files)).json();
    expect(quote['reportData']).toMatch(/^0badcafe0+$/);
  });

  it('extends by a digest or by a file, and says what it cannot do', async () => {
    await machine(['new', 'dev', '--no-boot']);
    const files: Files = new Map([['app', Uint8Array.of(1, 2, 3)]]);
    expect((await machine(['extend', 'dev', 'rtmr2', '--file', 'app'], files)).exit).toBe(0);
    expect((await machine(['extend', 'dev', 'rtmr2', '--digest', '11'.repeat(48)])).exit).toBe(0);
    expect((await machine(['log', 'dev', '--register', 'rtmr2'])).out).toContain('# .EXTEND 1111');
    const refused: [string[], string][] = [
      [['extend', 'dev', 'rtmr2'], 'what to extend by?'],
      [['extend', 'dev', 'rtmr2', '--digest', '11'], 'expected 48 bytes'],
      [['extend', 'dev', 'rtmr2', '--digest', 'xyz'], 'expected hex'],
      [['extend', 'dev', 'mrtd', '--digest', '11'.repeat(48)], 'static'],
      [['extend', 'dev', 'rtmr9', '--event', 'x'], 'this machine has mrtd'],
      [['extend', 'none', 'rtmr2', '--event', 'x'], 'there are: dev'],
      [['new', 'dev'], 'exists'],
      [['new', '../dev'], 'machine name'],
      [['new', 'other', '--provider', 'nosuch'], 'no provider nosuch'],
      [['new', 'other', '--at', 'yesterday'], 'expected a date'],
      [['log', 'dev'], 'no firmware log'],
    ];
    for (const [args, text] of refused) {
      const ran = await machine(args);
      expect([args, ran.exit]).toEqual([args, 2]);
      expect(ran.err).toContain(text);
    }
    const registers = (await machine(['show', 'dev', '--json'])).json()['registers'];
    expect((await machine(['show', 'dev', '--json'])).json()['registers']).toEqual(registers);
  });

  it('the same seed and time give the same machine', async () => {
    const options = ['--seed', 'x', '--at', '2026-02-03T00:00:00Z', '--json'];
    const one = (await machine(['new', 'a', ...options])).json();
    const two = (await machine(['new', 'b', ...options])).json();
    expect(one['registers']).toEqual(two['registers']);
  });

  it('a corrupt journal names its line and is left as it is; salvage goes on before that line', async () => {
    await machine(['new', 'dev']);
    const path = join(state, 'machines/dev/journal.ndjson');
    const good = await readFile(path, 'utf8');
    await writeFile(path, `${good}{"op":"explode"}\n`);
    const ran = await machine(['show', 'dev']);
    expect(ran.exit).toBe(3);
    expect(ran.err).toContain('journal.ndjson line 2: op "explode" is not known — "tsm machine salvage dev"');
    expect(await readFile(path, 'utf8')).toBe(`${good}{"op":"explode"}\n`);
    const listed = await machine(['list', '--json']);
    expect(listed.json()['machines']).toMatchObject([{ id: 'dev', error: { code: 'journal.corrupt' } }]);
    expect((await machine(['list'])).out).toContain('line 2');
    const salvaged = (await machine(['salvage', 'dev', '--json'])).json();
    expect(salvaged).toMatchObject({ kept: 1, dropped: 17 });
    expect(await readFile(String(salvaged['original']), 'utf8')).toBe(`${good}{"op":"explode"}\n`);
    expect(await readFile(path, 'utf8')).toBe(good);
    expect((await machine(['show', 'dev'])).exit).toBe(0);
    expect((await machine(['salvage', 'dev'])).out).toContain('nothing is wrong');
  });

  it('a module that has no provider is refused by name', async () => {
    const ran = await machine(['new', 'dev', '--provider', './bad.mjs'], undefined, {
      './bad.mjs': { apiVersion: 1, id: 'X' },
    });
    expect(ran.exit).toBe(3);
    expect(ran.err).toContain('./bad.mjs has no provider as its default export — provider: id must be');
  });
});
