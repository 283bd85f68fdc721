/** PEM: several blocks in one text, as certificate chains are passed around. Source: RFC 7468. */
import { fromBase64, latin1Text, toBase64, utf8Bytes, type Issue, type Place } from '@tsm/core';
import { EVIDENCE_ISSUES } from '../issues.ts';

/** One block. `offset` and `length` cover it from its BEGIN to its END line, in bytes of the input as given. */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly label: string;
  readonly der: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

export interface Pem {
  readonly blocks: readonly PemBlock[];
  readonly issues: readonly Issue[];
}

/** Where the bytes at hand stand in the input as given; default: they are the input. */
export type Origin = Pick<Place, 'path' | 'offset'>;

const START: Origin = { path: '', offset: 0 };
const MARKER = /-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----/g;

/** One character a byte. */
function byteText(input: Uint8Array | string): string {
  if (typeof input !== 'string') return latin1Text(input);
  const bytes = utf8Bytes(input);
  return bytes.length === input.length ? input : latin1Text(bytes);
}

/**
 * All blocks of a text (bytes: ASCII). NULs, line ends of any kind and text between blocks are passed over. A block that
 * cannot be read is an issue, and reading goes on after it.
 */
export function parsePem(input: Uint8Array | string, origin: Origin = START): Pem {
  // One character a byte, so that positions in the text are byte offsets.
  const text = byteText(input);
  const blocks: PemBlock[] = [];
  const issues: Issue[] = [];
  let begin: RegExpExecArray | undefined;

  const place = (start: number, end: number): Place => ({
    path: origin.path,
    offset: origin.offset + start,
    length: end - start,
  });
  const unterminated = (end: number): void => {
    if (!begin) return;
    issues.push(EVIDENCE_ISSUES.make('pem.unterminated', place(begin.index, end), { label: begin[2] ?? '' }));
  };

  for (const marker of text.matchAll(MARKER)) {
    const [line, kind, label = ''] = marker;
    const end = marker.index + line.length;
    if (kind === 'BEGIN') {
      unterminated(marker.index);
      begin = marker;
    } else if (begin?.[2] === label) {
      const where = place(begin.index, end);
      const der = fromBase64(text.slice(begin.index + begin[0].length, marker.index).replace(/[\s\0]/g, ''));
      if (der) blocks.push({ label, der, offset: where.offset, length: where.length });
      else issues.push(EVIDENCE_ISSUES.make('pem.not-base64', where, { label }));
      begin = undefined;
    }
  }
  unterminated(text.length);
  if (blocks.length === 0 && issues.length === 0) {
    issues.push(EVIDENCE_ISSUES.make('pem.no-block', place(0, text.length), undefined));
  }
  return { blocks, issues };
}

/** One block, lines of 64 characters, ending in a line feed. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
