/** What a verdict says about the platform and not about the TD: all quotes of one platform share it, as long as no date passes. */
import { equalBytes, toHex, type Check, type NotChecked, type VerifyCache } from '@tsm/core';
import { CheckList, ecPublicKey, keep, recall } from '@tsm/evidence';
import type { PckExtension } from '../pck-extension.ts';
import type { QuoteParts } from '../quote-parts.ts';
import { checkPckChain, findPck, type Pck } from './certificates.ts';
import type { Collateral } from './collateral.ts';
import type { TdxContext } from './context.ts';
import { checkQeBinding, checkQeIdentity, checkQeSignature, type QeTcb } from './qe.ts';
import { readQeIdentity, type QeIdentity } from './qe-identity.ts';
import { checkSignedJson, type SignedKind } from './signed-json.ts';
import { readTcbInfo, type TcbInfo } from './tcb-info.ts';
import { timeWindow, within, type TimeWindow } from './time-window.ts';

const TCB_INFO = 'Intel PCS API v4, TCB Info v3';

export interface Platform {
  readonly checks: readonly Check[];
  readonly notChecked: readonly NotChecked[];
  readonly failed: boolean;
  /** SubjectPublicKeyInfo, DER. */
  readonly attestationKey: Uint8Array;
  /** Each present only when everything it rests on passed. */
  readonly pck: PckExtension | undefined;
  readonly tcbInfo: TcbInfo | undefined;
  readonly qe: QeTcb | undefined;
}

function checkFiles(checks: CheckList, { broken, unread }: Collateral): void {
  for (const { path, reason } of unread) checks.notChecked(path, reason);
  const [first] = broken;
  checks.check('collateral.files', 'every piece of collateral can be read', !first, {
    ...(first && { actual: `${first.path}: ${first.reason}` }),
    remedy: 'give the file as its issuer serves it, or leave it out',
  });
}

/** TCB info is of a platform family and a PCE: those of the PCK certificate. */
function tcbInfoOf(pck: PckExtension | undefined): SignedKind<TcbInfo> {
  const id = 'collateral.tcb-info';
  const remedy = `give current TCB info of TDX for FMSPC ${pck ? toHex(pck.fmspc) : 'of this platform'}`;
  const details = { spec: TCB_INFO, remedy };
  return {
    ...{ id, title: 'TCB info', spec: TCB_INFO, read: readTcbInfo, remedy },
    fits: ({ fmspc, pceId }) =>
      pck !== undefined && equalBytes(fmspc, pck.fmspc) && equalBytes(pceId, pck.pceId),
    check(list, { fmspc, pceId }) {
      if (!pck) return;
      list.equal(`${id}.fmspc`, 'is of the FMSPC of the PCK certificate', pck.fmspc, fmspc, details);
      list.equal(`${id}.pceid`, 'is of the PCEID of the PCK certificate', pck.pceId, pceId, details);
    },
  };
}

const QE_IDENTITY: SignedKind<QeIdentity> = {
  ...{ id: 'collateral.qe-identity', title: 'QE identity', spec: 'Intel PCS API v4, Enclave Identity v2' },
  ...{ read: readQeIdentity, fits: () => true },
  remedy: 'give the current identity of the TD quoting enclave',
};

/** Who the platform is: its certificate, and the quoting enclave that it vouches for. True when all of it was verified. */
async function checkPck(
  checks: CheckList,
  pck: Pck | undefined,
  quote: QuoteParts,
  context: TdxContext,
): Promise<boolean> {
  checkFiles(checks, context.collateral);
  const known = await checkPckChain(checks, pck, quote, context);
  await checkQeSignature(checks, quote, pck, context);
  checkQeBinding(checks, quote, context);
  return known && !checks.failed;
}

/** What Intel says of platform and quoting enclave. */
async function checkSigned(checks: CheckList, pck: Pck | undefined, context: TdxContext) {
  const { tcbInfos, qeIdentities } = context.collateral;
  const tcbInfo = await checkSignedJson(checks, tcbInfos, tcbInfoOf(pck?.extension), context);
  const identity = await checkSignedJson(checks, qeIdentities, QE_IDENTITY, context);
  return { tcbInfo, identity };
}

async function checkPlatform(
  quote: QuoteParts,
  pck: Pck | undefined,
  context: TdxContext,
): Promise<Platform> {
  // Lists of their own, because the two wait for signatures at the same time.
  const [first, second]: [NotChecked[], NotChecked[]] = [[], []];
  const [own, published] = [new CheckList(first), new CheckList(second)];
  const [genuine, { tcbInfo, identity }] = await Promise.all([
    checkPck(own, pck, quote, context),
    checkSigned(published, pck, context),
  ]);
  const qe = checkQeIdentity(published, quote, identity);
  return {
    checks: [...own.checks, ...published.checks],
    notChecked: [...first, ...second],
    failed: own.failed || published.failed,
    attestationKey: ecPublicKey('p256', quote.attestationKey.bytes),
    pck: genuine ? pck?.extension : undefined,
    ...{ tcbInfo, qe },
  };
}

interface Kept {
  readonly platform: Platform;
  readonly collateral: Collateral;
  readonly window: TimeWindow;
}

/**
 * The platform of a quote. One that passed is found again in the cache by the bytes that certify the attestation key, by
 * anchors and collateral, until the next date at which a certificate, a list or a piece of collateral starts or ends.
 */
export async function platformOf(
  quote: QuoteParts,
  context: TdxContext,
  cache: VerifyCache | undefined,
): Promise<Platform> {
  const { anchors, collateral, now } = context;
  // The offset counts, because checks name ranges of the quote.
  const place = Uint8Array.of(quote.certified.offset & 0xff, quote.certified.offset >> 8);
  const roots = anchors.map((anchor) => (anchor instanceof Uint8Array ? anchor : anchor.sha256));
  const parts = [quote.certified.bytes, place, ...roots];
  const kept = recall(cache, 'tdx.platform', parts) as Kept | undefined;
  if (kept?.collateral === collateral && within(kept.window, now)) return kept.platform;
  const pck = await findPck(quote, context);
  const platform = await checkPlatform(quote, pck, context);
  if (cache && !platform.failed)
    keep(cache, 'tdx.platform', parts, { platform, collateral, window: timeWindow(pck, context) });
  return platform;
}
