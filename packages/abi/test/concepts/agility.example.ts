/** Two banks of one register: what one program does in SHA-256 changes nothing for another that knows SHA-384. */
import { createGuest, sampleMeasurements } from '@tsm/abi';
import { equalBytes, portableDigests } from '@tsm/core';

const { tree, tsm } = createGuest();
tsm.registerMeasurements(sampleMeasurements(portableDigests));
const registers = '/sys/devices/virtual/misc/tsm_mr_sample/measurements';
const open = (name: string) => tree.open(tree.resolve(`${registers}/${name}`).ino, 'both').fh;
const [sha256, sha384] = [open('rtmr_crypto_agile:sha256'), open('rtmr_crypto_agile:sha384')];
const before = [tree.read(sha256, 0, 32), tree.read(sha384, 0, 48)] as const;
tree.write(sha256, 0, new Uint8Array(32));
console.log('sha256 changed:', !equalBytes(tree.read(sha256, 0, 32), before[0]));
console.log('sha384 changed:', !equalBytes(tree.read(sha384, 0, 48), before[1]));
for (const { name } of tree.readdir(tree.resolve(registers).ino)) console.log(name);
