/** The simulated machine: boot, extend, log, report, journal; over the TDX provider and over a tiny one of its own. */
import {
  equalBytes,
  extendDigest,
  portableDigests,
  toHex,
  TsmError,
  utf8Bytes,
  utf8Text,
  type Provider,
} from '@tsm/core';
import { compare, decodeLog, replay } from '@tsm/eventlog';
import {
  decodeJournal,
  formatEntry,
  openMachine,
  openSharedMachine,
  parseJournal,
  privateJournal,
  sampleBoot,
  type Created,
  type JournalEntry,
  type SharedMachine,
} from '@tsm/machine';
import tdx from '@tsm/provider-tdx';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const CREATED: Created = {
  ...{ op: 'create', version: 1, id: 'm', provider: 'tdx', boot: true },
  ...{ seed: new Uint8Array(32).fill(3), now: new Date('2026-01-01T00:00:00Z'), values: {} },
};
const DIGEST = new Uint8Array(48).fill(9);

async function quoteRegisters(machine: ReturnType<typeof openMachine>) {
  const { outblob } = await machine.report({ inblob: new Uint8Array(64) });
  return tdx.evidence.decode(outblob).registers;
}

describe('boot', () => {
  it('writes a CCEL that decodes without an issue and explains every register of the quote', async () => {
    const machine = openMachine(tdx, [CREATED]);
    const log = decodeLog((await machine.firmwareLog())!);
    expect(log).toMatchObject({
      format: 'ccel',
      issues: [],
      count: sampleBoot().length + 1,
      tail: { kind: 'padding-ff' },
    });
    const { registers } = compare(
      log,
      (await quoteRegisters(machine)).filter(({ name }) => name.startsWith('rtmr')),
    );
    expect(registers.map((one) => one.status)).toEqual(['match', 'match', 'match', 'match']);
    for (const event of log) expect(event.content().issues).toEqual([]);
    const withLog = machine.registers.filter((one) => one.initialLog).map((one) => one.name);
    expect(withLog).toEqual(['rtmr0', 'rtmr1', 'rtmr2', 'rtmr3']);
  });

  it('is left out when the machine was made without', async () => {
    const machine = openMachine(tdx, [{ ...CREATED, boot: false }]);
    expect(await machine.firmwareLog()).toBeUndefined();
    expect(toHex(await machine.read('rtmr0'))).toBe('00'.repeat(48));
  });
});

describe('registers and logs', () => {
  it('a text log on a firmware register is chained to the firmware log by its SYNC', async () => {
    const machine = openMachine(tdx, [CREATED]);
    const before = await machine.read('rtmr2');
    await machine.append('rtmr2', 'example.com/agent start');
    const text = await machine.eventLog('rtmr2');
    expect(utf8Text(text)).toMatch(new RegExp(`^SYNC sha384/${toHex(before)}\n\nexample.com/agent start\n$`));
    const [register] = replay(decodeLog(text)).registers;
    expect(register?.value).toEqual(await machine.read('rtmr2'));
  });

  it('whatever is appended and extended, each log replays to its register without a mismatch', async () => {
    const step = fc.record({
      register: fc.constantFrom('rtmr0', 'rtmr3'),
      event: fc.option(fc.stringMatching(/^[a-z #]{1,20}$/)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const machine = openMachine(tdx, [CREATED]);
        for (const { register, event } of steps) {
          if (event === null) await machine.extend(register, DIGEST);
          else await machine.append(register, event);
        }
        for (const register of ['rtmr0', 'rtmr3']) {
          const log = decodeLog(await machine.eventLog(register), { dialect: 'rfc' });
          const replayed = replay(log);
          expect(replayed.issues).toEqual([]);
          // A log of direct extends alone never says which value it began from.
          if ([...log].every((event) => event.typeName === '.EXTEND')) continue;
          expect(replayed.registers[0]?.value).toEqual(await machine.read(register));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('refuses what cannot be done, before anything is written', async () => {
    const written: JournalEntry[] = [];
    const machine = openMachine(
      tdx,
      [CREATED],
      privateJournal((entry) => void written.push(entry)),
    );
    await expect(machine.extend('mrtd', DIGEST)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(machine.extend('rtmr7', DIGEST)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(machine.extend('rtmr0', new Uint8Array(20))).rejects.toThrow('expected 48 bytes, got 20');
    await expect(machine.append('rtmr0', 'x'.repeat(5000))).rejects.toThrow('at most 4096 bytes');
    expect(written).toEqual([]);
  });

  it('changes nothing when the journal cannot be written', async () => {
    const full = privateJournal(() => {
      throw new Error('disk full');
    });
    const machine = openMachine(tdx, [CREATED], full);
    const before = await machine.read('rtmr3');
    await expect(machine.append('rtmr3', 'event')).rejects.toThrow('disk full');
    expect(await machine.read('rtmr3')).toEqual(before);
    expect(await machine.eventLog('rtmr3')).toEqual(new Uint8Array(0));
    await expect(machine.read('rtmr3')).resolves.toBeDefined();
  });

  it('tells subscribers, until they leave', async () => {
    const machine = openMachine(tdx, [CREATED]);
    const seen: string[] = [];
    const leave = machine.subscribe((change) => seen.push(`${change.kind} ${change.register}`));
    await machine.append('rtmr3', 'a');
    await machine.extend('rtmr3', DIGEST);
    leave();
    await machine.append('rtmr3', 'b');
    expect(seen).toEqual(['extended rtmr3', 'logged rtmr3', 'extended rtmr3', 'logged rtmr3']);
  });

  it('calls made at the same time happen one after another, in order', async () => {
    const machine = openMachine(tdx, [CREATED]);
    await Promise.all(['a', 'b', 'c'].map((event) => machine.append('rtmr3', event)));
    expect(
      utf8Text(await machine.eventLog('rtmr3'))
        .split('\n')
        .filter((line) => /^[abc]$/.test(line)),
    ).toEqual(['a', 'b', 'c']);
    expect(replay(decodeLog(await machine.eventLog('rtmr3'))).registers[0]?.value).toEqual(
      await machine.read('rtmr3'),
    );
  });
});

describe('reports', () => {
  it('carry the report data, and the registers of that moment', async () => {
    const machine = openMachine(tdx, [CREATED]);
    await machine.extend('rtmr3', DIGEST);
    const inblob = new Uint8Array(64).fill(0x77);
    const report = await machine.report({ inblob });
    expect(report.generation).toBe(1n);
    const evidence = tdx.evidence.decode(report.outblob);
    expect(evidence.reportData).toEqual(inblob);
    const rtmr3 = evidence.registers.find((one) => one.name === 'rtmr3');
    expect(rtmr3?.value).toEqual(extendDigest(portableDigests, 'sha384', new Uint8Array(48), DIGEST));
    await expect(machine.report({ inblob: new Uint8Array(10) })).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('events of the attestation agent', () => {
  const agent = (boot: boolean): SharedMachine => openSharedMachine(tdx, [{ ...CREATED, boot }]);

  it('stand behind the firmware log and are extended by the digest of the record', () => {
    const machine = agent(true);
    machine.appendAgentEvent('rtmr3', 'example.com Pull {"image": "a b"}');
    const log = decodeLog(machine.agentLog()!);
    expect(log).toMatchObject({ issues: [], tail: { kind: 'none' }, count: sampleBoot().length + 2 });
    const registers = tdx.registers
      .filter(({ extensible }) => extensible)
      .map(({ name }) => ({ name, value: machine.read(name) }));
    expect(compare(log, registers).registers.map((one) => one.status)).toEqual(Array(4).fill('match'));
    expect(log.event(log.count - 1).digests[0]?.digest).toEqual(
      portableDigests.digest('sha384', log.event(log.count - 1).data),
    );
  });

  it('make a log of their own without a firmware log, and none where there are none', () => {
    const machine = agent(false);
    expect(machine.agentLog()).toBeUndefined();
    machine.appendAgentEvent('rtmr3', 'example.com Pull x');
    expect(decodeLog(machine.agentLog()!)).toMatchObject({ issues: [], count: 2 });
  });

  it('are refused where they would be read back otherwise, or no register of the log has them', () => {
    const machine = agent(false);
    for (const event of ['one', 'one two', 'a b c\nd', 'a b c\r', ' a b'])
      expect(() => machine.appendAgentEvent('rtmr3', event)).toThrow('expected "domain operation content"');
    expect(() => machine.appendAgentEvent('mrtd', 'a b c')).toThrow('static');
    expect(() => machine.appendAgentEvent('rtmr9', 'a b c')).toThrow('this machine has mrtd');
    expect(machine.agentLog()).toBeUndefined();
  });
});

describe('journal', () => {
  it('a machine opened from its journal is the machine that wrote it', async () => {
    const entries: JournalEntry[] = [CREATED];
    const machine = openMachine(
      tdx,
      entries,
      privateJournal((entry) => void entries.push(entry)),
    );
    await machine.append('rtmr3', 'example.com/app start');
    await machine.extend('rtmr1', DIGEST);
    await machine.append('rtmr1', 'example.com/app after a direct extend');
    const lines = entries.map((entry) => `${formatEntry(entry)}\n`).join('');
    const again = openMachine(tdx, parseJournal(lines));
    for (const { name } of tdx.registers) expect(await again.read(name)).toEqual(await machine.read(name));
    for (const name of ['rtmr1', 'rtmr3'])
      expect(await again.eventLog(name)).toEqual(await machine.eventLog(name));
    const [one, two] = await Promise.all(
      [machine, again].map((each) => each.report({ inblob: new Uint8Array(64) })),
    );
    expect(equalBytes(one!.outblob, two!.outblob)).toBe(true);
  });

  it('has the events of the agent, and what the hardware refused changes nothing at each replay', () => {
    const entries: JournalEntry[] = [CREATED];
    const keep = privateJournal((entry) => void entries.push(entry));
    let count = 0;
    const moody: Provider = {
      ...tdx,
      model(launch, tools) {
        const model = tdx.model(launch, tools);
        let extended = 0;
        const extend: typeof model.extend = (register, value) => {
          count++;
          if (++extended === 2) throw new TsmError('EBUSY', 'not now');
          model.extend(register, value);
        };
        return { ...model, read: (name) => model.read(name), extend };
      },
    };
    const start = { ...CREATED, boot: false };
    const machine = openSharedMachine(moody, [start], keep);
    machine.appendAgentEvent('rtmr3', 'example.com Pull x');
    expect(() => {
      machine.extend('rtmr3', DIGEST);
    }).toThrow('not now');
    machine.extend('rtmr3', DIGEST);
    expect(count).toBe(3);
    const lines = entries.map((entry) => `${formatEntry(entry)}\n`).join('');
    const again = openSharedMachine(moody, [start, ...parseJournal(lines).slice(1)]);
    expect(again.read('rtmr3')).toEqual(machine.read('rtmr3'));
    expect(again.eventLog('rtmr3')).toEqual(machine.eventLog('rtmr3'));
    expect(again.agentLog()).toEqual(machine.agentLog());
  });

  it('a last line that was cut never happened; any other bad line is named', () => {
    const good = `${formatEntry(CREATED)}\n`;
    expect(parseJournal(`${good}{"op":"appe`)).toEqual([CREATED]);
    expect(() => parseJournal(`${good}{"op":"appe\n`)).toThrow(/^journal line 2: /);
    expect(() => parseJournal(`${good}${good}`)).toThrow('journal line 2: only the first entry is a create');
    expect(decodeJournal(utf8Bytes(`${good}x\n${good}`))).toMatchObject({
      entries: [CREATED],
      ends: [good.length],
      issue: { code: 'journal.corrupt', path: 'line 2', offset: good.length, length: 2 },
    });
    for (const [line, why] of [
      ['{"op":"extend","register":"rtmr0","digest":"xyz"}', 'digest must be hex'],
      ['{"op":"append","register":1,"event":"a"}', 'register must be a string'],
      ['{"op":"create","version":2}', 'version 2 is not known'],
      ['{"op":"create","version":1,"now":"soon"}', 'now must be a date'],
      ['{"op":"append","register":"rtmr0","event":"a"}', 'expected the create entry'],
      ['null', 'an entry must be an object'],
      ['', 'Unexpected end of JSON input'],
    ]) {
      expect(() => parseJournal(`${line ?? ''}\n`)).toThrow(`journal line 1: ${why ?? ''}`);
    }
  });

  it('needs a create entry first, and a provider with a model', () => {
    expect(() => openMachine(tdx, [])).toThrow('expected the create entry');
    const bare: Provider = { apiVersion: 1, id: 'bare', title: 'Bare', registers: [] };
    expect(() => openMachine(bare, [CREATED])).toThrow('provider bare has no hardware model');
  });
});
