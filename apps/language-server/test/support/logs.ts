/** Text logs for tests, and edits of them. */
import { portableDigests, toHex, utf8Text } from '@tsm/core';
import type { Random } from '@tsm/core/testing';
import { appendText, extendText, openText, startText, type TextDialect } from '@tsm/eventlog';
import { nodeDigests } from '@tsm/host';
import type { TextChange } from '../../src/protocol/lsp.ts';
import { LogDocument } from '../../src/service/log/document.ts';

export const digests = nodeDigests();
export const URI = 'file:///w/rtmr3.tsmlog';

export const open = (text: string, uri = URI): LogDocument => new LogDocument(uri, 1, text, { digests });

/** A log as the writer of this dialect leaves it, with a direct extend after every `gap` events. */
export function sampleLog(count: number, dialect: TextDialect = 'rfc', gap = 7): string {
  let writer = startText(dialect, 'sha384', new Uint8Array(48));
  const parts: string[] = [];
  const add = (step: { added: Uint8Array; writer: typeof writer }): void => {
    parts.push(utf8Text(step.added));
    writer = step.writer;
  };
  add(openText(writer, portableDigests));
  for (let i = 1; i <= count; i++) {
    add(appendText(writer, `example.org/app load image-${i} of many`, digests));
    if (dialect === 'rfc' && i % gap === 0)
      add(extendText(writer, digests.digest('sha384', new Uint8Array([i & 255])), digests));
  }
  return parts.join('');
}

/** Everything that is read from a document, as plain data. */
export function stateOf(document: LogDocument): unknown {
  const records = Array.from({ length: document.recordCount }, (_, number) => {
    const record = document.record(number)!;
    // Each of them would take time that grows with the square of a block.
    const value = number % 37 < 2 ? document.valueAfter(number) : undefined;
    const [stated, after] = [record.value, value].map((bytes) => (bytes ? toHex(bytes) : ''));
    return `${record.kind} ${record.line} ${record.text} ${stated} ${after}`;
  });
  const blocks = document.blocks.flatMap((block, b) => [
    ...block.issues.map(({ record, code, message }) => [document.firstRecord(b) + record, code, message]),
    ...document.chain.mismatches(b).map(({ record, replayed }) => {
      return [document.firstRecord(b) + record, 'mismatch', toHex(replayed)];
    }),
  ]);
  blocks.sort((a, b) => Number(a[0]) - Number(b[0]) || String(a[1]).localeCompare(String(b[1])));
  const { dialect, algorithm, candidates, lineCount, value } = document;
  const rest = { dialect, algorithm, candidates, lineCount, value: value && toHex(value) };
  return { records, found: blocks, ...rest };
}

const PIECES = [
  ...['\n', '\n\n', '\r\n', '\r', ' ', 'x', '#', '# a remark\n', '# .EXTEND ', 'INIT/sha384 00\n', 'SYNC '],
  ...['example.org/app load y\n', 'SYNC sha384/', 'SYNC sha256/00\n', '€ \ud83d\ude00', '<<<<<<< HEAD\n'],
  `# .EXTEND ${'ab'.repeat(48)}\n`,
  `SYNC sha384/${'00'.repeat(48)}\n`,
  `INIT sha384/${'00'.repeat(48)}\n`,
];

/** A change somewhere: mostly small, at times of many lines, rarely of all. */
export function randomChange(random: Random, document: LogDocument): TextChange {
  const pick = (): string => PIECES[random(PIECES.length)] ?? '';
  if (random(60) === 0) return { text: Array.from({ length: random(40) }, pick).join('') };
  const line = random(document.lineCount + 1);
  const start = { line, character: random(document.line(line).length + 2) };
  const many = random(12) === 0 ? random(700) : random(2);
  const end =
    random(2) === 0
      ? start
      : { line: line + many, character: random(60) + (many === 0 ? start.character : 0) };
  const text =
    random(3) === 0 ? '' : Array.from({ length: 1 + random(random(15) === 0 ? 600 : 3) }, pick).join('');
  return { range: { start, end }, text };
}
