/** RTMR0 and RTMR1 of td-shim. Spec: td-shim src/event_log.rs, src/bin/td-shim/main.rs; cc-measurement/src/log.rs. */
import { utf8Bytes } from '@tsm/core';
import { TDVF_SECTION } from '../layout/tdvf.ts';
import { separator, type Boot } from './boot.ts';
import { blobEvent, EVENT, tdShimEvent } from './event-data.ts';

/** Region of the parameters where the image's metadata have none. */
const PARAMETER_SIZE = 0x1000n;
/** A region is filled up with zeros before it is measured: larger ones are refused. */
const MAX_REGION = 0x400_0000n;

type Part = Pick<Boot, 'inputs' | 'log' | 'sections'>;

const sectionOf = ({ sections }: Part, type: number) => sections.find((one) => one.type === type);

/** What the host puts into a region, with zeros after it; undefined where it does not fit. */
function filled({ log }: Part, input: string, content: Uint8Array, size: bigint): Uint8Array | undefined {
  if (BigInt(content.length) > size || size > MAX_REGION) {
    const reason = `${String(content.length)} bytes do not go into a region of ${String(size)}`;
    log.leaveOut(['rtmr1'], {
      input,
      reason,
      remedy: `give another ${input}, or the firmware that has room for it`,
    });
    return undefined;
  }
  const bytes = new Uint8Array(Number(size));
  bytes.set(content);
  return bytes;
}

function handOff({ inputs, log }: Part): void {
  if (inputs.choice('td-shim-feature') === 'no-td-hob') return;
  const hob = inputs.file('td-hob');
  if (!hob) {
    const reason = 'the hand-off blocks of td-shim hold what the host chose (memory, ACPI tables, payload)';
    log.leaveOut(['rtmr0'], { input: 'td-hob', reason, remedy: 'give td-hob, or td-shim-feature=no-td-hob' });
    return;
  }
  const event = { register: 'rtmr0', type: EVENT.PLATFORM_CONFIG_FLAGS, words: 'TD HOB' } as const;
  log.measure({ ...event, data: tdShimEvent('td_hob', hob), measured: hob });
}

/** The payload is measured here only where it is not in MRTD. */
function payload(part: Part, kernel: Uint8Array): void {
  const section = sectionOf(part, TDVF_SECTION.PAYLOAD);
  if (section?.attributes !== 0) return;
  const measured = filled(part, 'kernel', kernel, section.size);
  if (!measured) return;
  const data = blobEvent(section.address, section.size, 'td_payload\0');
  part.log.measure({
    ...{ register: 'rtmr1', type: EVENT.PLATFORM_FIRMWARE_BLOB2, words: 'payload' },
    ...{ data, measured },
  });
}

function parameters(part: Part): void {
  const size = sectionOf(part, TDVF_SECTION.PAYLOAD_PARAM)?.size ?? PARAMETER_SIZE;
  const measured = filled(part, 'cmdline', utf8Bytes(part.inputs.text('cmdline') ?? ''), size);
  if (!measured) return;
  const data = tdShimEvent('td_payload_info', measured);
  const words = 'parameters of the payload';
  part.log.measure({ register: 'rtmr1', type: EVENT.PLATFORM_CONFIG_FLAGS, words, data, measured });
}

/** A td-shim without Secure Boot, with the kernel that the host gives it or the payload that is built in. */
export function predictTdShim(part: Part): void {
  const { inputs, log, sections } = part;
  handOff(part);
  separator(part, 'rtmr0');
  if (sections.length === 0) {
    const reason = 'whether the payload is in MRTD or in RTMR1 is not known';
    log.leaveOut(['rtmr1'], { input: 'firmware', reason, remedy: 'give firmware' });
  }
  const kernel = inputs.file('kernel');
  if (kernel) {
    separator(part, 'rtmr1');
    payload(part, kernel);
    parameters(part);
    return;
  }
  const builtIn = sectionOf(part, TDVF_SECTION.PAYLOAD);
  if (sections.length > 0 && (builtIn?.attributes ?? 0) === 0) {
    const reason = 'the payload is neither given nor in MRTD';
    log.leaveOut(['rtmr1'], { input: 'kernel', reason, remedy: 'give kernel' });
  }
  separator(part, 'rtmr1');
}
