/** Launch a TD, extend a register, take a quote, and read it. */
import { portableDigests, toHex } from '@tsm/core';
import { createTdx, pckChain, pckExtension } from '@tsm/provider-tdx';

const tdx = createTdx({ quoteVersion: 5, tdVersion: '1.5' });
const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01T00:00:00Z') };
const td = tdx.model(launch, { digests: portableDigests });
td.extend('rtmr3', new Uint8Array(48).fill(1));

const quote = tdx.evidence.decode(td.report({ inblob: new Uint8Array(64) }).outblob);
for (const { name, value, offset } of quote.registers) console.log(name, offset, toHex(value));

const [leaf] = pckChain(quote).certificates;
if (leaf) console.log(leaf.issuer, pckExtension(leaf).extension?.fmspc);
