/** `tsm policy convert`: policies and reference values, between the formats that others write. */
import { formatIssue, printable, toHex, utf8Bytes, utf8Text, type Issue } from '@tsm/core';
import {
  exportCorim,
  exportRvps,
  POLICY_FORMATS,
  readPolicy as readBytes,
  type Policy,
  type PolicyFormat,
} from '@tsm/evidence';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { byteSize, issueLines } from '../view/words.ts';

type Read = ReturnType<typeof readBytes>;

async function readAny(cli: Cli, file: string): Promise<Read & { readonly policy: Policy }> {
  const found = readBytes(await cli.io.read(file));
  const { policy, issues } = found;
  if (policy) return { ...found, policy };
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new CliError(
    EXIT.input,
    first?.code ?? 'policy.json',
    `${file}: ${first ? formatIssue(first) : 'no policy'}${more}`,
    'a policy is JSON with "version": 1, a CoRIM, or RVPS reference values',
  );
}

/** A policy in any format. What was lost on the way in is said on standard error: it must not pass unseen. */
export async function readPolicy(cli: Cli, file: string): Promise<Policy> {
  const { policy, issues } = await readAny(cli, file);
  for (const issue of issues) cli.io.err(`${printable(`${file}: ${formatIssue(issue)}`)}\n`);
  return policy;
}

function write(
  policy: Policy,
  format: PolicyFormat,
  id: string,
): { bytes: Uint8Array; issues: readonly Issue[] } {
  if (format === 'corim') return exportCorim(policy, id);
  if (format === 'rvps') return exportRvps(policy);
  return { bytes: utf8Bytes(`${JSON.stringify(policy, undefined, 2)}\n`), issues: [] };
}

export async function policyConvert(
  cli: Cli,
  file: string,
  options: { readonly to: string; readonly id: string; readonly out?: string },
): Promise<Outcome> {
  const to = POLICY_FORMATS.find((one) => one === options.to);
  if (!to) throw usage(`--to ${options.to}: expected one of ${POLICY_FORMATS.join(', ')}`);
  const { format: from, policy, issues: before } = await readAny(cli, file);
  const { bytes, issues: after } = write(policy, to, options.id);
  const losses = [...before, ...after];
  if (options.out !== undefined) {
    await cli.io.write(options.out, bytes);
    cli.say(`  ${options.out}  ${to} from ${from} · ${byteSize(bytes.length)}`);
  } else cli.say(to === 'corim' ? toHex(bytes) : utf8Text(bytes).trimEnd());
  if (options.out !== undefined) for (const line of issueLines(losses, cli.style)) cli.say(line);
  else for (const line of issueLines(losses, cli.style)) cli.io.err(`${line}\n`);
  return { json: { from, to, policy, bytes, losses }, exit: EXIT.ok };
}
