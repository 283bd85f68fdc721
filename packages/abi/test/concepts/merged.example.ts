/** One log over all registers says in which order they were extended; the log of each register is its part of it. */
import { inProcess, readFile, writeFile } from '@tsm/abi/kit';
import { utf8Text } from '@tsm/core';
import cca from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';

const { files } = await inProcess({ tdx, snp: createSnp, cca }).start('unified', { provider: 'tdx' });
const append = (register: string, event: string) =>
  writeFile(files, `/sys/kernel/tsm/tdx_guest/${register}/append_event`, event);
await append('rtmr2', 'initrd loaded');
await append('rtmr3', 'app started');
await append('rtmr2', 'root mounted');
const log = utf8Text(await readFile(files, '/sys/kernel/tsm/event_log'));
for (const line of log.trimEnd().split('\n')) console.log(line.replace(/0{90,}/, '00…00'));
