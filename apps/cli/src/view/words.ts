/** Words and marks that all commands share. */
import { formatIssue, printable, shortHex, type Issue } from '@tsm/core';
import wrapAnsi from 'wrap-ansi';
import type { Style } from '../io.ts';

export function mark(style: Style, state: 'good' | 'bad' | 'unsure'): string {
  return { good: style.good('✔'), bad: style.bad('✘'), unsure: style.unsure('?') }[state];
}

/** Lines of a text that fits the terminal, each after the same indent. */
export function indented(text: string, indent: number, columns: number): string[] {
  const lines = wrapAnsi(text, columns - indent, { hard: true }).split('\n');
  return lines.map((line) => `${' '.repeat(indent)}${line}`);
}

/** `1 event`, `2 events`. */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** A digest in a table; all zero stands out. */
export function shortValue(value: Uint8Array): string {
  return value.every((byte) => byte === 0) ? '00…00' : shortHex(value);
}

/** Register names as people write them. */
export function registerTitle(name: string | null): string {
  return name === null ? 'register' : name.toUpperCase();
}

/** `11.2 kB`, `1.0 MB`. */
export function byteSize(length: number): string {
  if (length < 1000) return `${length} bytes`;
  return length < 1_000_000 ? `${(length / 1000).toFixed(1)} kB` : `${(length / 1_000_000).toFixed(1)} MB`;
}

const MAX_ISSUES = 10;

/** Issues as lines, errors first; the rest is counted. */
export function issueLines(issues: readonly Issue[], style: Style): string[] {
  const order = { error: 0, warning: 1, info: 2 };
  const sorted = [...issues].sort((a, b) => order[a.severity] - order[b.severity] || a.offset - b.offset);
  const paint = { error: style.bad, warning: style.unsure, info: style.quiet };
  const lines = sorted
    .slice(0, MAX_ISSUES)
    .map((issue) => `  ${paint[issue.severity](issue.severity)}: ${printable(formatIssue(issue))}`);
  const more = issues.length - MAX_ISSUES;
  return more > 0 ? [...lines, style.quiet(`  … and ${count(more, 'more issue')} (--json has all)`)] : lines;
}
