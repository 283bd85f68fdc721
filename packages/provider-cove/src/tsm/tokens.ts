/** Tokens and certificates of the specification's form, minted. Spec: CoVE specification, Evidence Format, Evidence Generation. */
import { toHex } from '@tsm/core';
import {
  authorityKeyIdentifier,
  basicConstraints,
  coseKey,
  decodeSign1,
  ed25519PublicKey,
  encodeCbor,
  encodeCertificate,
  encodeCoseKey,
  encodeSign1,
  keyUsage,
  subjectKeyIdentifier,
  type CborKey,
  type CborValue,
} from '@tsm/evidence';
import { HASH_NAMES, LABEL, MEASUREMENT_FIELDS, PROFILE, TAG, type TokenName } from '../claims.ts';
import { cdiId, type KeyPair, type Layer } from '../dice.ts';
import { manufacturerId, type Component, type Layers, type Software } from './platform.ts';
import type { CoveHash } from '../registers.ts';
import { DICE_OID } from '../decode/tcb-info.ts';
import type { Tvm } from './tvm.ts';

/** COSE algorithm number of Ed25519 (RFC 9053 §2.2). */
const EDDSA = -8;

/** Before any launch, and never (RFC 5280 §4.1.2.5). */
const NOT_BEFORE = new Date('2018-03-22T23:59:59Z');
const NOT_AFTER = new Date('9999-12-31T23:59:59Z');

type Entry = readonly [CborKey, CborValue];

const map = (entries: readonly Entry[]): ReadonlyMap<CborKey, CborValue> => new Map(entries);

const keyClaim = ({ publicKey }: KeyPair): Uint8Array => encodeCoseKey('ed25519', publicKey);

/** A CWT in a COSE_Sign1. */
function signed(claims: readonly Entry[], { sign }: KeyPair, headers: readonly Entry[] = []): Uint8Array {
  const payload = encodeCbor({ tag: TAG.CWT, value: map(claims) });
  return encodeSign1({ algorithm: EDDSA, payload, headers: map(headers) }, sign);
}

function componentClaim(component: Component, hash: CoveHash): CborValue {
  const { type, measurement, svn, manifest, signer } = component;
  return map([
    [1, type],
    [2, measurement],
    [3, svn],
    [4, manifest],
    [5, signer],
    [6, HASH_NAMES[hash]],
  ]);
}

/** Signed by the root of trust, whose identifier is the key identifier. */
export function platformToken(
  { rot, platform }: Layers,
  software: Software,
  { state, hash }: { state: number; hash: CoveHash },
): Uint8Array {
  const claims: readonly Entry[] = [
    [LABEL.profile, PROFILE],
    [LABEL.platformPublicKey, keyClaim(platform)],
    [LABEL.platformManufacturerId, manufacturerId()],
    [LABEL.platformState, state],
    [LABEL.platformSwComponents, software.platform.map((one) => componentClaim(one, hash))],
  ];
  return signed(claims, rot, [[4, cdiId(rot.publicKey)]]);
}

export function tsmToken(
  { platform, tsm }: Layers,
  { tsmDriver, tsm: tsmSoftware }: Software,
  hash: CoveHash,
): Uint8Array {
  const claims: readonly Entry[] = [
    [LABEL.tsmPublicKey, keyClaim(tsm)],
    [LABEL.tsmSwComponents, [tsmDriver, tsmSoftware].map((one) => componentClaim(one, hash))],
  ];
  return signed(claims, platform);
}

/** `publicKey`: the guest's COSE_Key. An identity of zeros, and an empty list of runtime registers, are left out. */
export function tvmToken(tvm: Tvm, tsm: Layer, publicKey: Uint8Array, challenge: Uint8Array): Uint8Array {
  const { identity } = tvm.inputs;
  const measurements = (kind: 'static' | 'runtime'): readonly CborValue[] =>
    tvm.registers
      .filter((one) => one.kind === kind)
      .map(({ index, value, algorithm }) =>
        map([
          [MEASUREMENT_FIELDS.index, index],
          [MEASUREMENT_FIELDS.value, value],
          [MEASUREMENT_FIELDS.algorithm, HASH_NAMES[algorithm]],
        ]),
      );
  const runtime = measurements('runtime');
  const claims: readonly Entry[] = [
    [LABEL.nonce, challenge],
    ...(identity.some((byte) => byte !== 0) ? [[LABEL.tvmIdentity, identity] as const] : []),
    [LABEL.tvmPublicKey, publicKey],
    [LABEL.tvmInitialMeasurements, measurements('static')],
    ...(runtime.length > 0 ? [[LABEL.tvmRuntimeMeasurements, runtime] as const] : []),
  ];
  return signed(claims, tsm);
}

/** A token that goes into a map as it stands: tag 18 and its array. */
export type Tokens = Readonly<Record<TokenName, Uint8Array>>;

/** `{266: {"platform": …, "tsm": …, "tvm": …}}`. */
export function encodeEvidence(tokens: Tokens): Uint8Array {
  return encodeCbor(evidenceClaim(tokens));
}

/** A COSE_Sign1 as a value: its parts are byte strings, so that it is encoded to the same bytes again. */
function embedded(token: Uint8Array): CborValue {
  const { sign1 } = decodeSign1(token);
  if (!sign1) throw new TypeError('token: expected a COSE_Sign1');
  return { tag: 18, value: [sign1.protectedBytes, map([]), sign1.payload, sign1.signature] };
}

function evidenceClaim(tokens: Tokens): CborValue {
  const submodules = Object.entries(tokens).map(([name, token]): Entry => [name, embedded(token)]);
  return map([[LABEL.submodules, map(submodules)]]);
}

interface Certified {
  readonly tokens: Tokens;
  readonly tsm: Layer;
  /** Names the TVM: 20 bytes. */
  readonly tvmId: Uint8Array;
}

/** The CBOR attestation certificate: a CWT of issuer, subject and evidence, signed by the TSM. */
export function cborCertificate({ tokens, tsm, tvmId }: Certified): Uint8Array {
  return signed(
    [
      [LABEL.issuer, toHex(cdiId(tsm.publicKey))],
      [LABEL.subject, toHex(tvmId)],
      [LABEL.evidence, evidenceClaim(tokens)],
    ],
    tsm,
  );
}

/** The X.509 attestation certificate: the evidence, as a tagged UCCS, is the value of its DICE extension. */
export function x509Certificate({ tokens, tsm, tvmId }: Certified, publicKey: Uint8Array): Uint8Array {
  const tsmId = cdiId(tsm.publicKey);
  const spki = coseKey(publicKey)?.spki ?? ed25519PublicKey(tsm.publicKey);
  return encodeCertificate(
    {
      serial: BigInt(`0x${toHex(tsmId)}`),
      issuer: { serialNumber: toHex(tsmId) },
      subject: { serialNumber: toHex(tvmId) },
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      publicKey: { spki },
      extensions: [
        authorityKeyIdentifier(tsmId),
        subjectKeyIdentifier(tvmId),
        keyUsage('keyCertSign'),
        basicConstraints(true, 0),
        {
          oid: DICE_OID.uccsEvidence,
          critical: true,
          value: encodeCbor({ tag: TAG.UCCS, value: evidenceClaim(tokens) }),
        },
      ],
    },
    { scheme: 'ed25519', sign: tsm.sign },
  );
}
