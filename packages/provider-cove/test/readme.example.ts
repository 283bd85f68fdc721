/** Launch a TVM, extend a register, take a certificate, and verify it to the test root. */
import { portableDigests, toHex } from '@tsm/core';
import { createCove } from '@tsm/provider-cove';

const cove = createCove({ certificate: 'x509' });
const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01'), image: new Uint8Array(4096) };
const tvm = cove.model(launch, { digests: portableDigests });
tvm.extend('mr6', new Uint8Array(48).fill(1));

const challenge = new Uint8Array(64).fill(2);
const { outblob } = tvm.report({ inblob: challenge });
for (const { name, value } of cove.evidence.decode(outblob).registers) console.log(name, toHex(value));

const { files, trustAnchors } = tvm.collateral();
const options = { now: launch.now, collateral: Object.values(files), trustAnchors, reportData: challenge };
console.log((await cove.verify(outblob, options)).verdict);
