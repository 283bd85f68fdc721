/** Evidence in the form of salus: registers as fwids of DiceTcbInfo in a certificate. Source: rivosinc/salus, rivosinc/rice. */
import { type Claims, type ClaimValue, type EvidenceRegister, type Issue } from '@tsm/core';
import type { Certificate } from '@tsm/evidence';
import { COVE_ISSUES } from '../issues.ts';
import { registersOf, SALUS_MAP } from '../registers.ts';
import { DICE_OID, readTcbInfo, type TcbInfo } from './tcb-info.ts';

/** Extensions that hold TcbInfo: the first one there counts. */
const EXTENSIONS = [DICE_OID.arc, DICE_OID.tcbInfo, DICE_OID.multiTcbInfo] as const;

export interface SalusEvidence {
  readonly certificate: Certificate;
  readonly infos: readonly TcbInfo[];
  readonly registers: readonly EvidenceRegister[];
  readonly claims: Claims;
  readonly issues: readonly Issue[];
  /** Where the TcbInfo stands. */
  readonly range: { readonly offset: number; readonly length: number };
}

const NAMES = registersOf(SALUS_MAP, true).map(({ name }) => name);

function claimsOf(certificate: Certificate, infos: readonly TcbInfo[]): Claims {
  const claims: Record<string, ClaimValue> = {
    debug: infos.some(({ flags }) => flags.includes('debug')),
    issuer: certificate.issuer,
    subject: certificate.subject,
    'public-key': certificate.publicKey.spki,
  };
  infos.forEach((info, i) => {
    const prefix = infos.length === 1 ? 'tcb-info' : `tcb-info[${String(i)}]`;
    for (const name of [
      'vendor',
      'model',
      'version',
      'svn',
      'layer',
      'index',
      'vendorInfo',
      'type',
    ] as const) {
      const value = info[name];
      if (value !== undefined) claims[`${prefix}.${name}`] = value;
    }
    if (info.flags.length > 0) claims[`${prefix}.flags`] = info.flags;
  });
  return claims;
}

/** Undefined where the certificate has no TcbInfo. */
export function readSalus(certificate: Certificate): SalusEvidence | undefined {
  const oid = EXTENSIONS.find((one) => certificate.extensions.has(one));
  const extension = oid && certificate.extensions.get(oid);
  if (!extension) return undefined;
  const { value } = extension;
  const offset = certificate.place.offset + value.byteOffset - certificate.der.byteOffset;
  const range = { offset, length: value.length };
  const { infos, issues } = readTcbInfo(value, oid === DICE_OID.multiTcbInfo, {
    path: 'tcbInfo',
    ...range,
  });
  const fwids = infos.flatMap((info) => info.fwids);
  const salus = fwids.length === NAMES.length;
  const registers = fwids.map(({ digest, offset: at }, i) => ({
    name: salus ? (NAMES[i] ?? '') : `fwid${String(i)}`,
    value: digest,
    offset: at,
  }));
  const count = { count: fwids.length };
  return {
    certificate,
    infos,
    registers,
    claims: claimsOf(certificate, infos),
    issues:
      salus || infos.length === 0
        ? issues
        : [...issues, COVE_ISSUES.make('cove.fwid-count', { path: 'tcbInfo.fwids', ...range }, count)],
    range,
  };
}
