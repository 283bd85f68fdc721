/** The TCB of the platform: TDX module and level, judged with verified TCB info. Source: Intel PCS API v4, TCB Info v3; Intel SGX DCAP QVL. */
import { equalBytes, isFilledWith, toHex } from '@tsm/core';
import type { CheckList } from '@tsm/evidence';
import type { TdBody } from '../td-body.ts';
import { rangeOf } from './context.ts';
import type { Platform } from './platform.ts';
import type { QeTcb } from './qe.ts';
import { evaluateTcb, expectedModule, type PlatformSvns, type TcbEvaluation } from './tcb-level.ts';
import { REMEDIES, type TcbStatus } from './tcb-status.ts';

const SPEC = 'Intel PCS API v4, TCB Info v3';
const MODULE = 'the TDX module is one that TCB info lists';
const LEVEL = 'the platform is up to date';

/** Signer and attributes of the TDX module. */
function checkModule(checks: CheckList, body: TdBody, { tcbInfo }: Platform): boolean {
  if (!tcbInfo) {
    checks.skip('tcb.module', MODULE, { spec: SPEC, remedy: 'give TCB info that verifies' });
    return false;
  }
  const { teeTcbSvn, mrSignerSeam, seamAttributes } = body;
  const wanted = expectedModule(tcbInfo, teeTcbSvn.bytes);
  const good =
    wanted !== undefined &&
    equalBytes(mrSignerSeam.bytes, wanted.mrSigner) &&
    equalBytes(seamAttributes.bytes, wanted.attributes) &&
    isFilledWith(seamAttributes.bytes, 0);
  return checks.check('tcb.module', MODULE, good, {
    ...{ spec: SPEC, ...rangeOf(wanted ? mrSignerSeam : teeTcbSvn) },
    expected: wanted
      ? `MRSIGNERSEAM ${toHex(wanted.mrSigner)}, SEAMATTRIBUTES ${toHex(wanted.attributes)}`
      : 'a module identity for this major version',
    actual: wanted
      ? `MRSIGNERSEAM ${toHex(mrSignerSeam.bytes)}, SEAMATTRIBUTES ${toHex(seamAttributes.bytes)}`
      : `major version ${String(teeTcbSvn.bytes[1])}`,
    remedy: 'the TD runs on a TDX module that Intel does not list: do not trust it',
  });
}

/** The status, the date of its level, and the advisories of the levels that were reached. */
function describe({ status, tdxLevel, moduleLevel }: TcbEvaluation, svns: PlatformSvns, qe: QeTcb): string {
  if (!tdxLevel) {
    const { cpuSvn, pceSvn, teeTcbSvn } = svns;
    return `${status}: CPUSVN ${toHex(cpuSvn)}, PCESVN ${String(pceSvn)}, TEE_TCB_SVN ${toHex(teeTcbSvn)}`;
  }
  const advisories = [tdxLevel, moduleLevel, qe.level].flatMap((level) => level?.advisories ?? []);
  const named = advisories.length > 0 ? `: ${[...new Set(advisories)].join(', ')}` : '';
  return `${status}, level of ${tdxLevel.date.toISOString().slice(0, 10)}${named}`;
}

/** What a status rests on. */
interface Basis {
  readonly platform: Platform;
  /** The quote's signature verified. */
  readonly signed: boolean;
  /** Statuses that pass. */
  readonly accepted: readonly string[];
}

/** Status of the platform, where everything it rests on was verified; undefined else. */
export function checkTcb(
  checks: CheckList,
  body: TdBody,
  { platform, signed, accepted }: Basis,
): TcbStatus | undefined {
  const known = checkModule(checks, body, platform);
  const { tcbInfo, pck, qe } = platform;
  const details = { spec: SPEC, ...rangeOf(body.teeTcbSvn) };
  if (!signed || !known || !tcbInfo || !pck || !qe) {
    checks.skip('tcb.level', LEVEL, {
      ...{ ...details, actual: 'not evaluated: a check that it rests on did not pass' },
      remedy: 'see quote.signature, certificates, collateral, qe.identity and tcb.module',
    });
    return undefined;
  }
  const svns = {
    ...{ cpuSvn: pck.cpuSvn, pceSvn: pck.pceSvn },
    ...{ teeTcbSvn: body.teeTcbSvn.bytes, teeTcbSvn2: body.teeTcbSvn2?.bytes },
  };
  const evaluation = evaluateTcb(svns, tcbInfo, qe.status);
  const { status } = evaluation;
  checks.check('tcb.level', LEVEL, accepted.includes(status), {
    ...{ ...details, expected: accepted.join(', '), actual: describe(evaluation, svns, qe) },
    ...(status !== 'UpToDate' && { remedy: REMEDIES[status] }),
  });
  return status;
}
