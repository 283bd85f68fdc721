/** Extend a register, and describe a wire structure once to decode it. */
import { extendDigest, formatIssue, portableDigests, shortHex, utf8Bytes } from '@tsm/core';
import { bytes, decode, field, struct, u32le } from '@tsm/core/layout';

const digest = portableDigests.digest('sha384', utf8Bytes('hello'));
console.log(shortHex(extendDigest(portableDigests, 'sha384', new Uint8Array(48), digest)));

const RECORD = struct('Record', 'my format §1', {
  size: field(u32le, 'Size of the data in bytes'),
  data: field(bytes('size'), 'What was measured'),
});
console.log(decode(RECORD, Uint8Array.of(1, 0, 0, 0, 0x68)).value);
const { issues } = decode(RECORD, Uint8Array.of(2, 0, 0, 0, 0x68));
console.log(issues.map(formatIssue));
