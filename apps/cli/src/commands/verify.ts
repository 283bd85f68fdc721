/** `tsm verify`: is this evidence genuine, and what exactly was checked? */
import { fromHex, printable, type Check, type Verdict, type VerifyOptions } from '@tsm/core';
import {
  appraise,
  claimsOf,
  createVerifyCache,
  earOf,
  parsePem,
  withParts,
  type AppraisalClaims,
  type Policy,
} from '@tsm/evidence';
import { nodeVerifier } from '@tsm/host';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT, usage, type ExitCode } from '../exit.ts';
import { readEvidence } from '../input.ts';
import { sarifOf } from '../view/sarif.ts';
import { sayVerdict, verdictWords } from '../view/verdict.ts';
import { byteSize, issueLines } from '../view/words.ts';
import { readPolicy } from './policy.ts';
import { checkLog } from './verify-log.ts';

export interface VerifyCommandOptions {
  readonly collateral?: readonly string[];
  readonly trustAnchor?: readonly string[];
  readonly at?: string;
  readonly reportData?: string;
  readonly requireCrl?: boolean;
  readonly acceptTcb?: readonly string[];
  readonly policy?: string;
  readonly log?: string;
  readonly register?: string;
  readonly provider?: readonly string[];
  readonly all?: boolean;
  readonly sarif?: boolean;
  readonly ear?: boolean;
}

/** A date as people write it: `2025-07-01` is its first moment in UTC. */
export function dateOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw usage(`--at ${text}: expected a date such as 2026-01-31 or 2026-01-31T12:00:00Z`);
  return date;
}

/** All files that are named, folders opened. */
export async function readAll(
  cli: Cli,
  paths: readonly string[],
): Promise<{ path: string; bytes: Uint8Array }[]> {
  const files = (await Promise.all(paths.map((path) => cli.io.files(path)))).flat();
  return Promise.all(files.map(async (path) => ({ path, bytes: await cli.io.read(path) })));
}

/** Anchors are DER certificates or keys: PEM of certificates is taken apart, anything else goes as it is. */
async function readAnchors(cli: Cli, paths: readonly string[]): Promise<Uint8Array[]> {
  const files = await readAll(cli, paths);
  return files.flatMap(({ bytes }) => {
    const { blocks } = parsePem(bytes);
    const certificates = blocks.filter(({ label }) => label.endsWith('CERTIFICATE'));
    return certificates.length > 0 ? certificates.map(({ der }) => der) : [bytes];
  });
}

async function verifyOptions(
  cli: Cli,
  options: VerifyCommandOptions,
  policy: Policy | undefined,
): Promise<VerifyOptions> {
  const { collateral = [], trustAnchor, at, reportData, requireCrl } = options;
  // A policy that names statuses has the last word on them.
  const acceptTcb = options.acceptTcb ?? policy?.tcbStatus;
  const bound = reportData === undefined ? undefined : fromHex(reportData);
  if (reportData !== undefined && !bound) throw usage(`--report-data ${reportData}: expected hex`);
  return {
    now: at === undefined ? cli.io.now() : dateOf(at),
    collateral: (await readAll(cli, collateral)).map(({ bytes }) => bytes),
    digests: cli.digests,
    verifier: nodeVerifier(),
    cache: createVerifyCache(),
    ...(trustAnchor ? { trustAnchors: await readAnchors(cli, trustAnchor) } : {}),
    ...(bound ? { reportData: bound } : {}),
    ...(requireCrl === true ? { requireCrl } : {}),
    ...(acceptTcb ? { acceptTcb } : {}),
  };
}

function* leaves(checks: readonly Check[]): Generator<Check> {
  for (const check of checks) {
    if (check.checks && check.checks.length > 0) yield* leaves(check.checks);
    else yield check;
  }
}

const areaOf = (id: string): string => id.split('.')[0] ?? id;

/** What the first part of an id says about how to exit, for a check that failed or could not be made. */
const EXIT_BY_AREA: Readonly<Record<string, ExitCode>> = {
  structure: EXIT.input,
  debug: EXIT.policy,
  policy: EXIT.policy,
  tcb: EXIT.policy,
  vmpl: EXIT.policy,
  lifecycle: EXIT.policy,
  collateral: EXIT.collateral,
  revocation: EXIT.collateral,
  log: EXIT.differences,
};

/** What no collateral would settle, where it could not be checked. */
const OWN_MATTERS = new Set(['log', 'policy', 'structure', 'td', 'profile', 'report']);

function failedExit({ id }: Check): ExitCode {
  return id.endsWith('signature') ? EXIT.untrusted : (EXIT_BY_AREA[areaOf(id)] ?? EXIT.untrusted);
}

/** A bad signature weighs more than a policy, and that more than collateral; see the exit codes. */
export function exitOf({ verdict, checks }: Verdict): ExitCode {
  if (verdict === 'pass') return EXIT.ok;
  const all = [...leaves(checks)];
  if (verdict === 'inconclusive') {
    const open = all.filter(({ status }) => status === 'skipped');
    return open.some(({ id }) => !OWN_MATTERS.has(areaOf(id))) ? EXIT.collateral : EXIT.inconclusive;
  }
  const exits = all.filter(({ status }) => status === 'fail').map(failedExit);
  const order = [EXIT.input, EXIT.untrusted, EXIT.policy, EXIT.collateral, EXIT.differences];
  return order.find((exit) => exits.includes(exit)) ?? EXIT.untrusted;
}

/** Said of what was not asked for beside the signatures. */
const ASKED = {
  log: 'none given: --log FILE compares one with the registers',
  policy: 'none given: --policy FILE holds the evidence against reference values',
} as const;

export async function verify(cli: Cli, file: string, options: VerifyCommandOptions): Promise<Outcome> {
  const found = await readEvidence(cli, file, options.provider);
  const { bytes, content: evidence, provider } = found;
  if (!provider.verify) {
    throw new CliError(
      EXIT.input,
      'provider.no-verify',
      `${file}: provider ${provider.id} does not verify evidence`,
      'tsm inspect shows what it says',
    );
  }
  const policy = options.policy === undefined ? undefined : await readPolicy(cli, options.policy);
  const settings = await verifyOptions(cli, options, policy);
  const genuine = { technology: provider.id, ...(await provider.verify(bytes, settings)) };
  const log =
    options.log === undefined ? undefined : await checkLog(cli, options.log, found, options.register);
  const claims: AppraisalClaims = claimsOf(evidence, provider, genuine);
  const appraisal = policy && appraise(claims, policy, settings.now);
  const verdict = withParts(genuine, {
    log: log ? { checks: [log] } : ASKED.log,
    policy: appraisal ?? ASKED.policy,
  });
  const title = `${provider.title} ${evidence.format} · ${byteSize(evidence.tree.length)}`;
  cli.say(`  ${cli.style.strong(printable(title))}   ${verdictWords(cli, verdict)}`);
  sayVerdict(cli, verdict, options.all === true);
  for (const line of issueLines(evidence.issues, cli.style)) cli.say(line);
  return {
    json: documentOf(cli, file, verdict, options, () =>
      earOf({
        ...{ claims, verdict: genuine, now: settings.now },
        ...(appraisal ? { appraisal } : {}),
        ...(options.policy === undefined ? {} : { policyId: policy?.name ?? options.policy }),
        verifier: { developer: 'TSM', build: `tsm ${cli.version}` },
      }),
    ),
    exit: exitOf(verdict),
  };
}

/** The document of `--json`, `--sarif` or `--ear`. */
function documentOf(
  cli: Cli,
  file: string,
  verdict: Verdict,
  { sarif, ear }: VerifyCommandOptions,
  attestationResult: () => unknown,
): unknown {
  if (sarif === true) return sarifOf(verdict, file, cli.version);
  if (ear === true) return attestationResult();
  const { technology, tcbStatus, checks, notChecked } = verdict;
  const status = tcbStatus === undefined ? {} : { tcbStatus };
  return { technology, verdict: verdict.verdict, ...status, checks, notChecked };
}
