/** The launch calculator: MRTD from the firmware image, RTMR0 to RTMR2 from what boots. */
import type {
  Digests,
  Issue,
  LaunchCalculator,
  LaunchInputs,
  LaunchPrediction,
  LaunchStep,
  PredictedRegister,
} from '@tsm/core';
import { TDVF_SECTION } from '../layout/tdvf.ts';
import { BOOT_REGISTERS, BootLog, leftOut } from './boot-log.ts';
import { measureFirmware } from './firmware.ts';
import { INPUTS, Inputs } from './inputs.ts';
import { readMetadata, type FirmwareSection } from './metadata.ts';
import { measureImage, type PageOrder } from './mrtd.ts';
import { predictOvmf } from './ovmf.ts';
import { DEFAULT_FIRMWARE, DEFAULT_QEMU, firmwareRules, hostRules, type HostRules } from './release.ts';
import { predictTdShim } from './td-shim.ts';

/** What the image gave. */
interface Firmware {
  readonly type: 'ovmf' | 'td-shim' | 'plain';
  readonly sections: readonly FirmwareSection[];
  readonly mrtd?: Uint8Array | undefined;
  readonly steps: readonly LaunchStep[];
  readonly issues: readonly Issue[];
}

/** td-shim names sections that OVMF does not have. */
function typeOf(sections: readonly FirmwareSection[]): 'ovmf' | 'td-shim' {
  return sections.some(({ type }) => type >= TDVF_SECTION.PERM_MEM) ? 'td-shim' : 'ovmf';
}

function readFirmware(inputs: Inputs, order: PageOrder | undefined, digests: Digests): Firmware {
  const image = inputs.file('firmware');
  const wanted = inputs.choice('firmware-type');
  const nothing = { sections: [], steps: [], issues: [] };
  if (!image) {
    const reason = 'there is no firmware image';
    const issue = leftOut(['mrtd'], { input: 'firmware', reason, remedy: 'give firmware' });
    return { ...nothing, type: wanted ?? 'ovmf', issues: [issue] };
  }
  if (wanted === 'plain') {
    const mrtd = measureImage(digests, image);
    const words = 'every page of the image added, then measured, up to 4 GiB';
    return { ...nothing, type: wanted, mrtd, steps: [{ register: 'mrtd', words, value: mrtd }] };
  }
  const { sections, issues } = readMetadata(image);
  if (!sections) return { ...nothing, type: wanted ?? 'ovmf', issues };
  const type = wanted ?? typeOf(sections);
  if (!order) {
    const gap = { input: 'order', reason: 'the order of the pages is not known', remedy: 'give order' };
    return { ...nothing, type, sections, issues: [...issues, leftOut(['mrtd'], gap)] };
  }
  const measured = measureFirmware(sections, order, digests);
  return { ...measured, type, sections, issues: [...issues, ...measured.issues] };
}

function bootKind(inputs: Inputs): 'direct' | 'disk' | undefined {
  const inferred = inputs.has('kernel') ? 'direct' : inputs.has('disk', 'boot-image') ? 'disk' : undefined;
  return inputs.choice('boot') ?? inferred;
}

/** The host's rules; a release that cannot be read is an issue. */
function readHost(inputs: Inputs): HostRules | undefined {
  const host = hostRules(inputs.text('qemu-version') ?? DEFAULT_QEMU);
  if (!host)
    inputs.refuse('qemu-version', inputs.text('qemu-version') ?? '', 'a release from 8.0 on, such as 9.2');
  return host;
}

/** Predicts into the log; returns the rules in words, or nothing where there is nothing to predict. */
function predictBoot(
  inputs: Inputs,
  host: HostRules | undefined,
  { type, sections }: Firmware,
  log: BootLog,
): string | undefined {
  if (!host) {
    const reason = 'the release of QEMU is not known';
    log.leaveOut(BOOT_REGISTERS, { input: 'qemu-version', reason, remedy: 'correct it' });
    return undefined;
  }
  if (type === 'td-shim') {
    predictTdShim({ inputs, log, sections });
    return 'td-shim';
  }
  const kind = bootKind(inputs);
  if (type === 'plain' || !kind) {
    const reason =
      type === 'plain' ? 'a plain image measures nothing that is known' : 'nothing to boot is given';
    const remedy = type === 'plain' ? 'give a TDVF image' : 'give kernel, or disk and boot-image';
    log.leaveOut(BOOT_REGISTERS, { input: type === 'plain' ? 'firmware-type' : 'kernel', reason, remedy });
    return undefined;
  }
  const text = inputs.text('firmware-version') ?? DEFAULT_FIRMWARE;
  const firmware = firmwareRules(text);
  if (!firmware) {
    inputs.refuse('firmware-version', JSON.stringify(text), 'a release of edk2, such as edk2-stable202411');
    const reason = 'the release of the firmware is not known';
    log.leaveOut(BOOT_REGISTERS, { input: 'firmware-version', reason, remedy: 'correct it' });
    return undefined;
  }
  predictOvmf({ kind, inputs, log, sections, firmware, host });
  return `OVMF ${firmware.title}, ${kind} boot`;
}

function calculate(given: LaunchInputs, digests: Digests): LaunchPrediction {
  const inputs = new Inputs(given);
  const host = readHost(inputs);
  const order = inputs.choice('order') ?? host?.order;
  const firmware = readFirmware(inputs, order, digests);
  const log = new BootLog(digests);
  const boot = predictBoot(inputs, host, firmware, log);
  const predicted = log.prediction();

  const { mrtd } = firmware;
  const registers: PredictedRegister[] = mrtd ? [{ name: 'mrtd', algorithm: 'sha384', value: mrtd }] : [];
  const plain = firmware.type === 'plain' ? 'plain image, single-pass' : order;
  return {
    rules: [host?.title, plain, boot].filter((text) => text !== undefined).join(', '),
    registers: [...registers, ...predicted.registers],
    steps: [...firmware.steps, ...predicted.steps],
    events: predicted.events,
    issues: [...inputs.issues, ...firmware.issues, ...predicted.issues],
  };
}

export const tdxLaunch: LaunchCalculator = { inputs: INPUTS, calculate };
