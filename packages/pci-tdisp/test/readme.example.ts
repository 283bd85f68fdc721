/** What a capture of a device says: every message, and every rule that somebody broke. */
import { decodeCapture, encodeCapture, encodeDoe } from '@tsm/pci-tdisp';

const getVersion = encodeDoe(1, Uint8Array.of(0x10, 0x84, 0, 0));
const version = encodeDoe(1, Uint8Array.of(0x10, 0x04, 0, 0, 0, 1, 0, 0x12));
const tooEarly = encodeDoe(1, Uint8Array.of(0x10, 0x81, 0, 0));
const { messages, violations } = decodeCapture(encodeCapture([getVersion, version, tooEarly]));
console.log(messages.map(({ from, name }) => `${from}: ${name}`));
console.log(violations.map(({ packet, code }) => `${packet}: ${code}`));
