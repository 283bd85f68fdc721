/**
 * Events of the attestation agent of Confidential Containers (AAEL): tagged TCG events behind those of the firmware.
 * Source: guest-components v0.15, attestation-agent/src/eventlog/tcg2.rs; TCG PC Client Platform Firmware Profile 1.06 §10.2.
 */
import { TsmError, utf8Bytes } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { encodeAgileLog, type TcgEvent } from '@tsm/eventlog';
import { TCG_TAGGED_EVENT } from '@tsm/eventlog/layouts';
import type { Measured } from './boot.ts';

const EV_EVENT_TAG = 6;
const AAEL_TAG = 0x4141454c;

/** What is measured and logged for `domain operation content`; EINVAL for what would be read back otherwise. */
export function agentEventData(text: string): Uint8Array {
  if (!/^[^\s]+ [^\s]+ [^\n\r]*$/.test(text))
    throw new TsmError(
      'EINVAL',
      `event: expected "domain operation content" on one line, no spaces in the first two, got ${JSON.stringify(text)}`,
    );
  const taggedEventData = utf8Bytes(text);
  const taggedEventDataSize = taggedEventData.length;
  return encode(TCG_TAGGED_EVENT, { taggedEventId: AAEL_TAG, taggedEventDataSize, taggedEventData });
}

/** An event as the log has it. `register`: CC measurement register. */
export type AgentEvent = Omit<TcgEvent, 'type'>;

/** The firmware's events and the agent's behind them, without padding; undefined when there is neither. */
export function withAgentEvents(
  boot: Measured | undefined,
  given: readonly AgentEvent[],
): Uint8Array | undefined {
  const [named] = Object.keys(given[0]?.digests ?? {}) as (keyof TcgEvent['digests'])[];
  const algorithm = boot?.algorithm ?? named;
  if (!algorithm) return undefined;
  const events = given.map((event) => ({ ...event, type: EV_EVENT_TAG }));
  return encodeAgileLog([algorithm], [...(boot?.events ?? []), ...events], { headerRegister: 1 });
}
