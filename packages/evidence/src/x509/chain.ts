/** Certificate chains, verified to a trust anchor. Source: RFC 5280 §6, as far as chains of attestation need it. */
import type { Digests, SignatureVerifier, VerifyCache } from '@tsm/core';
import type { Certificate } from './certificate.ts';
import { constraintBreach, nameBreach, validityBreach, type Breach } from './chain-rules.ts';
import { placeDetails, whereText } from '../check-place.ts';
import type { CheckList } from '../checks.ts';
import type { Crl } from './crl.ts';
import { isSelfIssued, MAX_CHAIN, pathOf, type Anchor, type Path } from './path.ts';
import { checkRevocation, type Issuer } from './revocation.ts';
import { signedBy } from './signed-by.ts';

/** What a chain is verified against. */
export interface ChainContext {
  readonly now: Date;
  readonly anchors: readonly Anchor[];
  readonly crls: readonly Crl[];
  /**
   * Where no list of an issuer is given. `required`: fails when there are lists of others, else is skipped.
   * `optional`: stands under not checked.
   */
  readonly revocation: 'required' | 'optional';
  /** Makes a missing optional list a skipped check. */
  readonly requireCrl?: boolean | undefined;
  readonly verifier: SignatureVerifier;
  /** Without one, every signature is verified every time. */
  readonly cache?: VerifyCache | undefined;
  readonly digests: Digests;
  /** OIDs of critical extensions that the caller reads itself. */
  readonly handled?: readonly string[];
}

/** What the checks are called. */
export interface ChainTitles {
  /** Id of the group. Default `certificates`. */
  readonly id?: string;
  /** Id of the group on revocation. Default `revocation`. */
  readonly revocation?: string;
  /** What the certificates are called, leaf first; default: their common names. */
  readonly names?: readonly string[];
  /** Last part of the id of each certificate's revocation check, leaf first; undefined: the issuer publishes no list. Default: all `crl`. */
  readonly crls?: readonly (string | undefined)[];
}

const COMMON_NAME = /(?:^|,)CN=((?:\\.|[^\\,])*)/;

function nameOf(certificate: Certificate, given: string | undefined): string {
  return given ?? COMMON_NAME.exec(certificate.subject)?.[1] ?? certificate.subject;
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** `PCK ← Platform CA ← Root, valid 2023-02-20 … 2030-02-20`. */
function summary(path: readonly Certificate[], names: readonly string[]): string {
  const from = Math.max(...path.map(({ notBefore }) => notBefore.getTime()));
  const to = Math.min(...path.map(({ notAfter }) => notAfter.getTime()));
  return `${names.join(' ← ')}, valid ${day(from)} … ${day(to)}`;
}

/** Who issued the certificate at `i`; undefined at the end of the path. */
function issuerOf({ certificates, key }: Path, i: number): Issuer | undefined {
  const above = certificates[i + 1];
  const { issuer: name, issuerDer: nameDer } = certificates[i] ?? {};
  if (above)
    return { nameDer: above.subjectDer, name: above.subject, key: above.publicKey, certificate: above };
  return key && name !== undefined && nameDer ? { nameDer, name, key } : undefined;
}

async function signatureBreach(path: Path, context: ChainContext): Promise<Breach | undefined> {
  const { certificates } = path;
  const good = await Promise.all(
    certificates.map(async (certificate, i) => {
      const issuer = issuerOf(path, i);
      return !issuer || (await signedBy(certificate, issuer.key, context));
    }),
  );
  const certificate = certificates[good.indexOf(false)];
  if (!certificate) return undefined;
  const { scheme, algorithm } = certificate.signature;
  const actual = `the signature (${scheme ?? algorithm}) does not verify`;
  return { certificate, expected: `a signature of ${certificate.issuer}`, actual };
}

/** A chain that ends at a foreign root fails; one that merely ends too early cannot be told. */
function checkAnchor(list: CheckList, id: string, { certificates, end }: Path): boolean {
  const title = 'ends at a trust anchor';
  const last = certificates.at(-1);
  const spec = 'RFC 5280 §6.1.1 (d)';
  if (!last || (end === 'none' && !isSelfIssued(last))) {
    const wanted = last ? `the certificate of ${last.issuer}` : 'the certificate chain';
    list.skip(id, title, { spec, actual: 'the chain ends below any trust anchor', remedy: `give ${wanted}` });
    return false;
  }
  return list.check(id, title, end !== 'none', {
    ...{ spec, ...placeDetails(last.place), expected: 'a trust anchor' },
    actual: whereText(last.place, end === 'key' ? `${last.issuer} (key)` : last.subject),
    remedy: 'trust this root only if you know where it comes from: give it as trust anchor',
  });
}

/** Verifies the path itself, in one group. */
async function checkPath(
  checks: CheckList,
  path: Path,
  context: ChainContext,
  { id, names }: { id: string; names: readonly string[] },
): Promise<boolean> {
  const { certificates } = path;
  const list = checks.group(id, 'Certificates', {
    spec: 'RFC 5280 §6.1',
    ...(certificates.length > 0 && { actual: summary(certificates, names) }),
  });
  const rule = (part: string, title: string, spec: string, breach: Breach | undefined): void => {
    const details = breach && {
      ...placeDetails(breach.certificate.place),
      expected: breach.expected,
      actual: whereText(
        breach.certificate.place,
        `${nameOf(breach.certificate, undefined)}: ${breach.actual}`,
      ),
    };
    list.check(`${id}.${part}`, title, !breach, { spec, ...details });
  };
  const anchored = checkAnchor(list, `${id}.anchor`, path);
  if (certificates.length === 0) return false;
  rule(
    'chain',
    'each is named as the issuer of the one before',
    'RFC 5280 §6.1.3 (a)(4)',
    nameBreach(certificates),
  );
  rule(
    'signature',
    'each is signed by the next',
    'RFC 5280 §6.1.3 (a)(1)',
    await signatureBreach(path, context),
  );
  rule(
    'validity',
    'all are valid at the date',
    'RFC 5280 §6.1.3 (a)(2)',
    validityBreach(certificates, context.now),
  );
  const breach = constraintBreach(certificates, context.handled);
  rule(
    'constraints',
    'issuers may issue, and nothing critical is unknown',
    'RFC 5280 §6.1.4 (f), (k)–(o)',
    breach,
  );
  return anchored && !list.failed;
}

/**
 * Verifies a chain, leaf first, and the revocation of each certificate below the anchor; checks go into two groups.
 * True when it leads to an anchor and nothing failed; revocation that was skipped leaves it true.
 */
export async function verifyChain(
  checks: CheckList,
  chain: readonly Certificate[],
  context: ChainContext,
  titles: ChainTitles = {},
): Promise<boolean> {
  if (Number.isNaN(context.now.getTime())) throw new RangeError('now: expected a date, got an invalid one');
  const { id = 'certificates', revocation = 'revocation', crls } = titles;
  const path = await pathOf(chain.slice(0, MAX_CHAIN), context.anchors, context);
  const names = path.certificates.map((certificate, i) => nameOf(certificate, titles.names?.[i]));
  const good = await checkPath(checks, path, context, { id, names });
  const list = checks.group(revocation, 'Revocation', { spec: 'RFC 5280 §6.3' });
  for (const [i, certificate] of path.certificates.entries()) {
    const issuer = issuerOf(path, i);
    const part = crls ? crls[i] : 'crl';
    const what = { id: `${revocation}.${part ?? 'crl'}`, name: names[i] ?? '', expected: part !== undefined };
    if (issuer) await checkRevocation(list, certificate, issuer, context, what);
  }
  return good && !list.failed;
}
