/** Revocation: every list that is given must be good, and no certificate may stand on one. Source: RFC 5280 §5, §6.3. */
import { equalBytes } from '@tsm/core';
import type { Certificate } from './certificate.ts';
import type { ChainContext } from './chain.ts';
import { unreadCritical } from './chain-rules.ts';
import { placeDetails, whereText } from '../check-place.ts';
import type { CheckDetails, CheckList } from '../checks.ts';
import type { Crl } from './crl.ts';
import { EXTENSION, KEY_USAGE } from './extension-list.ts';
import { sameKeyId } from './path.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { signedBy } from './signed-by.ts';

/** Who must have signed a list: the certificate above, or the anchor where that is a key. */
export interface Issuer {
  readonly nameDer: Uint8Array;
  readonly name: string;
  readonly key: PublicKey;
  readonly certificate?: Certificate;
}

const SPEC = 'RFC 5280 §6.3.3';

/** CRL number and issuer's key are read here; a scope or a delta is not, and makes the list unusable. */
const HANDLED = [EXTENSION.crlNumber];

/** Lists of the same name by another key are somebody else's. */
function isFrom(crl: Crl, { nameDer, certificate }: Issuer): boolean {
  return equalBytes(crl.issuerDer, nameDer) && sameKeyId(crl.authorityKeyId, certificate?.subjectKeyId);
}

type Breach = Pick<CheckDetails, 'expected' | 'actual'>;

function formBreach(crl: Crl, { certificate }: Issuer): Breach | undefined {
  const error = crl.issues.find(({ severity }) => severity === 'error');
  if (error) return { expected: 'a well-formed list', actual: error.message };
  const [unread] = [...unreadCritical(crl.extensions, HANDLED), ...crl.criticalEntryExtensions];
  if (unread !== undefined) return { expected: 'critical extensions that are known', actual: unread };
  const usage = certificate?.keyUsage;
  if (usage !== undefined && !(usage & KEY_USAGE.crlSign))
    return { expected: 'an issuer whose keyUsage has cRLSign', actual: 'keyUsage without it' };
  return undefined;
}

function freshnessBreach({ thisUpdate, nextUpdate }: Crl, now: Date): Breach | undefined {
  if (thisUpdate <= now && nextUpdate !== undefined && now < nextUpdate) return undefined;
  const until = nextUpdate?.toISOString() ?? '(no next update)';
  return { expected: `fresh: ${thisUpdate.toISOString()} … ${until}`, actual: now.toISOString() };
}

/** What is wrong with the lists of an issuer; one that is fresh is enough, but none may be bad. */
async function listBreach(
  crls: readonly Crl[],
  issuer: Issuer,
  context: ChainContext,
): Promise<(Breach & { crl: Crl }) | undefined> {
  for (const crl of crls) {
    const breach = formBreach(crl, issuer);
    if (breach) return { ...breach, crl };
    if (!(await signedBy(crl, issuer.key, context)))
      return { expected: `a signature of ${issuer.name}`, actual: 'the signature does not verify', crl };
  }
  const stale = crls.map((crl) => ({ crl, breach: freshnessBreach(crl, context.now) }));
  const [first] = stale;
  return first?.breach && stale.every(({ breach }) => breach)
    ? { ...first.breach, crl: first.crl }
    : undefined;
}

function noteMissing(
  list: CheckList,
  id: string,
  title: string,
  issuer: Issuer,
  { crls, revocation, requireCrl }: ChainContext,
): void {
  const details = {
    spec: SPEC,
    expected: `a revocation list of ${issuer.name}`,
    actual: crls.length > 0 ? 'only lists of other issuers' : 'none',
    remedy: `give the revocation list that ${issuer.name} publishes`,
  };
  if (revocation === 'optional' && !requireCrl)
    list.notChecked(id, `no revocation list of ${issuer.name} was given`);
  else if (revocation === 'required' && crls.length > 0) list.check(id, title, false, details);
  else list.skip(id, title, details);
}

/** One certificate against the lists of its issuer. */
export async function checkRevocation(
  list: CheckList,
  certificate: Certificate,
  issuer: Issuer,
  context: ChainContext,
  { id, name, expected }: { id: string; name: string; expected: boolean },
): Promise<void> {
  const crls = context.crls.filter((crl) => isFrom(crl, issuer));
  const title = `${name} is not revoked`;
  if (crls.length === 0) {
    if (expected) noteMissing(list, id, title, issuer, context);
    return;
  }
  const breach = await listBreach(crls, issuer, context);
  if (breach) {
    const { crl, actual = '', ...rest } = breach;
    const remedy = `give the current revocation list of ${issuer.name}`;
    const place = placeDetails(crl.place);
    list.check(id, title, false, {
      spec: SPEC,
      ...rest,
      ...place,
      actual: whereText(crl.place, actual),
      remedy,
    });
    return;
  }
  const entry = crls.map((crl) => crl.revoked(certificate.serial)).find((one) => one !== undefined);
  list.check(id, title, entry === undefined, {
    spec: SPEC,
    expected: `serial ${certificate.serial.toString(16)} on no list of ${issuer.name}`,
    actual: entry ? `revoked on ${entry.date.toISOString()}` : until(crls),
    remedy: 'do not trust this platform: its certificate was revoked',
  });
}

/** How long the lists hold. */
function until(crls: readonly Crl[]): string {
  const last = Math.max(...crls.map(({ nextUpdate }) => nextUpdate?.getTime() ?? 0));
  return `not on it; next update ${new Date(last).toISOString()}`;
}
