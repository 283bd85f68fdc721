/** Which of the things that people know an event is about. */
import type { EventContent } from '../event-data/content.ts';
import type { LogEvent } from '../log.ts';
import { imagePath, textOf } from './identity.ts';
import type { DifferenceClass } from './model.ts';

/** What a row looks at. */
interface Subject {
  readonly type: number;
  readonly typeName: string;
  readonly kind: string;
  readonly form: string;
  /** Path, text, description or name: whatever the event has. */
  readonly text: string;
  readonly tag: number;
}

const EV_BOOT_SERVICES_DRIVER = 0x80000004;
const EV_RUNTIME_SERVICES_DRIVER = 0x80000005;
const INITRD_TAG = 0x8f3b22ec;
const LOAD_OPTIONS_TAG = 0x8f3b22ed;

const KERNEL = /vmlinu[xz]|bzimage|(^|[/\\])(linux|kernel|image)\b/i;
const INITRD = /initr(d|amfs)/i;
const ACPI = /acpi|table-loader|rsdp/i;
const SECURE_BOOT =
  /^(SecureBoot|SetupMode|AuditMode|DeployedMode|PK|KEK|db[xtr]?|devdb|Mok\w*|Sbat\w*|vendor_db\w*)$/;

/** The first row that fits counts. */
const ROWS: readonly (readonly [DifferenceClass, (subject: Subject) => boolean])[] = [
  ['separator', ({ kind }) => kind === 'separator'],
  ['secure-boot', ({ kind }) => kind === 'uefi-variable-authority'],
  [
    'boot-entry',
    ({ kind, text }) => kind === 'uefi-variable' && /^(Boot|Driver|SysPrep)[0-9A-F]{4}$/i.test(text),
  ],
  [
    'boot-order',
    ({ kind, text }) => kind === 'uefi-variable' && /^(BootOrder|BootNext|DriverOrder)$/.test(text),
  ],
  ['secure-boot', ({ kind, text }) => kind === 'uefi-variable' && SECURE_BOOT.test(text)],
  ['variable', ({ kind }) => kind === 'uefi-variable'],
  ['kernel', ({ kind, text }) => kind === 'image-load' && KERNEL.test(text)],
  ['driver', ({ type }) => type === EV_BOOT_SERVICES_DRIVER || type === EV_RUNTIME_SERVICES_DRIVER],
  ['application', ({ kind }) => kind === 'image-load'],
  ['partition-table', ({ kind }) => kind === 'gpt'],
  ['initrd', ({ tag }) => tag === INITRD_TAG],
  ['command-line', ({ tag }) => tag === LOAD_OPTIONS_TAG],
  ['command-line', ({ form }) => /command-line$/.test(form)],
  ['command-line', ({ form, text }) => form === 'grub-command' && /^linux/.test(text)],
  ['secure-boot', ({ form }) => form === 'variable'],
  ['boot-loader', ({ form }) => form === 'grub-command'],
  ['initrd', ({ kind, text }) => kind === 'ipl' && INITRD.test(text)],
  ['kernel', ({ kind, text }) => kind === 'ipl' && (KERNEL.test(text) || text === '.linux')],
  ['initrd', ({ text }) => text === 'Linux initrd'],
  [
    'acpi',
    ({ kind, text }) => /^(config-flags|text|handoff-tables|firmware-blob)$/.test(kind) && ACPI.test(text),
  ],
  ['action', ({ typeName }) => /ACTION$/.test(typeName)],
  ['firmware', ({ kind, typeName }) => kind === 'firmware-blob' || /CRTM|POST_CODE|MICROCODE/.test(typeName)],
  ['firmware-config', ({ kind }) => kind === 'handoff-tables' || kind === 'config-flags'],
  ['boot-loader', ({ kind }) => kind === 'ipl'],
  ['file', ({ kind }) => kind === 'ima'],
  ['runtime-event', ({ kind }) => /^(text-event|event-tag|dstack|systemd|cos)$/.test(kind)],
];

function subjectOf({ type, typeName }: LogEvent, { kind, fields }: EventContent): Subject {
  const names = ['unicodeName', 'argument', 'text', 'blobDescription', 'tableDescription', 'descriptor'];
  const text = names.map((name) => textOf(fields, name)).find((one) => one !== '') ?? imagePath(fields);
  return {
    ...{ type, typeName, kind, text },
    form: textOf(fields, 'form'),
    tag: Number(textOf(fields, 'taggedEventId') || 0),
  };
}

export function classOf(event: LogEvent, content: EventContent): DifferenceClass {
  const subject = subjectOf(event, content);
  return ROWS.find(([, fits]) => fits(subject))?.[0] ?? 'other';
}
