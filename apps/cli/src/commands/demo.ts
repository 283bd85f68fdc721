/** `tsm demo`: the whole path once, on a simulated TDX machine or on the user's own log and quote. */
import { concat, printable, toHex, utf8Bytes, type Evidence, type Machine } from '@tsm/core';
import {
  compare,
  decodeLog,
  registerIdentity,
  replay,
  type Comparison,
  type EventLog,
  type ExpectedRegister,
} from '@tsm/eventlog';
import { openMachine } from '@tsm/machine';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT } from '../exit.ts';
import { readEvidence, readLog } from '../input.ts';
import { byteSize, count, mark, registerTitle, shortValue } from '../view/words.ts';

const EVENT = 'example.com/app start sha256:4f2c9a';
const EVENT_REGISTER = 'rtmr3';
/** The same tour every time: nothing in it depends on when and where it runs. */
const SEED = utf8Bytes('tsm demo');
const TIME = new Date('2026-01-01T00:00:00Z');

interface Step {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Prints the steps of the tour, and keeps them for JSON. */
class Tour {
  readonly steps: Step[] = [];
  private readonly cli: Cli;
  constructor(cli: Cli) {
    this.cli = cli;
  }

  tell(step: string, ok: boolean, detail: string): void {
    this.steps.push({ step, ok, detail });
    this.cli.say(`  ${mark(this.cli.style, ok ? 'good' : 'bad')} ${step.padEnd(10)} ${printable(detail)}`);
  }

  note(label: string, detail: string): void {
    this.steps.push({ step: label, ok: true, detail });
    this.cli.say(`      ${this.cli.style.quiet(label.padEnd(18))} ${printable(detail)}`);
  }
}

/** What the tour is about, wherever it came from. */
interface Subject {
  readonly log: EventLog;
  readonly evidence: Evidence;
}

function agreement({ registers }: Comparison): string {
  const agree = registers.filter((one) => one.match).length;
  return `${agree} of ${count(registers.length, 'register')} ${registers.length === 1 ? 'agrees' : 'agree'} with the quote`;
}

function registersOf({ log, evidence }: Subject): readonly ExpectedRegister[] {
  const names = new Set(replay(log).registers.flatMap(({ name }) => name ?? []));
  return evidence.registers.filter(({ name }) => names.has(name));
}

/** An event to tamper with: from the register with the most events, the one in the middle. */
function victim(log: EventLog, names: ReadonlySet<string>): number | undefined {
  const events = [...log].filter(
    (event) =>
      event.measured &&
      event.digests.length > 0 &&
      names.has(registerIdentity(log, event.register).name ?? ''),
  );
  const boot = events.find((event) => event.type === 0x80000003);
  return (boot ?? events[events.length >> 1])?.number;
}

/** The log with one bit of one digest turned over. */
function tampered(log: EventLog, event: number): EventLog {
  const [digest] = log.event(event).digests;
  const bytes = log.bytes.slice();
  if (digest) bytes[digest.offset] = (bytes[digest.offset] ?? 0) ^ 1;
  return decodeLog(bytes, { format: log.format });
}

function showReplay(cli: Cli, tour: Tour, log: EventLog): void {
  const { registers } = replay(log, { digests: cli.digests });
  const values = registers
    .filter((one) => one.extends > 0)
    .map((one) => `${registerTitle(one.name)} ${shortValue(one.value)}`);
  const measured = [...log].filter((event) => event.measured).length;
  tour.tell('replay', true, `${count(measured, 'event')} into ${count(values.length, 'register')}`);
  for (const [i, value] of values.entries()) tour.note(i === 0 ? 'the log gives' : '', value);
}

/** Flips a bit, compares again, and shows where log and register part. */
function showTampering(cli: Cli, tour: Tour, subject: Subject): void {
  const expected = registersOf(subject);
  const { log } = subject;
  const matching = compare(log, expected, { digests: cli.digests }).registers.filter(
    (one) => one.match && one.extends > 0,
  );
  const event = victim(log, new Set(matching.map((one) => one.name)));
  if (event === undefined) return;
  tour.tell('tamper', true, `one bit of the digest of event ${event} is turned over`);
  const comparison = compare(tampered(log, event), expected, { digests: cli.digests, knownGood: log });
  for (const { name, match, firstDivergence } of comparison.registers) {
    if (match || firstDivergence?.reason !== 'known-good') continue;
    tour.tell('compare', false, `${registerTitle(name)} differs`);
    tour.note(
      'first divergence',
      `event ${firstDivergence.event} at offset 0x${firstDivergence.offset.toString(16)}`,
    );
    tour.note('', firstDivergence.typeName);
    tour.note('', firstDivergence.title);
    tour.note('proof', 'restoring the event gives the quoted value');
  }
}

/** The same verification as a real quote gets, with the test root as the anchor. */
async function showVerdict(cli: Cli, tour: Tour, machine: Machine, quote: Uint8Array): Promise<void> {
  const provider = await cli.providers.find(machine.provider);
  const collateral = await machine.collateral();
  if (!provider.verify || !collateral) return;
  const { files, trustAnchors } = collateral;
  const options = { now: TIME, digests: cli.digests, collateral: Object.values(files), trustAnchors };
  const { verdict, tcbStatus, checks } = await provider.verify(quote, options);
  const status = tcbStatus === undefined ? '' : `, ${tcbStatus}`;
  tour.tell(
    'verify',
    verdict === 'pass',
    `${verdict}${status}: ${count(checks.length, 'check')} passed under that root`,
  );
}

async function bootMachine(cli: Cli, tour: Tour): Promise<{ machine: Machine; ccel: Uint8Array }> {
  const provider = await cli.providers.find('tdx');
  const created = {
    op: 'create',
    version: 1,
    id: 'demo',
    provider: 'tdx',
    seed: cli.digests.digest('sha256', SEED),
    now: TIME,
    values: {},
    boot: true,
  } as const;
  const machine = openMachine(provider, [created], undefined, { digests: cli.digests });
  const ccel = await machine.firmwareLog();
  if (!ccel) throw new CliError(EXIT.internal, 'internal', 'the simulated machine has no firmware log');
  const log = decodeLog(ccel);
  const registers = new Set([...log].filter((event) => event.measured).map((event) => event.register)).size;
  tour.tell(
    'boot',
    true,
    `firmware log, ${count(log.count, 'event')} in ${count(registers, 'register')}, CCEL of ${byteSize(log.tail.offset)}`,
  );
  return { machine, ccel };
}

async function simulate(cli: Cli, tour: Tour): Promise<Outcome> {
  const { machine, ccel } = await bootMachine(cli, tour);
  const log = decodeLog(ccel);
  showReplay(cli, tour, log);
  const appended = await machine.append(EVENT_REGISTER, EVENT);
  tour.tell('extend', true, `${registerTitle(EVENT_REGISTER)} ← "${EVENT}"`);
  tour.note('is now', shortValue(appended.value));
  const { outblob } = await machine.report({ inblob: concat(SEED, new Uint8Array(64 - SEED.length)) });
  const evidence = (await cli.providers.evidence(outblob))?.content;
  if (!evidence) throw new CliError(EXIT.internal, 'internal', 'the minted quote was not recognised');
  tour.tell('report', true, `${evidence.format}, ${byteSize(outblob.length)}, signed under a test root`);
  await showVerdict(cli, tour, machine, outblob);
  const runtime = decodeLog(await machine.eventLog(EVENT_REGISTER));
  const firmware = compare(
    log,
    registersOf({ log, evidence }).filter(({ name }) => name !== EVENT_REGISTER),
    { digests: cli.digests },
  );
  const application = compare(
    runtime,
    evidence.registers.filter(({ name }) => name === EVENT_REGISTER),
    { digests: cli.digests, register: EVENT_REGISTER },
  );
  const all = { ...firmware, registers: [...firmware.registers, ...application.registers] };
  const agreed = all.registers.every((one) => one.match);
  tour.tell('compare', agreed, agreement(all));
  tour.note('by', `firmware log, and text log of ${registerTitle(EVENT_REGISTER)} chained by SYNC`);
  showTampering(cli, tour, { log, evidence });
  return {
    json: { machine: 'simulated', steps: tour.steps, quote: toHex(outblob) },
    exit: agreed ? EXIT.ok : EXIT.differences,
  };
}

async function onFiles(
  cli: Cli,
  tour: Tour,
  logFile: string,
  quoteFile: string | undefined,
): Promise<Outcome> {
  const { log } = await readLog(cli, logFile);
  tour.tell('read', true, `${log.format}, ${count(log.count, 'event')}, ${byteSize(log.tail.offset)}`);
  showReplay(cli, tour, log);
  if (quoteFile === undefined) {
    cli.say('  with a quote the registers are compared too: npm start -- LOG QUOTE');
    return { json: { machine: 'recorded', steps: tour.steps }, exit: EXIT.ok };
  }
  const { content: evidence } = await readEvidence(cli, quoteFile);
  tour.tell('quote', true, `${evidence.technology} ${evidence.format}, ${byteSize(evidence.tree.length)}`);
  const comparison = compare(log, registersOf({ log, evidence }), { digests: cli.digests });
  const agreed = comparison.registers.length > 0 && comparison.registers.every((one) => one.match);
  tour.tell('compare', agreed, agreement(comparison));
  for (const one of comparison.registers) {
    if (one.match) continue;
    const why =
      one.status === 'notExplained'
        ? 'not explained: nothing in this log extends it'
        : `differs${one.firstDivergence ? ` from event ${one.firstDivergence.event} on` : ''}`;
    tour.note(registerTitle(one.name), why);
  }
  showTampering(cli, tour, { log, evidence });
  const differs = comparison.registers.some((one) => one.status === 'differs');
  return {
    json: { machine: 'recorded', steps: tour.steps },
    exit: agreed ? EXIT.ok : differs ? EXIT.differences : EXIT.inconclusive,
  };
}

export async function demo(
  cli: Cli,
  logFile: string | undefined,
  quoteFile: string | undefined,
): Promise<Outcome> {
  const own = logFile !== undefined;
  cli.say(
    cli.style.strong(
      own
        ? '  TSM · your log, replayed and compared'
        : '  TSM · a simulated TDX machine, its log and its quote',
    ),
  );
  const tour = new Tour(cli);
  return own ? onFiles(cli, tour, logFile, quoteFile) : simulate(cli, tour);
}
