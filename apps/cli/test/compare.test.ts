/** `tsm log explain`, `diff` and `text`: what changed between logs, and what makes a log agree with a register. */
import { decodeLog } from '@tsm/eventlog';
import { describe, expect, it } from 'vitest';
import { run, tooWide, type Files } from './support/run.ts';
import { sampleFiles } from './support/sample.ts';

const files = await sampleFiles();

/** The firmware log without one of its events. */
function without(bytes: Uint8Array, number: number): Uint8Array {
  const { offset, length } = decodeLog(bytes).event(number);
  const copy = new Uint8Array(bytes.length - length);
  copy.set(bytes.subarray(0, offset));
  copy.set(bytes.subarray(offset + length), offset);
  return copy;
}

const ccel = files.get('unpadded.bin')!;
const EVENT = 19;
const more: Files = new Map([...files, ['short.bin', without(ccel, EVENT)]]);

describe('log explain', () => {
  it('finds the flipped bit of an event, and proves it', async () => {
    const args = ['log', 'explain', 'bad-event.bin', '--register', 'rtmr0', '--evidence', 'quote.dat'];
    const ran = await run([...args, '--json'], files);
    expect(ran.exit).toBe(0);
    expect(ran.json()).toMatchObject({ found: true, register: 'rtmr0', edits: [{ event: 8 }] });
    const human = await run(args, files);
    expect(human.out).toMatch(/plan {3}at most [\d ]+ extends, .* on \d+ cores?\n/);
    expect(human.out).toMatch(
      /✔ found {2}1 edit · proven · (unique|not unique,) among [\d ]+ tried \(\d+\.\d\d s\)/,
    );
    expect(tooWide(human.out)).toEqual([]);
  });

  it('finds an event that is missing, by a known-good log', async () => {
    const args = ['log', 'explain', 'short.bin', '--register', 'rtmr1', '--evidence', 'quote.dat'];
    const ran = await run([...args, '--known-good', 'ccel.bin', '--json'], more);
    expect(ran.json()).toMatchObject({ found: true, edits: [{ kind: 'missing' }] });
    const alone = await run(args, more);
    expect(alone.exit).toBe(7);
    expect(alone.out).toContain('no single edit gives the value');
    expect(alone.out).toContain('not searched:');
  });

  it('says when there is nothing to explain, and what it needs', async () => {
    const right = await run(
      ['log', 'explain', 'ccel.bin', '--register', 'rtmr1', '--evidence', 'quote.dat'],
      files,
    );
    expect([right.exit, right.out.includes('the log gives the value as it stands')]).toEqual([0, true]);
    const wrong: [string[], string][] = [
      [['--register', 'rtmr1'], 'give --expect HEX'],
      [['--register', 'rtmr1', '--expect', 'xyz'], '--expect xyz'],
      [['--register', 'rtmr9', '--expect', '00'], 'this log does not extend rtmr9'],
      [['--register', 'rtmr9', '--evidence', 'quote.dat'], 'the evidence has no register rtmr9'],
      [['--register', 'rtmr1', '--evidence', 'quote.dat', '--budget', 'long'], '--budget long'],
      [['--register', 'rtmr1', '--evidence', 'quote.dat', '--max-edits', '3'], '--max-edits 3'],
      [['--register', 'rtmr1', '--evidence', 'quote.dat', '--jobs', '0'], '--jobs 0'],
    ];
    for (const [args, text] of wrong) {
      const ran = await run(['log', 'explain', 'ccel.bin', ...args], files);
      expect([args, ran.exit]).toEqual([args, 2]);
      expect(ran.err).toContain(text);
    }
  });
});

describe('log diff', () => {
  it('says in words what differs, and where registers part', async () => {
    const ran = await run(['log', 'diff', 'ccel.bin', 'short.bin'], more);
    expect(ran.exit).toBe(8);
    expect(ran.out).toMatch(/✘ RTMR1 {2}another value, 1 difference/);
    expect(ran.out).toContain('grubx64.efi');
    expect(tooWide(ran.out)).toEqual([]);
    const json = (await run(['log', 'diff', 'ccel.bin', 'short.bin', '--json'], more)).json();
    expect(json).toMatchObject({ files: ['ccel.bin', 'short.bin'], diffs: [{ equal: false }] });
  });

  it('finds equal logs equal, and groups several', async () => {
    expect((await run(['log', 'diff', 'ccel.bin', 'unpadded.bin'], files)).exit).toBe(0);
    const three = await run(['log', 'diff', 'ccel.bin', 'short.bin', 'unpadded.bin'], more);
    expect(three.out).toContain('{ccel.bin, unpadded.bin}  {short.bin}');
    expect((await run(['log', 'diff', 'ccel.bin'], files)).exit).toBe(2);
  });

  it('has a text form that differs by one line where the logs differ by one event', async () => {
    const [whole, short] = await Promise.all(
      ['ccel.bin', 'short.bin'].map(async (file) => (await run(['log', 'text', file], more)).out.split('\n')),
    );
    const values = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => !line.includes(' = '));
    expect(values(whole!).length).toBe(values(short!).length + 1);
    expect((await run(['log', 'diff', 'ccel.bin', 'short.bin', '--text'], more)).out).toContain(
      'rtmr1: 1 difference, other value',
    );
  });
});
