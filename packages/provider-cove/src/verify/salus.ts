/** The form of salus: one certificate, signed by the TSM. Source: rivosinc/salus; TCG DICE Attestation Architecture 1.1, §6.1. */
import { isFilledWith } from '@tsm/core';
import type { CheckList } from '@tsm/evidence';
import type { SalusEvidence } from '../decode/salus-evidence.ts';
import { checkAuthority, checkPublished, PUBLISHED_KEYS, signerAmong, type Context } from './authority.ts';
import { checkLeaf, signedBy } from './leaf.ts';
import { checkReportData } from './report-data.ts';
import { DICE_OID } from '../decode/tcb-info.ts';

const HANDLED = [DICE_OID.arc, DICE_OID.tcbInfo, DICE_OID.multiTcbInfo];

/** Fails on a published key even where no key is given to verify with. */
async function keysOf(
  { certificate }: SalusEvidence,
  signer: Uint8Array | undefined,
  context: Context,
): Promise<Uint8Array[]> {
  if (signer) return [signer];
  const found: Uint8Array[] = [];
  for (const { spki } of PUBLISHED_KEYS) if (await signedBy(certificate, spki, context)) found.push(spki);
  return found;
}

export async function verifySalus(
  checks: CheckList,
  evidence: SalusEvidence,
  context: Context,
): Promise<void> {
  const { certificate, range, registers, claims } = evidence;
  const signer = await signerAmong(context, [certificate.der], (spki) =>
    signedBy(certificate, spki, context),
  );
  checkLeaf(checks, certificate, signer, context, HANDLED);
  if (signer) await checkAuthority(checks, signer, context);
  checkPublished(checks, await keysOf(evidence, signer?.spki, context));
  checks.check('debug', 'the TCB is not in debug state', claims['debug'] === false, {
    ...{ spec: 'TCG DICE Attestation Architecture 1.1, §6.1.1', range },
    ...{ expected: 'flags without debug', actual: claims['debug'] === false ? 'not set' : 'set' },
    remedy: 'refuse the TVM: its TCB can be debugged',
  });
  const { offset = 0, length = 0 } = certificate.parts.publicKey ?? {};
  checkReportData(checks, context.options.reportData, certificate.publicKey.point, {
    title: 'the certificate is for the key that was asked for',
    spec: 'salus, src/vm.rs',
    range: { offset: certificate.place.offset + offset, length },
  });
  checks.notChecked(
    'freshness',
    'salus ignores the challenge: only a key that is new makes a certificate new',
  );
  checks.notChecked('platform', 'salus has no layers below the TSM: nothing says what it runs on');
  if (registers.slice(0, 2).every(({ value }) => isFilledWith(value, 0)))
    checks.notChecked('platform.registers', 'pcr0 and pcr1 are zero: no root of trust measured the platform');
}
