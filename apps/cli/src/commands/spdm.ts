/** `tsm spdm decode`: a capture as messages, with what could not be decrypted and every rule that was broken. */
import { printable, utf8Text } from '@tsm/core';
import { nodeSpdmCrypto } from '@tsm/host';
import { decodeCapture, parseSecrets, type DecodedCapture, type Secrets } from '@tsm/pci-tdisp';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { messageJson, sayMessage, sayMessages } from '../view/messages.ts';
import { count, indented, issueLines, mark } from '../view/words.ts';

export interface SpdmDecodeOptions {
  readonly secrets?: string;
  readonly message?: string;
}

async function readSecrets(cli: Cli, file: string): Promise<Secrets> {
  const { secrets, issues } = parseSecrets(utf8Text(await cli.io.read(file)));
  const [issue] = issues;
  if (secrets) return secrets;
  throw new CliError(EXIT.input, issue?.code ?? 'secrets.format', `${file}: ${issue?.message ?? ''}`);
}

/** Clause, packet and text of every violation. */
function sayViolations(
  cli: Cli,
  { violations, messages }: Pick<DecodedCapture, 'violations' | 'messages'>,
): void {
  for (const { packet, message, spec, severity } of violations) {
    const name = messages[packet]?.name ?? '';
    const clause = spec === undefined ? '' : ` (${spec})`;
    const text = printable(`${severity}: packet ${String(packet)} ${name}: ${message}${clause}`);
    for (const line of indented(text, 2, cli.io.columns)) cli.say(line);
  }
}

function saySummary(cli: Cli, capture: DecodedCapture, withSecrets: boolean): void {
  const { style } = cli;
  const { compared, messages, sessions, undecrypted, violations } = capture;
  cli.say(`  ${count(messages.length, 'message')}, ${count(sessions.length, 'session')}`);
  const read = undecrypted === 0 ? 'good' : 'unsure';
  const how = withSecrets || undecrypted === 0 ? '' : '; --secrets FILE has the keys';
  cli.say(`  ${mark(style, read)} ${count(undecrypted, 'record')} not decrypted${how}`);
  if (withSecrets)
    cli.say(
      `  ${mark(style, compared > 0 ? 'good' : 'unsure')} ${count(compared, 'value')} as in the secrets`,
    );
  const state = violations.length === 0 ? 'good' : 'bad';
  cli.say(`  ${mark(style, state)} ${count(violations.length, 'violation')}`);
}

/** One message of a capture, with its fields and what it breaks. */
function oneMessage(cli: Cli, file: string, capture: DecodedCapture, number: string): Outcome {
  const { messages, issues } = capture;
  const message = /^\d+$/.test(number) ? messages[Number(number)] : undefined;
  if (!message) throw usage(`--message ${number}: ${file} has messages 0 to ${String(messages.length - 1)}`);
  const violations = capture.violations.filter(({ packet }) => packet === message.packet);
  sayMessage(cli, message);
  sayViolations(cli, { messages, violations });
  const exit = violations.length > 0 ? EXIT.differences : EXIT.ok;
  return { json: { message: messageJson(message, true), violations, issues }, exit };
}

/** Decodes a capture. Broken rules are exit code 8; a file that is no capture is 3. */
export async function spdmDecode(cli: Cli, file: string, options: SpdmDecodeOptions): Promise<Outcome> {
  const bytes = await cli.io.read(file);
  const secrets = options.secrets === undefined ? undefined : await readSecrets(cli, options.secrets);
  const capture = decodeCapture(bytes, { crypto: nodeSpdmCrypto(), ...(secrets ? { secrets } : {}) });
  const { issues, messages, undecrypted, violations } = capture;
  const [issue] = issues;
  if (messages.length === 0 && issue) throw new CliError(EXIT.input, issue.code, `${file}: ${issue.message}`);
  if (options.message !== undefined) return oneMessage(cli, file, capture, options.message);
  sayMessages(cli, messages);
  for (const line of issueLines(issues, cli.style)) cli.say(line);
  sayViolations(cli, capture);
  saySummary(cli, capture, secrets !== undefined);
  const exit = violations.length > 0 ? EXIT.differences : issue ? EXIT.input : EXIT.ok;
  const all = messages.map((message) => messageJson(message));
  return { json: { messages: all, undecrypted, violations, issues }, exit };
}
