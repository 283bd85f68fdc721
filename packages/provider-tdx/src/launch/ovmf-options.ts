/** RTMR0 of OVMF: boot options, and what vouched for images. Spec: UEFI 2.10 §3.1.3; edk2 OvmfPkg/Tcg/TdTcg2Dxe. */
import { concatAll } from '@tsm/core';
import type { Boot } from './boot.ts';
import { EVENT, GLOBAL_VARIABLE, variableData, volumeFileOption } from './event-data.ts';

const RTMR0 = ['rtmr0'] as const;

/** The firmware volume of OVMF's applications, and the applications. */
const VOLUME = '7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1';
const UI_APP = '462caa21-7614-4503-836e-8ab6f4662331';
const BOOT_MANAGER_MENU = 'eec25bdc-67f2-4d95-b1d5-f81b2039d11d';
/** LOAD_OPTION_ACTIVE, HIDDEN, CATEGORY_APP. */
const ACTIVE = 0x1;
const HIDDEN = 0x8;
const APPLICATION = 0x100;

/** Boot options of an OVMF that boots a kernel directly: nothing else is enumerated by then. */
function ownOptions({ firmware }: Boot): Uint8Array[] {
  const hidden = ACTIVE | HIDDEN | APPLICATION;
  if (!firmware.bootManagerMenu) return [volumeFileOption(hidden, 'UiApp', VOLUME, UI_APP)];
  return [
    volumeFileOption(hidden, 'BootManagerMenuApp', VOLUME, BOOT_MANAGER_MENU),
    volumeFileOption(ACTIVE | APPLICATION, 'EFI Firmware Setup', VOLUME, UI_APP),
  ];
}

/** BootOrder and the options it names: the digest covers the data of the variable alone. */
export function measureBootOptions(boot: Boot): void {
  const { inputs, kind, log } = boot;
  const given = inputs.files('boot-option');
  const options = given.length > 0 || kind === 'disk' ? given : ownOptions(boot);
  if (options.length === 0) {
    const reason = 'the boot options follow from the devices';
    log.leaveOut(RTMR0, { input: 'boot-option', reason, remedy: 'give boot-option, and boot-order' });
    return;
  }
  const counted = concatAll(options.map((_, i) => Uint8Array.of(i & 0xff, i >> 8)));
  const order = inputs.hex('boot-order') ?? counted;
  if (order.length !== 2 * options.length) {
    inputs.refuse(
      'boot-order',
      `${String(order.length)} bytes`,
      `2 for each of ${String(options.length)} boot options`,
    );
    log.leaveOut(RTMR0, { input: 'boot-order', reason: 'BootOrder does not fit', remedy: 'correct it' });
    return;
  }
  const numbers = Array.from(options, (_, i) => (order[2 * i] ?? 0) | ((order[2 * i + 1] ?? 0) << 8));
  const measure = (name: string, content: Uint8Array): void => {
    const data = variableData(GLOBAL_VARIABLE, name, content);
    log.measure({
      register: 'rtmr0',
      type: EVENT.VARIABLE_BOOT,
      words: `variable ${name}`,
      data,
      measured: content,
    });
  };
  measure('BootOrder', order);
  for (const [i, option] of options.entries()) {
    measure(`Boot${(numbers[i] ?? 0).toString(16).toUpperCase().padStart(4, '0')}`, option);
  }
}

/** What vouched for images where Secure Boot is on: UEFI_VARIABLE_DATA, measured whole. */
export function measureAuthorities({ inputs, log }: Boot): void {
  const event = {
    register: 'rtmr0',
    type: EVENT.VARIABLE_AUTHORITY,
    words: 'authority of an image',
  } as const;
  for (const data of inputs.files('authority')) log.measure({ ...event, data });
  for (const digest of inputs.hashes('authority-digest')) {
    log.measure({ ...event, data: new Uint8Array(0), measured: { digest } });
  }
}
