/** Results as other programs read them: TAP 14 and JUnit XML. */
import { printable } from '@tsm/core';
import type { CaseResult, KitResult } from './model.ts';

const name = ({ case: id, group, mark, title }: CaseResult): string =>
  `${String(id)} [${mark}] ${group}: ${title}`;

/** `#` begins a directive there, and a backslash escapes. */
const tapText = (text: string): string => printable(text).replaceAll('\\', '\\\\').replaceAll('#', '\\#');

function tapLines(result: CaseResult, number: number): string[] {
  const { status, reason = '' } = result;
  const head = `${status === 'failed' ? 'not ok' : 'ok'} ${String(number)} - ${tapText(name(result))}`;
  if (status === 'passed') return [head];
  if (status === 'not shown') return [`${head} # SKIP ${tapText(reason)}`];
  return [head, '  ---', `  message: ${JSON.stringify(reason)}`, '  ...'];
}

/** Test Anything Protocol, version 14. */
export function toTap({ cases }: KitResult): string {
  const lines = cases.flatMap((result, i) => tapLines(result, i + 1));
  return ['TAP version 14', `1..${String(cases.length)}`, ...lines, ''].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Control characters have no place in XML, not even escaped. */
function xml(text: string): string {
  return printable(text).replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}

function junitCase(result: CaseResult): string {
  const { group, status, reason = '' } = result;
  const head = `    <testcase classname="tsm.abi.${group}" name="${xml(name(result))}"`;
  if (status === 'passed') return `${head}/>`;
  const inner = status === 'failed' ? 'failure' : 'skipped';
  return `${head}>\n      <${inner} message="${xml(reason)}"/>\n    </testcase>`;
}

export function toJunit({ target, passed, failed, notShown, cases }: KitResult): string {
  const counts = `tests="${String(passed + failed + notShown.length)}" failures="${String(failed)}" skipped="${String(notShown.length)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${xml(`TSM ABI, ${target}`)}" ${counts}>`,
    ...cases.map(junitCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
