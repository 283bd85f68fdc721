/** What can be done with a log, above its first line; and the value where the log states one. */
import { toHex } from '@tsm/core';
import type { CodeLens, Range } from '../../protocol/lsp.ts';
import { COMMANDS } from '../../protocol/commands.ts';
import { registerTitle, shortValue, type LogContext } from '../context.ts';
import type { LogDocument } from './document.ts';
import { segmentsOf } from './segments.ts';

/** More stated values than this have no lens each. */
const MAX_VALUES = 200;

export function codeLenses(document: LogDocument, context: LogContext = {}): CodeLens[] {
  const { uri, recordCount } = document;
  const { register = '', evidence } = context;
  const at = (line: number): Range => ({ start: { line, character: 0 }, end: { line, character: 0 } });
  const lens = (line: number, title: string, command: string, ...rest: unknown[]): CodeLens => ({
    range: at(line),
    command: { title, command, arguments: rest },
  });
  const into = context.register === undefined ? 'a register…' : registerTitle(context);
  const against = evidence ? evidence.name : 'evidence…';
  const top = [
    lens(0, `Extend into ${into}`, COMMANDS.extend, uri, register),
    lens(0, `Verify against ${against}`, COMMANDS.verify, uri, evidence?.uri ?? ''),
    ...(evidence ? [lens(0, 'Explain', COMMANDS.explain, uri, register)] : []),
  ];
  const places = [...segmentsOf(document).map(({ first }) => first), recordCount - 1];
  const values = [...new Set(places)].slice(0, MAX_VALUES).flatMap((number) => {
    const record = document.record(number);
    const value = record && document.valueAfter(number);
    if (!value) return [];
    return [lens(record.line, `Value here: ${shortValue(value)}`, COMMANDS.copyValue, toHex(value))];
  });
  return [...top, ...values];
}
