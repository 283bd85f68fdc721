/** A TDX guest's report, asked for as a program on Linux does: mkdir, write inblob, read outblob. */
import { createGuest, REPORT_PATH } from '@tsm/abi';
import { portableDigests } from '@tsm/core';
import tdx from '@tsm/provider-tdx';

const { plug, tree } = createGuest({ profile: '7.0' });
const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01') };
plug(tdx, tdx.model(launch, { digests: portableDigests }));
const item = tree.mkdir(tree.resolve(REPORT_PATH).ino, 'demo').ino;
const inblob = tree.open(tree.lookup(item, 'inblob').ino, 'write').fh;
tree.write(inblob, 0, new Uint8Array(64));
tree.release(inblob);
const outblob = tree.open(tree.lookup(item, 'outblob').ino, 'read').fh;
console.log(tdx.evidence.decode(tree.read(outblob, 0, 16384)).format);
