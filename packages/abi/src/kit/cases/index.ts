/** Every case of the specification, by number. */
import type { Case } from '../model.ts';
import { BANK_CASES } from './banks.ts';
import { BLOB_CASES } from './blobs.ts';
import { CCA_CASES } from './cca.ts';
import { CROSS_CASES } from './cross.ts';
import { DEVICE_LINK_CASES } from './device-links.ts';
import { DEVICE_CASES } from './devices.ts';
import { DIRECTORY_CASES } from './directories.ts';
import { EVENT_LOG_CASES } from './event-log.ts';
import { GENERATION_CASES } from './generation.ts';
import { REGISTER_CASES } from './registers.ts';
import { SNP_CASES } from './snp.ts';
import { TDX_CASES } from './tdx.ts';

export const CASES: readonly Case[] = [
  ...DIRECTORY_CASES,
  ...GENERATION_CASES,
  ...BLOB_CASES,
  ...TDX_CASES,
  ...SNP_CASES,
  ...CCA_CASES,
  ...REGISTER_CASES,
  ...BANK_CASES,
  ...EVENT_LOG_CASES,
  ...DEVICE_CASES,
  ...DEVICE_LINK_CASES,
  ...CROSS_CASES,
].sort((a, b) => a.id - b.id);
