/** Details of digests, certificates, challenge and measurements: slots, portions, indices. */
import type {
  Certificate,
  Challenge,
  ChallengeAuth,
  Digests,
  GetCertificate,
  GetMeasurements,
  Measurements,
} from '../spdm/layout/authentication.ts';
import { readBlocks, SUMMARY } from '../spdm/measurement.ts';
import { listed, slotText, type Value, type Words } from './words.ts';

const digests = ({ param2 }: Value<typeof Digests>): string => {
  const slots = [0, 1, 2, 3, 4, 5, 6, 7].filter((slot) => ((param2 >> slot) & 1) === 1);
  return slots.length === 0 ? 'no slot' : `slot${slots.length === 1 ? '' : 's'} ${slots.join(', ')}`;
};

const getCertificate = (value: Value<typeof GetCertificate>): string => {
  const { param1, param2, offset, length, largeOffset, largeLength } = value;
  if ((param2 & 1) === 1) return listed(slotText(param1), 'only its size');
  return listed(
    slotText(param1),
    `${String(length + largeLength)} bytes from ${String(offset + largeOffset)}`,
  );
};

const certificate = ({ param1, chain, remainder, largeRemainder }: Value<typeof Certificate>): string => {
  const left = remainder + largeRemainder;
  return listed(
    slotText(param1),
    `${String(chain.length)} bytes`,
    left === 0 ? 'the last' : `${String(left)} left`,
  );
};

export const summaryText = (kind: number): string | undefined =>
  ({ [SUMMARY.TCB]: 'summary of the TCB', [SUMMARY.ALL]: 'summary of all' })[kind];

const challenge = ({ param1, param2 }: Value<typeof Challenge>): string =>
  listed(slotText(param1), summaryText(param2));

const challengeAuth = ({ param1, signature }: Value<typeof ChallengeAuth>): string =>
  listed(slotText(param1), signature.length > 0 && 'signed');

const getMeasurements = ({ param1, param2, slot }: Value<typeof GetMeasurements>): string => {
  const what = param2 === 0 ? 'their number' : param2 === 0xff ? 'all' : `index ${String(param2)}`;
  return listed(what, (param1 & 2) !== 0 && 'raw', (param1 & 1) !== 0 && `signed by ${slotText(slot)}`);
};

const measurements = ({ param1, blocks, record, signature }: Value<typeof Measurements>): string => {
  const read = readBlocks(record, blocks) ?? [];
  const indices = read.map(({ index }) => String(index)).join(' ');
  const what = blocks === 0 ? `${String(param1)} in all` : `${blocks === 1 ? 'index' : 'indices'} ${indices}`;
  return listed(what, signature.length > 0 && 'signed');
};

export const AUTHENTICATION: readonly (readonly [number, Words])[] = [
  [0x01, digests],
  [0x82, getCertificate],
  [0x02, certificate],
  [0x83, challenge],
  [0x03, challengeAuth],
  [0xe0, getMeasurements],
  [0x60, measurements],
];
