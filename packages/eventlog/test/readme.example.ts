/** Write a firmware log, decode it, replay it, and compare it with registers: one agrees, one does not. */
import { portableDigests, shortHex, utf8Bytes } from '@tsm/core';
import { compare, decodeLog, encodeAgileLog, replay } from '@tsm/eventlog';

const data = utf8Bytes('Calling EFI Application from Boot Option');
const digests = { sha384: portableDigests.digest('sha384', data) };
const events = [{ register: 2, type: 0x80000007, data, digests }];
const log = decodeLog(encodeAgileLog(['sha384'], events, { headerRegister: 1, area: 65536 }));
for (const event of log) console.log(event.number, event.typeName, event.content().title);

const { registers } = replay(log);
const value = registers.find(({ name }) => name === 'rtmr1')?.value ?? new Uint8Array();
const expected = ['rtmr1', 'rtmr2'].map((name) => ({ name, value }));
for (const one of compare(log, expected).registers) console.log(one.name, one.status, shortHex(one.replayed));
