/** RTMR2: what shim and the EFI stub of Linux measure. Spec: Linux drivers/firmware/efi/libstub; rhboot/shim, MokList variables. */
import { utf8Bytes } from '@tsm/core';
import type { Boot } from './boot.ts';
import { EVENT, stubEvent } from './event-data.ts';
import { loadOptions } from './kernel.ts';

const STUB_INITRD = 0x8f3b22ec;
const STUB_LOAD_OPTIONS = 0x8f3b22ed;

/** Shim's lists of keys, in its order, and the input that holds each. */
const MOK_LISTS = [
  ['MokList', 'mok-list'],
  ['MokListX', 'mok-list-x'],
  ['MokListTrusted', 'mok-list-trusted'],
] as const;

/** The lists of shim. What GRUB measures after them depends on its commands: then there is no prediction. */
export function measureMokLists({ inputs, log }: Boot): void {
  const missing = MOK_LISTS.map(([, input]) => input).filter((input) => !inputs.has(input));
  if (missing.length > 0) {
    const reason = 'what the boot loaders measure is not known';
    log.leaveOut(['rtmr2'], { input: 'mok-list', reason, remedy: `give ${missing.join(', ')}` });
    return;
  }
  for (const [name, input] of MOK_LISTS) {
    const measured = inputs.file(input) ?? new Uint8Array(0);
    log.measure({ register: 'rtmr2', type: EVENT.IPL, words: name, data: utf8Bytes(`${name}\0`), measured });
  }
}

/** What the EFI stub of Linux measures; kernels before it did leave RTMR2 as it is. */
export function measureLinuxStub({ inputs, firmware, kind, log }: Boot): void {
  if (inputs.choice('efi-stub') === 'silent') return;
  const initrd = inputs.file('initrd');
  const added = kind === 'direct' && initrd !== undefined && initrd.length > 0;
  const options = loadOptions(inputs.text('cmdline') ?? '', added, firmware.initrdFirst);
  const event = { register: 'rtmr2', type: EVENT.EVENT_TAG } as const;
  if (options.length > 0) {
    const data = stubEvent(STUB_LOAD_OPTIONS, 'LOADED_IMAGE::LoadOptions');
    log.measure({ ...event, words: 'LoadOptions of the kernel', data, measured: options });
  }
  if (initrd && initrd.length > 0) {
    const data = stubEvent(STUB_INITRD, 'Linux initrd');
    log.measure({ ...event, words: 'initrd', data, measured: initrd });
  }
}
