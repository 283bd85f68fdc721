/** What the parts of a boot prediction share: the inputs, the rules, and events that more than one part logs. */
import { utf8Bytes } from '@tsm/core';
import type { BootLog, BootRegister } from './boot-log.ts';
import { EVENT } from './event-data.ts';
import type { Inputs } from './inputs.ts';
import type { FirmwareSection } from './metadata.ts';
import type { FirmwareRules, HostRules } from './release.ts';

export interface Boot {
  readonly kind: 'direct' | 'disk';
  readonly inputs: Inputs;
  readonly log: BootLog;
  /** Of the firmware; none where it is not given or cannot be read. */
  readonly sections: readonly FirmwareSection[];
  readonly firmware: FirmwareRules;
  readonly host: HostRules;
}

/** The end of a phase: four zero bytes. */
export function separator({ log }: Pick<Boot, 'log'>, register: BootRegister): void {
  log.measure({ register, type: EVENT.SEPARATOR, words: 'separator', data: new Uint8Array(4) });
}

/** An action of UEFI, measured as its text. */
export function action({ log }: Pick<Boot, 'log'>, text: string): void {
  log.measure({ register: 'rtmr1', type: EVENT.ACTION, words: text, data: utf8Bytes(text) });
}
