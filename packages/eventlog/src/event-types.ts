/**
 * The event types of TCG firmware logs, in one table: name, meaning, structure of the data, and what the digest covers.
 * Source: TCG PC Client Platform Firmware Profile 1.06 §10.4.1; other sources are named in the row.
 */

/** The structure of an event's data: one reader each in `event-data/`. */
export type ContentKind =
  | 'opaque'
  | 'text'
  | 'post-code'
  | 'post-code2'
  | 'no-action'
  | 'separator'
  | 'event-tag'
  | 'version'
  | 'config-flags'
  | 'nonhost-info'
  | 'ipl'
  | 'variable'
  | 'authority'
  | 'image-load'
  | 'gpt'
  | 'handoff-tables'
  | 'handoff-tables2'
  | 'device-security';

/** Which bytes the digest of an event may cover; the rules are in `event-data/digest-check.ts`. */
export type DigestRule =
  | 'none'
  | 'event'
  | 'perhaps-event'
  | 'external'
  | 'separator'
  | 'variable'
  | 'boot-variable'
  | 'authority'
  | 'tag'
  | 'ipl';

export interface EventType {
  readonly value: number;
  readonly name: string;
  readonly title: string;
  /** Document that defines it. */
  readonly spec: string;
  readonly content: ContentKind;
  readonly digest: DigestRule;
  /** What the digest covers where that is not in the log. */
  readonly external?: string;
}

const PFP = 'TCG PC Client Platform Firmware Profile 1.06 §10.4.1';
const SHIM = 'rhboot/shim, measurement of MokList variables';
const CC_API = 'cc-trusted-api, event types of the TCG';
const DSTACK = 'Dstack-TEE/dstack, runtime events';

type Row = readonly [
  value: number,
  name: string,
  title: string,
  content: ContentKind,
  digest: DigestRule,
  external?: string,
  spec?: string,
];

// prettier-ignore
const ROWS: readonly Row[] = [
  [0x00, 'EV_PREBOOT_CERT', 'Reserved for certificates of the pre-boot phase', 'opaque', 'perhaps-event', 'the certificate'],
  [0x01, 'EV_POST_CODE', 'Power-on self test code of the platform', 'post-code', 'perhaps-event', 'the firmware code'],
  [0x02, 'EV_UNUSED', 'Unused', 'opaque', 'perhaps-event', 'something unknown'],
  [0x03, 'EV_NO_ACTION', 'Information; extends nothing', 'no-action', 'none'],
  [0x04, 'EV_SEPARATOR', 'End of a boot phase', 'separator', 'separator'],
  [0x05, 'EV_ACTION', 'Action of the firmware', 'text', 'event'],
  [0x06, 'EV_EVENT_TAG', 'Tagged event of a platform or an operating system', 'event-tag', 'tag', 'what the tag names'],
  [0x07, 'EV_S_CRTM_CONTENTS', 'Code of the static core root of trust for measurement', 'post-code', 'perhaps-event', 'the S-CRTM'],
  [0x08, 'EV_S_CRTM_VERSION', 'Version of the static core root of trust for measurement', 'version', 'perhaps-event', 'the version'],
  [0x09, 'EV_CPU_MICROCODE', 'Microcode patch', 'text', 'perhaps-event', 'the microcode patch'],
  [0x0a, 'EV_PLATFORM_CONFIG_FLAGS', 'Configuration of the platform', 'config-flags', 'perhaps-event', 'the configuration'],
  [0x0b, 'EV_TABLE_OF_DEVICES', 'Devices of the platform', 'text', 'perhaps-event', 'the table'],
  [0x0c, 'EV_COMPACT_HASH', 'Digest that the caller computed', 'text', 'perhaps-event', 'what the caller chose'],
  [0x0d, 'EV_IPL', 'Boot loader: commands, files and variables', 'ipl', 'ipl', 'the file or variable', `${PFP}; GNU GRUB; ${SHIM}`],
  [0x0e, 'EV_IPL_PARTITION_DATA', 'Data of the boot partition', 'text', 'perhaps-event', 'the partition data'],
  [0x0f, 'EV_NONHOST_CODE', 'Code of a non-host platform', 'text', 'perhaps-event', 'the code'],
  [0x10, 'EV_NONHOST_CONFIG', 'Configuration of a non-host platform', 'text', 'perhaps-event', 'the configuration'],
  [0x11, 'EV_NONHOST_INFO', 'Information on a non-host platform', 'nonhost-info', 'event'],
  [0x12, 'EV_OMIT_BOOT_DEVICE_EVENTS', 'Events of boot devices are left out', 'text', 'perhaps-event', 'something unknown'],
  [0x13, 'EV_POST_CODE2', 'Power-on self test code, with a description', 'post-code2', 'perhaps-event', 'the firmware code'],
  [0x14, 'IMA_MEASUREMENT_EVENT', 'Measurement by Linux IMA', 'opaque', 'perhaps-event', 'the file', CC_API],
  [0x0800_0001, 'DSTACK_RUNTIME_EVENT', 'Runtime event of a dstack guest', 'text', 'perhaps-event', 'type, name and payload', DSTACK],
  [0x8000_0000, 'EV_EFI_EVENT_BASE', 'Base of the UEFI event types', 'opaque', 'perhaps-event', 'something unknown'],
  [0x8000_0001, 'EV_EFI_VARIABLE_DRIVER_CONFIG', 'UEFI variable that configures firmware', 'variable', 'variable'],
  [0x8000_0002, 'EV_EFI_VARIABLE_BOOT', 'UEFI boot variable', 'variable', 'boot-variable'],
  [0x8000_0003, 'EV_EFI_BOOT_SERVICES_APPLICATION', 'UEFI application', 'image-load', 'external', 'the image (Authenticode)'],
  [0x8000_0004, 'EV_EFI_BOOT_SERVICES_DRIVER', 'UEFI boot driver', 'image-load', 'external', 'the image (Authenticode)'],
  [0x8000_0005, 'EV_EFI_RUNTIME_SERVICES_DRIVER', 'UEFI runtime driver', 'image-load', 'external', 'the image (Authenticode)'],
  [0x8000_0006, 'EV_EFI_GPT_EVENT', 'GUID partition table', 'gpt', 'event'],
  [0x8000_0007, 'EV_EFI_ACTION', 'Action of UEFI', 'text', 'event'],
  [0x8000_0008, 'EV_EFI_PLATFORM_FIRMWARE_BLOB', 'Firmware in memory', 'post-code', 'external', 'the firmware blob'],
  [0x8000_0009, 'EV_EFI_HANDOFF_TABLES', 'Configuration tables', 'handoff-tables', 'external', 'the tables'],
  [0x8000_000a, 'EV_EFI_PLATFORM_FIRMWARE_BLOB2', 'Firmware in memory, with a description', 'post-code2', 'external', 'the firmware blob'],
  [0x8000_000b, 'EV_EFI_HANDOFF_TABLES2', 'Configuration tables, with a description', 'handoff-tables2', 'external', 'the tables'],
  [0x8000_000c, 'EV_EFI_VARIABLE_BOOT2', 'UEFI boot variable, measured whole', 'variable', 'event'],
  [0x8000_000d, 'EV_EFI_GPT_EVENT2', 'GUID partition table without unique GUIDs', 'gpt', 'event'],
  [0x8000_0010, 'EV_EFI_HCRTM_EVENT', 'Hardware core root of trust for measurement', 'text', 'perhaps-event', 'the H-CRTM'],
  [0x8000_00e0, 'EV_EFI_VARIABLE_AUTHORITY', 'Key that vouched for an image', 'authority', 'authority', 'something unknown'],
  [0x8000_00e1, 'EV_EFI_SPDM_FIRMWARE_BLOB', 'Firmware of a device, measured over SPDM', 'device-security', 'perhaps-event', 'the measurement'],
  [0x8000_00e2, 'EV_EFI_SPDM_FIRMWARE_CONFIG', 'Configuration of a device, measured over SPDM', 'device-security', 'perhaps-event', 'the measurement'],
  [0x8000_00e3, 'EV_EFI_SPDM_DEVICE_POLICY', 'UEFI variable that says which devices are trusted', 'variable', 'perhaps-event', 'the variable'],
  [0x8000_00e4, 'EV_EFI_SPDM_DEVICE_AUTHORITY', 'Key that vouched for a device', 'authority', 'perhaps-event', 'the key'],
];

export const EVENT_TYPES: readonly EventType[] = ROWS.map(
  ([value, name, title, content, digest, external, spec = PFP]) => ({
    value,
    name,
    title,
    spec,
    content,
    digest,
    ...(external === undefined ? {} : { external }),
  }),
);

const BY_VALUE: ReadonlyMap<number, EventType> = new Map(EVENT_TYPES.map((type) => [type.value, type]));

/** The event type with this id, or undefined. */
export function eventType(id: number): EventType | undefined {
  return BY_VALUE.get(id);
}

/** `EV_SEPARATOR`; `0x…` with eight digits for an id that no row has. */
export function eventTypeName(id: number): string {
  return BY_VALUE.get(id)?.name ?? `0x${id.toString(16).padStart(8, '0')}`;
}
