/** Program under test: mounts a machine and says so. Arguments: the folder, the machine. SIGTERM ends it. */
import { mountMachine } from '../../../src/mount/mount.ts';
import { servedOf } from './arguments.ts';

const [folder = '', served = ''] = process.argv.slice(2);
const mounted = await mountMachine(folder, servedOf(served), {
  worker: new URL('./worker.js', import.meta.url),
});
process.on('SIGTERM', () => void mounted.stop());
process.stdout.write('mounted\n');
await mounted.ended;
process.stdout.write('ended\n');
