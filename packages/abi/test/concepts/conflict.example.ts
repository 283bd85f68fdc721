/** Two writers of one item: each counts its own writes, and the generation tells that there was another. */
import { inProcess, readFile, writeFile } from '@tsm/abi/kit';
import { utf8Text } from '@tsm/core';
import cca from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';

const { files } = await inProcess({ tdx, snp: createSnp, cca }).start('7.0', { provider: 'tdx' });
const item = '/sys/kernel/config/tsm/report/shared';
await files.mkdir(item);
const generation = async () => Number(utf8Text(await readFile(files, `${item}/generation`)));
const expected = (await generation()) + 1;
await writeFile(files, `${item}/inblob`, new Uint8Array(64).fill(1));
await writeFile(files, `${item}/inblob`, new Uint8Array(64).fill(2)); // another program
await readFile(files, `${item}/outblob`); // a report, but over whose nonce?
console.log('expected', expected, 'found', await generation());
