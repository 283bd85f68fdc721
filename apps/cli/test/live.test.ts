/** The machine named `live`, through the command line. */
import { describe, expect, it } from 'vitest';
import { plainTree } from './support/plain-tree.ts';
import { run, tooWide, type Files } from './support/run.ts';

const root = plainTree();
const live = (...args: readonly string[]) => run(['machine', ...args, '--root', root]);

describe('the machine live', () => {
  it('shows the registers that the kernel shows, by the words of their provider', async () => {
    const { exit, out, json } = await live('show', 'live', '--json');
    expect(exit).toBe(0);
    expect(json()).toMatchObject({ id: 'live', provider: 'tdx', source: 'live' });
    expect(json()['registers']).toContainEqual({
      ...{ name: 'rtmr2', role: 'os', algorithm: 'sha384', kind: 'runtime', value: '02'.repeat(48) },
    });
    const plain = await live('show', 'live');
    expect(tooWide(plain.out)).toEqual([]);
    expect(plain.out).toContain('live · tdx');
    expect(out).not.toBe('');
  });

  it('is read-only, and says how it is not', async () => {
    const { exit, err } = await live('extend', 'live', 'rtmr2', '--digest', '00'.repeat(48));
    expect(exit).toBe(2);
    expect(err).toContain('--allow-extend');
  });

  it('extends when it is asked to', async () => {
    const { exit, out } = await live(
      'extend',
      'live',
      'rtmr3',
      '--digest',
      'ab'.repeat(48),
      '--allow-extend',
    );
    expect(exit).toBe(0);
    expect(out).not.toContain('logged');
  });

  it('has the firmware log and that of IMA', async () => {
    const files: Files = new Map();
    await run(['machine', 'log', 'live', '--root', root, '--out', 'ccel'], files);
    await run(['machine', 'log', 'live', '--ima', '--root', root, '--out', 'ima'], files);
    expect([...files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)])).toEqual([
      ['ccel', 'firmware'],
      ['ima', 'measured'],
    ]);
    expect((await live('log', 'live', '--ima', '--register', 'rtmr0')).exit).toBe(2);
  });

  it('without a TVM says what was looked for, and what to do', async () => {
    const { exit, err } = await run(['machine', 'show', 'live', '--root', `${root}/sys`]);
    expect(exit).toBe(3);
    expect(err).toMatch(/this is no confidential VM: .*\/dev\/tdx_guest[\s\S]*tsm run -- COMMAND/);
  });

  it('leaves its name and its options to nobody else', async () => {
    expect((await run(['machine', 'new', 'live'])).err).toContain('choose another name');
    expect((await live('show', 'dev')).err).toContain('--root is for the machine live');
    const extend = ['extend', 'dev', 'rtmr3', '--digest', '00', '--allow-extend'];
    expect((await run(['machine', ...extend])).err).toContain('--allow-extend is for the machine live');
    expect((await run(['machine', 'log', 'dev', '--ima'])).exit).toBe(2);
  });
});
