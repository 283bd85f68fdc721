/** Decoded fields and checks as lines of a tree. */
import type { CheckLine, TreeNode } from '@tsm/language-server/protocol';
import { short, t } from './page.ts';
import type { Item } from './tree.ts';

/** The marks of a check list, as the command line has them. */
const MARKS: Readonly<Record<CheckLine['status'], { sign: string; word: string; tone: string }>> = {
  pass: { sign: '✔', word: t('passed'), tone: 'good' },
  fail: { sign: '✘', word: t('failed'), tone: 'bad' },
  skipped: { sign: '?', word: t('skipped'), tone: 'unsure' },
  notApplicable: { sign: '–', word: t('does not apply'), tone: 'quiet' },
};

export function fieldItem({ name, value, doc, offset, length, children }: TreeNode): Item {
  return {
    label: name,
    detail: /^[0-9a-f]{24,}$/.test(value) ? short(value) : value,
    title: [doc, value].filter((line) => line !== '').join('\n'),
    range: { offset, length },
    children: children.map(fieldItem),
  };
}

/** What a check expected and found, and what to do. */
function wordsOf({ expected, actual, spec, remedy }: CheckLine): string[] {
  return [
    remedy,
    expected === undefined ? undefined : t('expected {0}', expected),
    actual === undefined ? undefined : t('found {0}', actual),
    spec,
  ].filter((line) => line !== undefined);
}

export function checkItem(check: CheckLine): Item {
  const { id, title, status, actual, offset, length, spec, link, checks } = check;
  const words = wordsOf(check);
  return {
    label: title,
    detail: (status === 'pass' ? actual : words[0]) ?? '',
    title: [id, ...words].join('\n'),
    mark: MARKS[status],
    ...(offset === undefined ? {} : { range: { offset, length: length ?? 0 } }),
    ...(spec === undefined ? {} : { source: { name: spec, ...(link === undefined ? {} : { link }) } }),
    children: checks.map(checkItem),
  };
}

export const noteItem = (id: string, reason: string): Item => ({
  label: id,
  detail: reason,
  title: `${id}: ${reason}`,
  mark: { sign: '–', word: t('not checked'), tone: 'quiet' },
  children: [],
});
