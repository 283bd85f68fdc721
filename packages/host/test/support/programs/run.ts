/** Program under test: runs a command in a machine. Arguments: the machine, the command, its arguments. */
import { runInMachine } from '../../../src/mount/run.ts';
import { servedOf } from './arguments.ts';

const [served = '', command = '', ...args] = process.argv.slice(2);
const urls = {
  inside: new URL('./inside.js', import.meta.url),
  worker: new URL('./worker.js', import.meta.url),
};
try {
  const { exit, message } = await runInMachine(servedOf(served), { command, args, ...urls });
  if (message !== undefined) process.stderr.write(`${message}\n`);
  process.exitCode = exit;
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 99;
}
