/**
 * The attestation agent of Confidential Containers over a machine, as its REST server shows it to containers. Source:
 * guest-components, api-server-rest/openapi/api.json, attestation-agent/attester/src.
 */
import { fromBase64, REGISTER_NUMBERING, toBase64, TsmError, utf8Bytes } from '@tsm/core';
import { Given } from './given.ts';
import type { OpenedMachine } from './machines.ts';
import { reportRequest } from './requests.ts';

/** PCR that the agent extends unless it is told otherwise, and its CC measurement register. */
const AGENT_PCR = 17;
const AGENT_CC_MR = 4;

/** What the container gives as report data: text, or base64 for URLs when `encoding` says so. */
export function runtimeData(query: URLSearchParams): Uint8Array {
  const [text, encoding] = [query.get('runtime_data'), query.get('encoding')];
  if (text === null) throw new TsmError('EINVAL', 'runtime_data is missing: /aa/evidence?runtime_data=TEXT');
  if (encoding === null) return utf8Bytes(text);
  if (encoding !== 'base64')
    throw new TsmError('EINVAL', `encoding: expected base64 or none, got ${JSON.stringify(encoding)}`);
  const bytes = /^[\w-]*$/.test(text)
    ? fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
    : undefined;
  if (!bytes) throw new TsmError('EINVAL', 'runtime_data: expected base64 for URLs, without padding');
  return bytes;
}

/** Evidence as the agent's attester for this technology writes it; one that it has none for: the blobs of the report. */
export function agentEvidence(opened: OpenedMachine, data: Uint8Array): object {
  const { machine, provider } = opened;
  const { outblob, auxblob } = machine.report(reportRequest(opened, data));
  const driver = provider.report?.name;
  if (driver === 'arm_cca_guest') return { token: [...outblob] };
  const log = machine.agentLog();
  const eventlog = log ? toBase64(log) : null;
  if (driver === 'tdx_guest') return { cc_eventlog: eventlog, quote: toBase64(outblob) };
  return {
    provider: driver,
    outblob: toBase64(outblob),
    ...(auxblob ? { auxblob: toBase64(auxblob) } : {}),
    cc_eventlog: eventlog,
  };
}

/** Address of the register that stands for a PCR on this machine. */
function registerOfPcr({ machine }: OpenedMachine, pcr: number): string {
  const row = REGISTER_NUMBERING.find(({ pcrs }) => pcrs.includes(pcr));
  const ccMr = pcr === AGENT_PCR ? AGENT_CC_MR : row?.ccMr;
  const spec = machine.registers.find((one) => one.extensible && one.numbers.ccMr === ccMr);
  if (spec && ccMr !== undefined) return spec.name;
  throw new TsmError(
    'EOPNOTSUPP',
    `${machine.id} (${machine.provider}) has no register for PCR ${pcr} that can be extended`,
  );
}

/** One entry of the agent's event log, from the body of the request. */
export function recordAgentEvent(opened: OpenedMachine, body: unknown): void {
  const given = new Given(body);
  const [domain = '', operation = '', content = ''] = ['domain', 'operation', 'content'].map((name) =>
    given.text(name),
  );
  if (/\s/.test(domain + operation))
    throw new TsmError(
      'EINVAL',
      'domain and operation: expected no spaces, so that they can be told apart in the log',
    );
  const register = registerOfPcr(opened, given.optionalNumber('register_index') ?? AGENT_PCR);
  opened.machine.appendAgentEvent(register, `${domain} ${operation} ${content}`);
}
