/** Fixes that a search finds: the event that is missing, one too many, or another than was measured. */
import { toHex, utf8Bytes } from '@tsm/core';
import { decodeLog, explain } from '@tsm/eventlog';
import type { CodeAction } from '../../protocol/lsp.ts';
import { editAsAction } from './actions.ts';
import type { LogDocument } from './document.ts';
import { segmentsOf } from './segments.ts';

/** Extends at most: a fraction of a second. */
const BUDGET = 500_000;
/** Lines of other logs that may be the missing one. */
const MAX_KNOWN = 20_000;

export interface SearchTools {
  /** Logs whose lines may be what is missing here. */
  readonly others: readonly LogDocument[];
  /** Lets others run. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Lines of the logs, by the hexadecimal digest that they extend by. */
function knownLines(documents: readonly LogDocument[]): Map<string, string> {
  const lines = new Map<string, string>();
  for (const document of documents) {
    for (let number = 0; number < document.recordCount && lines.size < MAX_KNOWN; number++) {
      const record = document.record(number);
      if (record?.kind === 'event' && record.digest) lines.set(toHex(record.digest), record.text);
    }
  }
  return lines;
}

/**
 * What to change so that the records up to `end` (excluded) leave the register with this value. Looks at the stretch since
 * the last stated value before `end`, which is taken for granted.
 */
export async function explainedFixes(
  document: LogDocument,
  end: number,
  expected: Uint8Array,
  { others, pause, signal }: SearchTools,
): Promise<CodeAction[]> {
  const { dialect, algorithm, digests } = document.reading;
  const first = segmentsOf(document).findLast((one) => one.first < end)?.first ?? 0;
  const records = Array.from({ length: end - first }, (_, i) => document.record(first + i));
  const text = records.map((record) => `${record?.text ?? ''}\n`).join('');
  const log = decodeLog(utf8Bytes(text), { format: 'tsm-text', dialect, algorithm });
  const lines = knownLines([document, ...others.filter((other) => other.algorithm === algorithm)]);
  const known = [...lines].flatMap(([, line]) => ({
    digest: digests.digest(algorithm, utf8Bytes(line)),
    name: line,
  }));
  const run = { register: 0, algorithm, expected, known, budget: BUDGET, digests, pause };
  const { edits } = await explain(log, signal ? { ...run, signal } : run);
  return edits.flatMap((edit) => {
    const event = edit.event === null ? (first > 0 ? first - 1 : null) : edit.event + first;
    return editAsAction(document, { ...edit, event }, lines) ?? [];
  });
}
