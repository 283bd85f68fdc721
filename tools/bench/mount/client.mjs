// @ts-check
/** What `client.c` does, for a computer without a C compiler: much slower, so that the client is what is measured. */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, rmdirSync, writeSync } from 'node:fs';

const [item = '', mode = '', count = '0'] = process.argv.slice(2);
/** @param {string} name */
const whole = (name) => readFileSync(`${item}/${name}`);

/** @param {number} number */
function cycle(number) {
  const inblob = Buffer.alloc(64);
  inblob.writeUInt32LE(number);
  const file = openSync(`${item}/inblob`, 'w');
  writeSync(file, inblob);
  closeSync(file);
  return whole('outblob').length >= 64 && Number(whole('generation')) === number;
}

mkdirSync(item);
const file = openSync(`${item}/generation`, 'r');
const text = Buffer.alloc(32);
const [begin, before] = [performance.now(), process.cpuUsage()];
let bad = 0;
for (let i = 1; i <= Number(count); i++) {
  const good =
    mode === 'cycles'
      ? cycle(i)
      : mode === 'reads'
        ? whole('generation').length === 2
        : readSync(file, text, 0, 32, 0) === 2;
  if (!good) bad++;
}
const seconds = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(before);
closeSync(file);
rmdirSync(item);
process.stdout.write(`${JSON.stringify({ seconds, cpu: (user + system) / 1e6, bad })}\n`);
