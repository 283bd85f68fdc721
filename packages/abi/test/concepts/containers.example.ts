/** Two containers: report items of their own under the same name, and one register that only one of them may extend. */
import { containerTree, createGuest, REPORT_PATH, type AbiTree } from '@tsm/abi';
import { portableDigests, TsmError } from '@tsm/core';
import tdx from '@tsm/provider-tdx';

const { tree, plug } = createGuest({ profile: 'unified' });
const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01') };
plug(tdx, tdx.model(launch, { digests: portableDigests }));
const rtmr3 = '/sys/kernel/tsm/tdx_guest/rtmr3';
const web = containerTree(tree, { name: 'web', paths: [rtmr3] });
const db = containerTree(tree, { name: 'db', readOnly: [rtmr3] });
for (const container of [web, db]) container.mkdir(container.resolve(REPORT_PATH).ino, 'report0');
const items = (of: AbiTree) => of.readdir(of.resolve(REPORT_PATH).ino).map(({ name }) => name);
console.log('web sees', items(web), 'and the host', items(tree));
const append = (of: AbiTree) => of.open(of.resolve(`${rtmr3}/append_event`).ino, 'write');
const { fh } = append(web);
console.log('web appends', web.write(fh, 0, new TextEncoder().encode('web started')), 'bytes');
try {
  append(db);
} catch (error) {
  console.log('db:', error instanceof TsmError ? error.code : error);
}
