/** Commands that code lenses name; the client carries them out. */
export const COMMANDS = {
  /** Arguments: URI of the log, address of its register or ''. */
  extend: 'tsm.extendRegister',
  /** Arguments: URI of the log, URI of the evidence or ''. */
  verify: 'tsm.verifyLog',
  /** Arguments: the value in hexadecimal. */
  copyValue: 'tsm.copyValue',
  /** Arguments: URI of the log, address of its register or ''. */
  explain: 'tsm.explainMismatch',
} as const;

/** The language of text logs. */
export const LANGUAGE_ID = 'tsm-eventlog';

/** Scheme of decoded binary files: `tsm-decoded:` and the URI of the file, encoded as one path. */
export const DECODED_SCHEME = 'tsm-decoded';

/** URI under which a binary file is shown as text. */
export function decodedUri(uri: string): string {
  const path = uri.replace(/[?#].*$/s, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  return `${DECODED_SCHEME}:/${name}.tsmdecoded?${encodeURIComponent(uri)}`;
}

/** The inverse of {@link decodedUri}; undefined for a URI of another kind. */
export function sourceOfDecoded(uri: string): string | undefined {
  const [, query] = /^tsm-decoded:[^?]*\?(.*)$/.exec(uri) ?? [];
  if (query === undefined) return undefined;
  try {
    return decodeURIComponent(query);
  } catch {
    // A broken escape: then nobody made this URI with the function above.
    return undefined;
  }
}
