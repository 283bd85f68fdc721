/** CCA evidence: a token's registers, challenge and claims. Nothing is verified here: every value is a claim. */
import {
  ALGORITHMS,
  algorithmOfText,
  type Claims,
  type Evidence,
  type EvidenceFormat,
  type Issue,
} from '@tsm/core';
import type { Node } from '@tsm/core/layout';
import { claimValues } from './claim-values.ts';
import { CCA_ISSUES } from './issues.ts';
import { claimBytes, claimText, decodeToken, registerClaims, type CcaToken } from './token.ts';
import { tokenTree } from './tree.ts';

/** Registers whose size is not that of the hash which the token names: one issue, at the RIM. */
function sizeIssues({ realm }: CcaToken): Issue[] {
  const [rim] = registerClaims(realm);
  const text = claimText(realm, 'hash-algo-id');
  const algorithm = text === undefined ? undefined : algorithmOfText(text);
  if (!rim || !algorithm || rim.value.length === ALGORITHMS[algorithm].size) return [];
  const place = { path: 'realm.claims.initial-measurement', offset: rim.offset, length: rim.value.length };
  const words = { size: rim.value.length, algorithm, expected: ALGORITHMS[algorithm].size };
  return [CCA_ISSUES.make('cca.register-size', place, words)];
}

/**
 * A token: format `token-907`, `token-399`, `platform-token`, `realm-token`, or `unknown` for what is none. Tree and
 * claims are made when they are asked for. Never throws on data.
 */
function decodeEvidence(bytes: Uint8Array): Evidence {
  const token = decodeToken(bytes);
  const { format, platform, realm, issues, length } = token;
  let tree: Node | undefined;
  let claims: Claims | undefined;
  return {
    technology: 'cca',
    format,
    registers: registerClaims(realm),
    reportData: claimBytes(realm, 'challenge') ?? new Uint8Array(0),
    get claims() {
      return (claims ??= claimValues(token));
    },
    get tree() {
      return (tree ??= tokenTree(bytes, token));
    },
    issues: [
      ...issues,
      ...(platform?.claimIssues ?? []),
      ...(realm?.claimIssues ?? []),
      ...sizeIssues(token),
    ],
    trailing: format === 'unknown' ? 0 : bytes.length - length,
  };
}

/** Tags 907 and 399 at the start of the bytes. */
const OUTER = [
  [0xd9, 0x03, 0x8b],
  [0xd9, 0x01, 0x8f],
] as const;
/** COSE_Sign1: of CCA only when its claims are. */
const SIGN1 = 0xd2;

function isAlone(bytes: Uint8Array): boolean {
  const { platform, realm } = decodeToken(bytes);
  return claimBytes(platform, 'implementation-id') !== undefined || registerClaims(realm).length > 0;
}

export const ccaEvidence: EvidenceFormat = {
  recognise: (bytes) =>
    OUTER.some((head) => head.every((byte, i) => bytes[i] === byte)) ||
    (bytes[0] === SIGN1 && isAlone(bytes)),
  decode: decodeEvidence,
};
