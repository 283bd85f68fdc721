/** Convert the boot log of a VM to a Canonical Event Log: the same registers, and what the new log cannot say. */
import { portableDigests, utf8Bytes } from '@tsm/core';
import { convert, decodeLog, encodeAgileLog } from '@tsm/eventlog';

const data = utf8Bytes('Calling EFI Application from Boot Option');
const digests = { sha384: portableDigests.digest('sha384', data) };
const events = [{ register: 2, type: 0x80000007, data, digests }];
const log = decodeLog(encodeAgileLog(['sha384'], events, { headerRegister: 1, area: 4096 }));

const cel = convert(log, { format: 'cel-cbor' });
for (const { name, events: count } of cel.registers) console.log(name, count);
for (const loss of cel.losses) console.log(loss.kind, loss.words);
console.log(convert(log, { format: 'tcg2' }).refused?.code);
