/** `tsm log convert`: what it writes and where, what it says is held and lost, and how it refuses. */
import { utf8Text } from '@tsm/core';
import { decodeLog } from '@tsm/eventlog';
import { describe, expect, it } from 'vitest';
import { run, tooWide, type Files } from './support/run.ts';
import { sampleFiles } from './support/sample.ts';

const samples = await sampleFiles();
const fresh = (): Files => new Map(samples);

describe('log convert', () => {
  it('writes a file, says what is held and what is lost, and replays alike', async () => {
    const files = fresh();
    const ran = await run(['log', 'convert', 'ccel.bin', '--to', 'cel-cbor', '-o', 'boot.cbor'], files);
    expect([ran.exit, ran.err]).toEqual([0, '']);
    expect(ran.out).toMatch(/boot\.cbor {2}cel-cbor · \d+ events · [\d.]+ kB, from ccel/);
    expect(ran.out).toContain('4 of 4 registers replay to the same values');
    expect(ran.out).toMatch(/the log {2,}padding of the log area: \d+ bytes/);
    expect(tooWide(ran.out)).toEqual([]);
    const values = async (file: string): Promise<unknown> => {
      const { registers } = (await run(['log', 'replay', file, '--json'], files)).json() as unknown as {
        registers: { name: string; value: string }[];
      };
      return registers.map(({ name, value }) => [name, value]);
    };
    expect(await values('boot.cbor')).toEqual(await values('ccel.bin'));
    const back = await run(['log', 'convert', 'boot.cbor', '--to', 'ccel', '-o', 'again.bin'], files);
    expect(back.out).toMatch(/\d+ events {2}0 1 2 3 4 … {2}members of the record: recnum\n/);
    expect(back.out.match(/lost by/g)).toHaveLength(1);
    expect(files.get('again.bin')).toEqual(samples.get('unpadded.bin'));
  });

  it('lists losses by event, whole, on a terminal of 80 columns', async () => {
    const files = fresh();
    const args = ['log', 'convert', 'ccel.bin', '--to', 'trust-authority-json', '-o', 'ita.json'];
    const ran = await run(args, files);
    expect(ran.out).toMatch(/lost by +numbers +what\n/);
    expect(ran.out).toMatch(/\d+ events {2}[\d ]+ … {2,}the order of events of different registers\n/);
    const back = await run(['log', 'convert', 'ita.json', '--to', 'ccel', '-o', 'back.bin'], files);
    expect(back.out).toMatch(/lost by \d+ events \([\d ]+ …\)\n {4}what the digest is of: by the rules/);
    expect(tooWide(ran.out + back.out)).toEqual([]);
    const same = await run(['log', 'convert', 'unpadded.bin', '--to', 'cel-json', '-o', 'x.json'], files);
    expect(same.out).toContain('nothing is lost');
  });

  it('without a file writes the log to standard output, and the report to standard error', async () => {
    const files = fresh();
    const args = ['log', 'convert', 'ccel.bin', '--to', 'tsm-text', '--register', 'rtmr1'];
    const ran = await run(args, files);
    expect([ran.exit, ran.out]).toEqual([0, '']);
    const log = decodeLog(files.get('-')!);
    expect([log.format, log.dialect]).toEqual(['tsm-text', 'rfc']);
    expect(ran.err).toContain('1 of 1 register replays to the same value');
    expect(tooWide(ran.err)).toEqual([]);
    const shown = await run(args, fresh(), {}, undefined, true);
    expect(shown.out).toBe(utf8Text(files.get('-')!));
  });

  it('does not write bytes to a terminal', async () => {
    const args = ['log', 'convert', 'ccel.bin', '--to', 'cel-tlv'];
    const ran = await run(args, fresh(), {}, undefined, true);
    expect([ran.exit, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain('give -o FILE, or a pipe');
    const json = await run(['log', 'convert', 'ccel.bin', '--to', 'cel-json'], fresh(), {}, undefined, true);
    expect(JSON.parse(json.out)).toHaveLength(decodeLog(samples.get('ccel.bin')!).count);
  });

  it('keeps a file that exists, unless told', async () => {
    const args = ['log', 'convert', 'ccel.bin', '--to', 'cel-tlv', '-o', 'rtmr3.log'];
    const files = fresh();
    const ran = await run(args, files);
    expect([ran.exit, ran.err]).toEqual([2, 'error: rtmr3.log exists\n  give --force to replace it\n']);
    expect(files.get('rtmr3.log')).toBe(samples.get('rtmr3.log'));
    expect((await run([...args, '--force'], files)).exit).toBe(0);
    expect(decodeLog(files.get('rtmr3.log')!).format).toBe('cel-tlv');
  });

  it('is one document in JSON, with the log where no file is named', async () => {
    const args = ['log', 'convert', 'rtmr3.log', '--to', 'dstack-json', '--register', 'rtmr3', '--json'];
    const json = (await run(args, fresh())).json() as unknown as Record<string, unknown>;
    expect(json).toMatchObject({
      ...{ from: 'tsm-text (rfc)', to: 'dstack-json', written: null },
      registers: [{ name: 'rtmr3', algorithm: 'sha384', events: 3 }],
      losses: [{ kind: 'type', events: 3, first: [0, 1, 2] }, { kind: 'statement' }],
    });
    expect(json['log']).toMatch(/^[0-9a-f]+$/);
    const files = fresh();
    const written = (await run([...args, '-o', 'x.json'], files)).json() as unknown as Record<
      string,
      unknown
    >;
    expect([written['written'], written['log'], files.has('x.json')]).toEqual(['x.json', undefined, true]);
  });

  const REFUSALS: readonly (readonly [exit: number, file: string, args: string, says: string])[] = [
    [3, 'ccel.bin', '--to tcg2', 'registers of another numbering have other values'],
    [3, 'ccel.bin', '--to ima-ascii', 'entries of IMA templates alone'],
    [3, 'cut.bin', '--to cel-json', 'the source cannot be read whole'],
    [2, 'ccel.bin', '--to tsm-text', 'the register to convert (--register NAME)'],
    [2, 'rtmr3.log', '--to ccel', '(--register NAME)'],
    [2, 'ccel.bin', '--to cel-json --register rtmr9', 'the name of no register'],
    [2, 'ccel.bin', '--to cel-json --algorithm sha1', 'the source has no bank sha1'],
    [2, 'ccel.bin', '--to cel-json --algorithm md5', '--algorithm md5'],
    [2, 'ccel.bin', '--to elsewhere', '--to elsewhere: expected one of ccel'],
    [2, 'ccel.bin', '--to tsm-text --dialect old', '--dialect old'],
    [3, 'noise.bin', '--to cel-json', 'no known log format'],
  ];

  it.each(REFUSALS)('exits with %i for %s %s', async (exit, file, args, says) => {
    const all = ['log', 'convert', file, ...args.split(' '), '-o', 'new'];
    const files = fresh();
    const ran = await run(all, files);
    expect([ran.exit, ran.out, files.has('new')]).toEqual([exit, '', false]);
    expect(ran.err).toContain(says);
    const json = (await run([...all, '--json'], files)).json() as unknown as Record<string, unknown>;
    if ('refused' in json) expect(json).toMatchObject({ written: null, registers: [], losses: [] });
    else expect(json).toHaveProperty('error.message');
  });

  it('reads a text log as it is told', async () => {
    const log = new TextEncoder().encode('INIT sha384/' + '0'.repeat(96) + '\nexample.org/app start v1\n');
    const files: Files = new Map([['app.log', log]]);
    const args = ['log', 'convert', 'app.log', '--from-dialect', 'aael', '--to', 'tsm-text', '--json'];
    const json = (await run(args, files)).json();
    expect(json).toMatchObject({
      from: 'tsm-text (aael)',
      to: 'tsm-text (rfc)',
      losses: [{ kind: 'statement' }, { kind: 'recognition' }],
    });
  });
});
