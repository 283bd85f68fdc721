/** A log with a wrong SYNC: the value after each line, and what is wrong, as an editor shows them. */
import { portableDigests } from '@tsm/core';
import { diagnose, inlayHints, LogDocument } from '@tsm/language-server';

const zero = '0'.repeat(96);
const text = `SYNC sha384/${zero}\nexample.org/agent load app\nSYNC sha384/${zero}\n`;
const log = new LogDocument('file:///rtmr3.tsmlog', 1, text, { digests: portableDigests });
const all = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
for (const { label } of inlayHints(log, all, { register: 'rtmr3' })) console.log(label);
for (const { range, code } of diagnose(log)) console.log(range.start.line, code);
