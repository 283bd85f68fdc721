/** Every certificate and revocation list in the shared vectors, wherever it stands: DER, PEM, inside JSON or a quote. */
import { fromHex, utf8Text } from '@tsm/core';
import { readVector, type Vector } from '../../../core/test/support/vectors.ts';
import { parsePem } from '../../src/index.ts';

export interface Found {
  readonly file: string;
  readonly kind: 'certificate' | 'crl';
  readonly der: Uint8Array;
}

/** All strings in a JSON value. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsOf);
}

function textsOf(file: string, bytes: Uint8Array): (string | Uint8Array)[] {
  return file.endsWith('.json') ? stringsOf(JSON.parse(utf8Text(bytes))) : [bytes];
}

/** All of one file. */
export function derIn({ file, format }: Vector): Found[] {
  const bytes = readVector(file);
  if (format === 'cert-der' || format === 'crl-der')
    return [{ file, kind: format === 'crl-der' ? 'crl' : 'certificate', der: bytes }];
  return textsOf(file, bytes).flatMap((text): Found[] => {
    const hex = typeof text === 'string' && text.startsWith('3082') ? fromHex(text) : undefined;
    if (hex) return [{ file, kind: 'crl', der: hex }];
    return parsePem(text).blocks.flatMap(({ label, der }) =>
      label === 'CERTIFICATE' ? [{ file, kind: 'certificate', der }] : [],
    );
  });
}

/** Each content once. */
export function distinct(found: readonly Found[]): Found[] {
  return [...new Map(found.map((one) => [Buffer.from(one.der).toString('hex'), one])).values()];
}
