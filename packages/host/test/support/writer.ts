/** A process that appends events to a machine until it is killed, and says of each that it was taken. */
import { writeSync } from 'node:fs';
import { openMachineFile } from '../../src/state/open.ts';
import { toy } from './toy-provider.ts';

const [journal = '', name = ''] = process.argv.slice(2);
const machine = openMachineFile(journal, toy);
for (let i = 0; ; i++) {
  const event = `${name} ${i}`;
  machine.append('mr', event);
  writeSync(1, `${event}\n`);
}
