/** A COSE_Sign1 token: signed, decoded with byte ranges, verified with a key that came as COSE_Key. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { leaves, valueText } from '@tsm/core/layout';
import * as ev from '@tsm/evidence';

const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-97);
const payload = ev.encodeCbor(new Map([[10, 'challenge']]));
const bytes = ev.encodeSign1({ algorithm: -35, payload }, (message) =>
  sign('sha384', message, { key, dsaEncoding: 'ieee-p1363' }),
);

const { sign1, issues } = ev.decodeSign1(bytes);
const known = ev.coseKey(ev.encodeCoseKey('p384', point));
if (sign1 && known) {
  const good = await ev.verifySign1(sign1, known.spki, ev.webCryptoVerifier());
  console.log(good, issues.length, sign1.scheme);
  const tree = ev.cborNode(sign1.item, ev.sign1Names({ 10: 'nonce' }));
  const nonce = leaves(tree).find(({ name }) => name === 'nonce');
  console.log(nonce?.path, nonce?.offset, valueText(nonce?.value));
}
