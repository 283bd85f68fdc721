/** A machine's devices as a text says: what is followed, what is refused, what a cut or corrupt line does. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TsmError } from '@tsm/core';
import { nodeSpdmCrypto, withDevices } from '@tsm/host';
import { DEVICE_VERBS, DeviceJournal, type DeviceVerb, type MadeFleet } from '@tsm/host/devices';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const DEVICE = '0000:01:00.0';
const VIRTUAL = '0000:01:00.1';
const TIMEOUT = { timeout: 60_000 };

const make = (): MadeFleet => ({
  ...{ platform: 'cca-da', seed: new Uint8Array(32).fill(3), now: new Date('2026-01-01T00:00:00Z') },
});
const crypto = nodeSpdmCrypto();
const journalOf = (): DeviceJournal => new DeviceJournal({ name: 'text', make, follow: () => ({ crypto }) });

/** The text of these verbs on the device. */
function textOf(verbs: readonly DeviceVerb[], device = DEVICE): string {
  const journal = journalOf();
  journal.follow('');
  return verbs.map((verb) => journal.apply(verb, device)).join('');
}

describe('a text', TIMEOUT, () => {
  const text = textOf(['connect', 'lock', 'accept']);

  it('has a line for the fleet and one for each verb', () => {
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { op: string });
    expect(lines.map(({ op }) => op)).toEqual(['devices', 'connect', 'lock', 'accept']);
  });

  it('is followed as it grows: what was done is not done again', () => {
    let steps = 0;
    const onStep = (): void => {
      steps++;
    };
    const journal = new DeviceJournal({ name: 'text', make, follow: () => ({ crypto, onStep }) });
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
    for (const [i, end] of ends.entries()) {
      journal.follow(text.slice(0, end));
      expect(steps).toBe(i);
    }
    journal.follow(text);
    expect(steps).toBe(3);
  });

  it('that is another one is followed anew', () => {
    const journal = journalOf();
    expect(journal.follow(text).stateOf(journal.follow(text).function(DEVICE)).state).toBe('RUN');
    const other = textOf(['connect']);
    const devices = journal.follow(other.replace('"seed":"03', '"seed":"04'));
    expect(devices.stateOf(devices.function(DEVICE)).state).toBe('CONFIG_UNLOCKED');
    expect(devices.made.seed[0]).toBe(4);
    expect(journal.follow('').made.seed[0]).toBe(3);
  });

  it('cut anywhere is the text before its last whole line', () => {
    const fleet = text.indexOf('\n') + 1;
    for (const size of [0, 1, fleet - 1, fleet, fleet + 1, fleet + 20]) {
      const devices = journalOf().follow(text.slice(0, size));
      expect(devices.stateOf(devices.function(DEVICE)).connected).toBeNull();
    }
  });

  it.each([
    ['line 1', '{"op":"connect","device":"0000:01:00.0"}\n'],
    ['line 1', '{"op":"devices","version":2}\n'],
    ['line 1', 'null\n'],
    ['line 2', `${textOf(['connect']).split('\n')[0] ?? ''}\n[]\n`],
    ['line 5', `${text}{"op":"connect","device":"0000:01:00.0"}\n`],
    ['line 5', `${text}{"op":"connect"}\n`],
    ['line 5', `${text}not json\n`],
  ])('that is corrupt names its %s', (line, corrupt) => {
    const journal = journalOf();
    for (let tries = 0; tries < 2; tries++)
      expect(() => journal.follow(corrupt)).toThrow(
        expect.objectContaining({
          code: 'journal.corrupt',
          message: expect.stringContaining(line) as string,
        }),
      );
    // What came before is not lost on who goes on without the line.
    expect(journal.follow(text).functions).toHaveLength(4);
  });

  it('has nothing of what was refused, and the devices neither', () => {
    const journal = journalOf();
    journal.follow('');
    const connected = journal.apply('connect', DEVICE);
    expect(() => journal.apply('accept', DEVICE)).toThrow(TsmError);
    journal.follow(connected);
    expect(connected + journal.apply('lock', DEVICE) + journal.apply('accept', DEVICE)).toBe(text);
  });
});

/** Ways to the states that a device can be in. */
const WAYS: readonly (readonly DeviceVerb[])[] = [
  [],
  ['connect'],
  ['connect', 'lock'],
  ['connect', 'lock', 'accept'],
  ['connect', 'lock', 'accept', 'break-link'],
  ['connect', 'lock', 'accept', 'unlock'],
  ['connect', 'lock', 'disconnect'],
];

it.each(WAYS.map((way) => [way.join(', ') || 'nothing', way] as const))(
  'after %s, what is offered is what the kernel takes',
  TIMEOUT,
  (_, way) => {
    const text = textOf(way);
    for (const address of [DEVICE, VIRTUAL]) {
      const offered = journalOf().follow(text).verbsOf(address);
      const taken = DEVICE_VERBS.filter((verb) => {
        const journal = journalOf();
        journal.follow(text);
        try {
          journal.apply(verb, address);
          return true;
        } catch (error) {
          if (error instanceof TsmError) return false;
          throw error;
        }
      });
      expect({ address, offered }).toEqual({ address, offered: taken });
    }
  },
);

describe('a file', TIMEOUT, () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tsm-devices-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const path = (): string => join(folder, 'devices.ndjson');

  it('is not made by looking', () => {
    expect(withDevices(folder, make, ({ functions }) => functions.length, { crypto })).toBe(4);
    expect(existsSync(path())).toBe(false);
  });

  it('has what a step did, also of several verbs, and no lock stays', () => {
    withDevices(
      folder,
      make,
      (_, act) => ['connect', 'lock'].forEach((verb) => act(verb as DeviceVerb, DEVICE)),
      {
        crypto,
      },
    );
    expect(readFileSync(path(), 'utf8')).toBe(textOf(['connect', 'lock']));
    expect(existsSync(join(folder, 'devices.lock'))).toBe(false);
  });

  it('with a line that was cut is gone on with behind the last whole one', () => {
    const whole = textOf(['connect']);
    writeFileSync(path(), `${whole}{"op":"lo`);
    withDevices(folder, make, (_, act) => act('lock', DEVICE), { crypto });
    expect(readFileSync(path(), 'utf8')).toBe(textOf(['connect', 'lock']));
  });
});
