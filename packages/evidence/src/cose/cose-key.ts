/** Public keys as COSE_Key: EC2 and Ed25519. Source: RFC 9052 §7; RFC 9053 §7.1, §7.2. */
import { concat } from '@tsm/core';
import { CURVES, type Curve } from '../keys/algorithms.ts';
import { cborGet, readCbor, type CborKey } from './cbor.ts';
import { encodeCbor, type CborValue } from './encode-cbor.ts';
import { ecPublicKey, ed25519PublicKey, parsePublicKey, type PublicKey } from '../keys/public-key.ts';

const LABEL = { kty: 1, crv: -1, x: -2, y: -3 } as const;
const KTY = { okp: 1, ec2: 2 } as const;
const ED25519 = 6;
const CURVE_NUMBERS: Readonly<Record<Curve, number>> = { p256: 1, p384: 2, p521: 3 };

function spkiOf(bytes: Uint8Array): Uint8Array | undefined {
  const { item, issues, length } = readCbor(bytes);
  if (issues.length > 0 || length !== bytes.length) return undefined;
  const [kty, crv, x, y] = [LABEL.kty, LABEL.crv, LABEL.x, LABEL.y].map((label) => cborGet(item, label));
  if (kty?.kind !== 'int' || crv?.kind !== 'int' || x?.kind !== 'bytes') return undefined;
  if (kty.value === KTY.okp && crv.value === ED25519 && x.value.length === 32)
    return ed25519PublicKey(x.value);
  const curve = (Object.keys(CURVES) as Curve[]).find((name) => CURVE_NUMBERS[name] === crv.value);
  const size = curve && CURVES[curve].size;
  if (kty.value !== KTY.ec2 || !curve || x.value.length !== size) return undefined;
  // A point with the sign of y alone would have to be decompressed; attestation keys carry both.
  if (y?.kind !== 'bytes' || y.value.length !== size) return undefined;
  return ecPublicKey(curve, concat(x.value, y.value));
}

/** The key of an encoded COSE_Key; undefined where it is not one of these. */
export function coseKey(bytes: Uint8Array): PublicKey | undefined {
  const spki = spkiOf(bytes);
  return spki && parsePublicKey(spki).value;
}

/** An encoded COSE_Key: a point (04‖x‖y or x‖y), or the 32 bytes of an Ed25519 key. */
export function encodeCoseKey(curve: Curve | 'ed25519', point: Uint8Array): Uint8Array {
  if (curve === 'ed25519') {
    return encodeCbor(
      new Map<CborKey, CborValue>([
        [LABEL.kty, KTY.okp],
        [LABEL.crv, ED25519],
        [LABEL.x, point],
      ]),
    );
  }
  const { size } = CURVES[curve];
  const full = point.length === 2 * size ? point : point.subarray(1);
  if (full.length !== 2 * size || (point.length !== full.length && point[0] !== 4))
    throw new RangeError(`point: expected x‖y or 04‖x‖y, got ${String(point.length)} bytes`);
  return encodeCbor(
    new Map<CborKey, CborValue>([
      [LABEL.kty, KTY.ec2],
      [LABEL.crv, CURVE_NUMBERS[curve]],
      [LABEL.x, full.slice(0, size)],
      [LABEL.y, full.slice(size)],
    ]),
  );
}
