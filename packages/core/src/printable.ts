/**
 * Text made safe to show. What a file says is untrusted: no control character, bidirectional override or half of a
 * surrogate pair may reach a terminal. Source of the classes: Unicode 15.1 §23.
 */

const UNSAFE =
  // eslint-disable-next-line no-control-regex -- these are what must not get through
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

function escape(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The text with every character that could steer a terminal or hide itself written as `\x1b` or `\u202e`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escape);
}
