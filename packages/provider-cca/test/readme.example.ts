/** Launch a realm, extend a register, take a token, read it, and verify it with the key of its platform. */
import { portableDigests, toHex } from '@tsm/core';
import { createCca } from '@tsm/provider-cca';

const cca = createCca({ hashAlgorithm: 'sha512', profile: '2.0' });
const launch = { seed: new Uint8Array(32), now: new Date('2026-01-01T00:00:00Z') };
const realm = cca.model(launch, { digests: portableDigests });
realm.extend('rem3', new Uint8Array(64).fill(1));

const nonce = new Uint8Array(64).fill(2);
const { outblob } = realm.report({ inblob: nonce });
for (const { name, value } of cca.evidence.decode(outblob).registers) console.log(name, toHex(value));

const collateral = [realm.collateral().files['cpak.pem']];
const verdict = await cca.verify(outblob, { now: launch.now, collateral, reportData: nonce });
console.log(verdict.verdict, verdict.notChecked.map(({ id }) => id).join(' '));
