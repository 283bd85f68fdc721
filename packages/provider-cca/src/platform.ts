/** The platform that a simulated realm runs on: identities, firmware and configuration, at fixed values. */
import { fromHex, utf8Bytes, type Digests } from '@tsm/core';

const sha256 = (digests: Digests, text: string): Uint8Array => digests.digest('sha256', utf8Bytes(text));

/** 32 bytes: a kind of platform that nobody makes. */
export const implementationId = (digests: Digests): Uint8Array => sha256(digests, 'TSM test CCA platform');

/** Type RAND, then a fingerprint of the CPAK, as draft-ffm-rats-cca-token suggests. */
export function instanceId(digests: Digests, cpak: Uint8Array): Uint8Array {
  return Uint8Array.of(1, ...digests.digest('sha256', cpak));
}

/** Implementation options; their meaning is the implementation's. */
export const PLATFORM_CONFIG = fromHex('54534d00') ?? new Uint8Array(4);

/** Secured, as firmware on Arm's reference design says it. */
export const SECURED = 0x3003;

export const VERIFICATION_SERVICE = 'https://tsm.example/verify';

/** Firmware of the platform, in order of loading. */
const COMPONENTS = [
  'RSE_BL1_2',
  'RSE_BL2',
  'RSE_S',
  'AP_BL1',
  'AP_BL2',
  'SCP_BL1',
  'SCP_BL2',
  'AP_BL31',
  'RMM',
];

export interface SoftwareComponent {
  readonly type: string;
  readonly measurement: Uint8Array;
  readonly signer: Uint8Array;
}

export function softwareComponents(digests: Digests): readonly SoftwareComponent[] {
  const signer = sha256(digests, 'TSM test firmware signer');
  return COMPONENTS.map((type) => ({ type, measurement: sha256(digests, `TSM test ${type}`), signer }));
}
