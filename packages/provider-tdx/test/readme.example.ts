/** Launch a TD, extend a register, take a quote, read it and verify it under the test root. */
import { portableDigests, toHex } from '@tsm/core';
import { createTdx } from '@tsm/provider-tdx';

const tdx = createTdx({ quoteVersion: 5, tdVersion: '1.5' });
const now = new Date('2026-01-01T00:00:00Z');
const td = tdx.model({ seed: new Uint8Array(32), now }, { digests: portableDigests });
td.extend('rtmr3', new Uint8Array(48).fill(1));

const { outblob } = td.report({ inblob: new Uint8Array(64) });
const { registers } = tdx.evidence.decode(outblob);
for (const { name, value, offset } of registers) console.log(name, offset, toHex(value));

const { files, trustAnchors } = td.collateral();
const options = { now, trustAnchors, collateral: Object.values(files) };
const verdict = await tdx.verify(outblob, options);
console.log(verdict.verdict, verdict.tcbStatus);
