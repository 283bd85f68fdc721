/**
 * Events of the attestation agent of Confidential Containers (AAEL): tagged TCG events behind those of the firmware.
 * Source: guest-components v0.15, attestation-agent/src/eventlog/tcg2.rs; TCG PC Client Platform Firmware Profile 1.06 §10.2.
 */
import { concat, TsmError, utf8Bytes } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { decodeLog, encodeAgileLog, type TcgEvent } from '@tsm/eventlog';
import { TCG_TAGGED_EVENT } from '@tsm/eventlog/layouts';

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

/** The firmware's log without its padding, and the events behind it; a log of its own where there is no firmware log. */
export function withAgentEvents(
  firmwareLog: Uint8Array | undefined,
  given: readonly AgentEvent[],
): Uint8Array | undefined {
  const events = given.map((event) => ({ ...event, type: EV_EVENT_TAG }));
  if (!firmwareLog) {
    const [algorithm] = Object.keys(given[0]?.digests ?? {}) as (keyof TcgEvent['digests'])[];
    return algorithm && encodeAgileLog([algorithm], events, { headerRegister: 1 });
  }
  const { algorithms, tail } = decodeLog(firmwareLog);
  const header = encodeAgileLog(algorithms, []).length;
  return concat(firmwareLog.subarray(0, tail.offset), encodeAgileLog(algorithms, events).subarray(header));
}
