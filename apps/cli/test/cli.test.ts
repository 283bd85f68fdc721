/** The command line as people and scripts use it: text within 80 columns, one JSON document, exit codes. */
import { concat, fromHex, toBase64, toHex, utf8Bytes, utf8Text } from '@tsm/core';
import { describe, expect, it } from 'vitest';
import { run, tooWide, type Files } from './support/run.ts';
import { sampleFiles } from './support/sample.ts';

const files = await sampleFiles();
const HEX = /^[0-9a-f]+$/;

describe('log replay', () => {
  it('prints the documented JSON', async () => {
    const ran = await run(['log', 'replay', 'ccel.bin', '--json'], files);
    expect(ran.exit).toBe(0);
    const json = ran.json();
    expect(json).toMatchObject({ format: 'ccel', eventCount: 37, issues: [] });
    expect(json['registers']).toMatchObject([
      {
        name: 'rtmr0',
        ccMr: 1,
        algorithm: 'sha384',
        start: '00'.repeat(48),
        value: expect.stringMatching(HEX) as string,
      },
      { name: 'rtmr1', ccMr: 2 },
      { name: 'rtmr2', ccMr: 3 },
      { name: 'rtmr3', ccMr: 4, value: '00'.repeat(48) },
    ]);
  });

  it('names the register of a text log only when told', async () => {
    const anonymous = (await run(['log', 'replay', 'rtmr3.log', '--json'], files)).json();
    expect(anonymous).toMatchObject({
      format: 'tsm-text',
      dialect: 'rfc',
      eventCount: 3,
      registers: [{ name: null }],
    });
    const named = (await run(['log', 'replay', 'rtmr3.log', '--register', 'RTMR3', '--json'], files)).json();
    expect(named).toMatchObject({ registers: [{ name: 'rtmr3', ccMr: 4 }] });
  });

  it('reads a file that does not fit into memory in parts, with the same answer', async () => {
    const whole = await run(['log', 'replay', 'ccel.bin', '--json'], files);
    const inParts = await run(['log', 'replay', 'ccel.bin', '--json'], files, {}, 1000);
    expect(inParts.out).toBe(whole.out);
    expect((await run(['log', 'replay', 'cut.bin'], files, {}, 1000)).exit).toBe(3);
  });

  it('reads every wrapping, and standard input', async () => {
    const ccel = files.get('unpadded.bin')!;
    const plain = (await run(['log', 'replay', 'unpadded.bin', '--json'], files)).out;
    const wrapped: Files = new Map([
      ['-', ccel],
      ['hex', utf8Bytes(toHex(ccel))],
      ['base64', utf8Bytes(`${toBase64(ccel)}\n`)],
      ['json', utf8Bytes(JSON.stringify({ Log: { Raw: toBase64(ccel) } }))],
      ['in json in json', utf8Bytes(JSON.stringify({ body: JSON.stringify({ cc_eventlog: toHex(ccel) }) }))],
    ]);
    for (const name of wrapped.keys())
      expect((await run(['log', 'replay', name, '--json'], wrapped)).out).toBe(plain);
  });
});

describe('log verify', () => {
  it('agrees with the quote of the same machine', async () => {
    for (const quote of ['quote.dat', 'quote-padded.dat']) {
      const ran = await run(['log', 'verify', 'ccel.bin', '--evidence', quote, '--json'], files);
      const registers = ran.json()['registers'] as unknown as {
        name: string;
        match: boolean;
        status: string;
      }[];
      expect(registers.map((one) => [one.name, one.match])).toEqual([
        ['rtmr0', true],
        ['rtmr1', true],
        ['rtmr2', true],
        ['rtmr3', false],
      ]);
      expect(registers[3]?.status).toBe('notExplained');
      expect(ran.exit).toBe(7);
    }
    const text = await run(
      ['log', 'verify', 'rtmr3.log', '--evidence', 'quote.dat', '--register', 'rtmr3'],
      files,
    );
    expect(text.exit).toBe(0);
    expect(text.out).toContain('1 of 1 register agrees with the log');
  });

  it('shows where log and register part, with proof', async () => {
    const ran = await run(['log', 'verify', 'bad-event.bin', '--evidence', 'quote.dat', '--json'], files);
    expect(ran.exit).toBe(8);
    expect(ran.json()['registers']).toMatchObject([
      {
        name: 'rtmr0',
        match: false,
        firstDivergence: { event: 8, typeName: 'EV_SEPARATOR', reason: 'digest', proven: true },
      },
      { name: 'rtmr1', match: true },
      { name: 'rtmr2', match: true },
      { name: 'rtmr3', match: false },
    ]);
    const human = await run(
      ['log', 'verify', 'bad-event.bin', '--evidence', 'quote.dat', '--known-good', 'ccel.bin'],
      files,
    );
    expect(human.out).toContain('differs at event 8');
    expect(human.out).toContain('proven');
  });

  it('takes registers by hand, and refuses nothing to compare with', async () => {
    const replayed = (await run(['log', 'replay', 'ccel.bin', '--json'], files)).json();
    const [rtmr0] = replayed['registers'] as unknown as { value: string }[];
    const ok = await run(
      ['log', 'verify', 'ccel.bin', '--expect', `rtmr0=${rtmr0?.value ?? ''}`, '--json'],
      files,
    );
    expect(ok.exit).toBe(0);
    expect(
      (await run(['log', 'verify', 'ccel.bin', '--expect', `rtmr0:sha384=${'11'.repeat(48)}`], files)).exit,
    ).toBe(8);
    expect(
      (
        await run(['log', 'verify', 'ccel.bin', '--expect', `pcr9=${'11'.repeat(48)}`, '--json'], files)
      ).json(),
    ).toMatchObject({
      registers: [],
      notInLog: ['pcr9'],
    });
    expect((await run(['log', 'verify', 'ccel.bin'], files)).exit).toBe(2);
    expect((await run(['log', 'verify', 'ccel.bin', '--expect', 'nonsense'], files)).exit).toBe(2);
    expect((await run(['log', 'verify', 'rtmr3.log', '--evidence', 'quote.dat'], files)).err).toContain(
      '--register',
    );
  });
});

describe('log verify --chain', () => {
  const verify = ['log', 'verify', 'ccel.bin', '--chain', 'rtmr3=rtmr3.log', '--evidence', 'quote.dat'];

  it('explains every register of the quote by firmware log and text log together', async () => {
    const ran = await run([...verify, '--json'], files);
    expect(ran.exit).toBe(0);
    const registers = ran.json()['registers'] as unknown as {
      name: string;
      status: string;
      parts: unknown[];
    }[];
    expect(registers.map(({ name, status }) => [name, status])).toEqual([
      ['rtmr0', 'match'],
      ['rtmr1', 'match'],
      ['rtmr2', 'match'],
      ['rtmr3', 'match'],
    ]);
    expect(registers[3]?.parts).toMatchObject([{ kind: 'logged', link: 'rtmr3.log', events: 3 }]);
    const human = await run(verify, files);
    expect(human.out).toContain('✔ RTMR3  agrees');
    expect(tooWide(human.out)).toEqual([]);
  });

  it('names what no log explains', async () => {
    const ran = await run(
      ['log', 'verify', 'ccel.bin', '--chain', 'rtmr2=rtmr3.log', '--evidence', 'quote.dat'],
      files,
    );
    expect(ran.exit).toBe(7);
    expect(ran.out).toMatch(/no log\s+unlogged/);
    expect(ran.out).toContain('RTMR3  no log is about it');
  });
});

describe('log show', () => {
  it('has a line an event, filters by register, and keeps control characters from the terminal', async () => {
    const all = await run(['log', 'show', 'ccel.bin'], files);
    expect(all.exit).toBe(0);
    expect(all.out).toContain('EV_EFI_BOOT_SERVICES_APPLICATION  ?  \\EFI\\BOOT\\BOOTX64.EFI');
    const some = (await run(['log', 'show', 'ccel.bin', '--register', 'rtmr2', '--json'], files)).json();
    const events = some['events'] as unknown as { register: string; digestCheck: string }[];
    expect(new Set(events.map((event) => event.register))).toEqual(new Set(['rtmr2']));
    const hostile: Files = new Map([
      ['h', utf8Bytes('SYNC sha256/' + '0'.repeat(64) + '\nexample.com/x \x1b[2Jwipe it\n')],
    ]);
    expect((await run(['log', 'show', 'h', '--format', 'tsm-text'], hostile)).out).not.toContain('\x1b');
  });
});

describe('writing text logs', () => {
  it('new and append give a log that replays to the value they print', async () => {
    const own: Files = new Map<string, Uint8Array>();
    expect((await run(['log', 'new', 'a.tsmlog', '--algorithm', 'sha256'], own)).exit).toBe(0);
    const added = (
      await run(['log', 'append', 'a.tsmlog', 'example.com/a start 1', 'example.com/a stop 2', '--json'], own)
    ).json();
    const replayed = (await run(['log', 'replay', 'a.tsmlog', '--json'], own)).json();
    expect(replayed).toMatchObject({
      eventCount: 3,
      issues: [],
      registers: [{ algorithm: 'sha256', value: added['value'] }],
    });
  });

  it('does not replace a file unless forced, and refuses bad arguments by name', async () => {
    const own: Files = new Map([['a', utf8Bytes('precious')]]);
    expect((await run(['log', 'new', 'a'], own)).exit).toBe(2);
    expect(own.get('a')).toEqual(utf8Bytes('precious'));
    expect((await run(['log', 'new', 'a', '--force'], own)).exit).toBe(0);
    expect((await run(['log', 'new', 'b', '--algorithm', 'md5'], own)).err).toContain('--algorithm md5');
    expect((await run(['log', 'new', 'b', '--start', '00'], own)).err).toContain('96 hex digits');
    expect((await run(['log', 'new', 'b', '--dialect', 'x'], own)).exit).toBe(2);
    expect(own.has('b')).toBe(false);
  });
});

describe('inspect', () => {
  it('says what a file is', async () => {
    expect((await run(['inspect', 'quote.dat', '--json'], files)).json()).toMatchObject({
      kind: 'evidence',
      technology: 'tdx',
      format: 'quote-v4',
      trailing: 0,
    });
    expect((await run(['inspect', 'quote-padded.dat', '--json'], files)).json()).toMatchObject({
      trailing: 3065,
    });
    expect((await run(['inspect', 'ccel.bin', '--json'], files)).json()).toMatchObject({
      kind: 'log',
      format: 'ccel',
    });
    const fields = await run(['inspect', 'quote.dat', '--fields'], files);
    expect(fields.out).toMatch(/0x30\s+584\s+body/);
  });
});

describe('a third party', () => {
  const provider = {
    ...{ apiVersion: 1, id: 'toy', title: 'Toy', registers: [] },
    evidence: {
      recognise: (bytes: Uint8Array) => utf8Text(bytes).startsWith('TOY1'),
      decode: (bytes: Uint8Array) => ({
        ...{ technology: 'toy', format: 'toy-1', trailing: 0, issues: [], reportData: new Uint8Array(0) },
        registers: [{ name: 'rtmr3', value: bytes.subarray(4, 52), offset: 4 }],
        tree: { name: 'toy', path: '', offset: 0, length: 52, value: undefined, doc: '', children: [] },
      }),
    },
  };

  it('has its evidence read by inspect and log verify', async () => {
    const replayed = (await run(['log', 'replay', 'rtmr3.log', '--json'], files)).json();
    const [{ value } = { value: '' }] = replayed['registers'] as unknown as { value: string }[];
    const own: Files = new Map([
      ...files,
      ['toy.bin', concat(utf8Bytes('TOY1'), fromHex(value) ?? new Uint8Array(0))],
    ]);
    const modules = { './toy.mjs': provider };
    const looked = await run(['inspect', 'toy.bin', '--provider', './toy.mjs', '--json'], own, modules);
    expect(looked.json()).toMatchObject({ technology: 'toy', format: 'toy-1' });
    const verify = ['log', 'verify', 'rtmr3.log', '--evidence', 'toy.bin', '--register', 'rtmr3'];
    expect((await run([...verify, '--provider', './toy.mjs'], own, modules)).exit).toBe(0);
    expect((await run(verify, own, modules)).exit).toBe(3);
  });
});

describe('demo', () => {
  it("tells the whole story, and on the user's own files too", async () => {
    const tour = await run(['demo', '--no-editor']);
    expect(tour.exit).toBe(0);
    expect(tour.out).toContain('4 of 4 registers agree with the quote');
    expect(tour.out).toContain('✘ compare    RTMR1 differs');
    expect(tour.out).toContain('EV_EFI_BOOT_SERVICES_APPLICATION');
    const own = await run(['demo', 'ccel.bin', 'quote.dat'], files);
    expect(own.exit).toBe(7);
    expect(own.out).toContain('3 of 4 registers agree with the quote');
    expect((await run(['demo', 'ccel.bin'], files)).exit).toBe(0);
  });
});

describe('every command', () => {
  const commands: string[][] = [
    ['log', 'replay', 'ccel.bin', '--register', 'rtmr1'],
    ['log', 'verify', 'ccel.bin', '--evidence', 'quote.dat'],
    ['log', 'verify', 'bad-event.bin', '--evidence', 'quote.dat'],
    ['log', 'show', 'ccel.bin'],
    ['log', 'show', 'rtmr3.log'],
    ['inspect', 'quote.dat'],
    ['inspect', 'quote.dat', '--fields'],
    ['inspect', 'ccel.bin'],
    ['demo'],
    ['--help'],
    ['log', 'verify', '--help'],
    ['machine', 'new', '--help'],
  ];
  it.each(commands)('%s %s %s %s stays within 80 columns', async (...args) => {
    const { out } = await run(
      args.filter((one) => typeof one === 'string'),
      files,
    );
    // Full register values are wider than any terminal, and are what replay is for.
    const long =
      args[1] === 'replay' ? tooWide(out).filter((line) => !/[0-9a-f]{64,}/.test(line)) : tooWide(out);
    expect(long).toEqual([]);
  });

  const failing: [string[], number, string][] = [
    [['log', 'replay', 'cut.bin'], 3, ''],
    [['log', 'replay', 'noise.bin'], 3, 'log.unknown-format'],
    [['log', 'replay', 'empty.bin'], 3, 'log.empty'],
    [['log', 'replay', 'missing.bin'], 3, 'input.unreadable'],
    [['log', 'replay', 'ccel.bin', '--format', 'xml'], 2, 'usage'],
    [['log', 'verify', 'ccel.bin', '--evidence', 'noise.bin'], 3, 'evidence.unknown'],
    [['inspect', 'noise.bin'], 3, 'input.unknown'],
    [['log', 'frobnicate'], 2, 'usage'],
    [['log', 'replay'], 2, 'usage'],
    [['log', 'replay', 'ccel.bin', '--frobnicate'], 2, 'usage'],
    [['demo', 'noise.bin'], 3, 'log.unknown-format'],
  ];
  it.each(failing)(
    '%j exits with %d, says so on standard error, and prints one JSON document',
    async (args, exit, code) => {
      const human = await run(args, files);
      expect(human.exit).toBe(exit);
      if (code !== '') expect(human.err).not.toBe('');
      const machine = await run([...args, '--json'], files);
      expect(machine.exit).toBe(exit);
      const json = machine.json();
      if (code !== '')
        expect(json).toMatchObject({ error: { code, message: expect.stringMatching(/./) as string } });
    },
  );

  it('a cut log still gives what could be read, and says where it ends', async () => {
    const json = (await run(['log', 'replay', 'cut.bin', '--json'], files)).json();
    expect(json).toMatchObject({
      eventCount: 36,
      issues: [{ code: 'tcg.truncated', path: 'events[36].event' }],
    });
    expect((await run(['log', 'replay', 'cut.bin'], files)).out).toMatch(
      /error: offset 0x[0-9a-f]+ \(events\[36\]\.event\)/,
    );
  });

  it('help is not an error', async () => {
    for (const args of [['--help'], ['log', '--help'], ['--version']]) expect((await run(args)).exit).toBe(0);
  });
});
