/** Comparisons and logs as lines of text that stay the same as long as what they say does. */
import { toHex } from '@tsm/core';
import type { EventLog } from '../log.ts';
import { registerIdentity, replay } from '../replay.ts';
import type { DiffOptions } from './diff.ts';
import { fingerprint } from './identity.ts';
import type { Change, LogDiff, LogsDiff, RegisterDiff } from './model.ts';

const MARKS: Readonly<Record<Change, string>> = { added: '+', removed: '-', changed: '~', moved: '>' };

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function registerLines({ name, differences, sameValue, events, values }: RegisterDiff): string[] {
  if (differences.length === 0 && (sameValue || values.length === 0))
    return [`${name}: same, ${counted(events.before, 'event')}`];
  const value = sameValue ? 'same value' : 'other value';
  return [
    `${name}: ${counted(differences.length, 'difference')}, ${value}`,
    ...differences.map(({ change, words }) => `  ${MARKS[change]} ${words}`),
  ];
}

function logLines({ log, equal, registers }: LogDiff): string[] {
  return [
    `log ${log + 1} against log 1: ${equal ? 'equal' : 'different'}`,
    ...registers.flatMap(registerLines),
  ];
}

/** The comparison as text, one line a difference. Logs are counted from 1. */
export function diffText({ groups, diffs }: LogsDiff): string {
  const several = diffs.length > 1;
  const group = groups.map((one) => one.map((log) => log + 1).join(' = ')).join(', ');
  const lines = [...(several ? [`logs with equal registers: ${group}`] : []), ...diffs.flatMap(logLines)];
  return `${lines.join('\n')}\n`;
}

/**
 * One log as lines, fit for a git textconv: a line an event, without numbers and offsets, so that one event more changes
 * one line; then the final values.
 */
export function logText(log: EventLog, options: DiffOptions = {}): string {
  const name = (register: number): string => registerIdentity(log, register, options.register).name ?? 'log';
  const lines: string[] = [];
  for (const event of log) {
    const digests = event.measured
      ? Object.entries(fingerprint(event)).flatMap(([bank, hex]) =>
          bank === 'data' ? [] : [`${bank}:${hex}`],
        )
      : [];
    lines.push([name(event.register), event.typeName, event.content().title, ...digests].join('  '));
  }
  const { digests } = options;
  for (const one of replay(log, digests ? { digests } : {}).registers)
    lines.push(`${name(one.register)} = ${one.algorithm}:${toHex(one.value)}`);
  return lines.map((line) => `${line}\n`).join('');
}
