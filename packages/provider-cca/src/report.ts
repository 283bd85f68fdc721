/** How the Linux guest driver for realms shows reports (drivers/virt/coco/arm-cca-guest/arm-cca-guest.c). */
import type { ReportDriver } from '@tsm/core';

/** Size of the challenge of RSI_ATTESTATION_TOKEN_INIT in bytes; the driver fills a shorter `inblob` up with zeros. */
export const CHALLENGE_SIZE = 64;

/** It has no visibility callbacks: every attribute is shown, and none of the options has an effect. */
export const armCcaGuest: ReportDriver = {
  name: 'arm_cca_guest',
  inblob: { min: 32, max: CHALLENGE_SIZE },
  attributes: [
    'privlevel',
    'privlevelFloor',
    'serviceProvider',
    'serviceGuid',
    'serviceManifestVersion',
    'auxblob',
    'manifestblob',
  ],
};
