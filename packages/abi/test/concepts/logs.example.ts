/** A log needs no trust: it is true when it replays to the register. */
import { inProcess, readFile, writeFile } from '@tsm/abi/kit';
import { toHex, utf8Bytes, utf8Text } from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import cca from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';

const { files } = await inProcess({ tdx, snp: createSnp, cca }).start('unified', { provider: 'tdx' });
const rtmr3 = '/sys/kernel/tsm/tdx_guest/rtmr3';
await writeFile(files, `${rtmr3}/append_event`, 'example.com/app pull sha256:1234');
await writeFile(files, `${rtmr3}/append_event`, 'example.com/app start v1');
const value = toHex(await readFile(files, `${rtmr3}/digest`));
const log = utf8Text(await readFile(files, `${rtmr3}/event_log`));
const replayed = (text: string) => toHex(replay(decodeLog(utf8Bytes(text))).registers[0]!.value);
console.log('as logged:', replayed(log) === value);
console.log('with v2 for v1:', replayed(log.replace('v1', 'v2')) === value);
