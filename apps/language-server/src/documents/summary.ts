/** What a log and what evidence is, at a glance; and evidence as text that stays the same for a diff. */
import { toHex, type ClaimValue, type Digests, type Evidence, type Provider } from '@tsm/core';
import { registerIdentity, replay, type Comparison, type EventLog } from '@tsm/eventlog';
import type { EvidenceView, LogSummary, TreeNode } from '../protocol/views.ts';
import { registerTitle } from './rows.ts';
import { problemView, treeView } from './tree-view.ts';

/** `comparison`: with the evidence that the log is held against. */
export function logSummary(log: EventLog, digests: Digests, comparison: Comparison | undefined): LogSummary {
  const { format, dialect, algorithms, count, issues } = log;
  const { registers, issues: found } = comparison?.replay ?? replay(log, { digests });
  return {
    ...{ format, banks: algorithms, events: count },
    ...(dialect === undefined ? {} : { dialect }),
    problems: [...issues, ...found].map(problemView),
    registers: registers.map(({ register, algorithm, start, value, extends: events }) => {
      const { name } = registerIdentity(log, register);
      const against = comparison?.registers.find(
        (one) => one.algorithm === algorithm && (name === null || sameRegister(one.replayed, value)),
      );
      const divergence = against?.firstDivergence?.event;
      return {
        ...{ title: registerTitle(log, register, algorithm), name: name ?? '', register, algorithm, events },
        ...{ start: toHex(start), value: toHex(value) },
        ...(against ? { expected: toHex(against.expected) } : {}),
        ...(divergence === undefined ? {} : { divergence }),
      };
    }),
  };
}

/** The comparison gives the very value that the replay gave. */
const sameRegister = (a: Uint8Array, b: Uint8Array): boolean => a === b;

function claimText(value: ClaimValue): string {
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === 'object' ? value.map(claimText).join(', ') : String(value);
}

export function evidenceView(evidence: Evidence, provider: Provider): EvidenceView {
  const { technology, format, registers, reportData, claims = {}, tree, issues } = evidence;
  return {
    ...{ provider: provider.id, technology, format, reportData: toHex(reportData) },
    registers: registers.map(({ name, value, offset }) => ({ name, value: toHex(value), offset })),
    claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)])),
    tree: treeView(tree),
    problems: issues.map(problemView),
  };
}

/** One line a field, indented; without offsets, which shift with the length of what stands before. */
export function evidenceText({ technology, format, tree, problems }: EvidenceView): string {
  const lines = [`${technology} ${format}`];
  const add = ({ name, value, children }: TreeNode, depth: number): void => {
    lines.push(`${'  '.repeat(depth)}${name}${value === '' ? '' : ` = ${value}`}`);
    for (const child of children) add(child, depth + 1);
  };
  add(tree, 1);
  for (const { severity, code, message } of problems) lines.push(`${severity} ${code}: ${message}`);
  return lines.map((line) => `${line}\n`).join('');
}
