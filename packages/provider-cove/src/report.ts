/** How reports would be shown under Linux, which has no CoVE driver: names and sizes are ours (LIMITATIONS.md). */
import type { ReportDriver } from '@tsm/core';
import { CHALLENGE_SIZE } from './abi.ts';

/** `inblob`: the challenge of sbi_covg_get_evidence; the driver brings the guest's key. */
export const coveGuest: ReportDriver = {
  name: 'cove_guest',
  inblob: { min: CHALLENGE_SIZE, max: CHALLENGE_SIZE },
  attributes: [],
};

/** salus ignores the challenge and certifies a key: `inblob` is that key, Ed25519. */
export const salusGuest: ReportDriver = {
  name: 'cove_guest',
  inblob: { min: 32, max: 32 },
  attributes: [],
};
