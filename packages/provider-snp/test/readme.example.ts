/** Launch a guest, take a report, and verify it under the test root. */
import { portableDigests, toHex } from '@tsm/core';
import { createSnp } from '@tsm/provider-snp';

const snp = createSnp({ product: 'Genoa', reportVersion: 5 });
const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01T00:00:00Z') };
const guest = snp.model(launch, { digests: portableDigests });

const reportData = new Uint8Array(64).fill(7);
const { outblob } = guest.report({ inblob: reportData });
for (const { name, value } of snp.evidence.decode(outblob).registers) console.log(name, toHex(value));

const { files, trustAnchors } = guest.collateral();
const options = { now: launch.now, collateral: Object.values(files), trustAnchors, reportData };
const { verdict, notChecked } = await snp.verify(outblob, options);
console.log(verdict, notChecked.map(({ id }) => id).join(', '));
