/** The Arm CCA guest driver (drivers/virt/coco/arm-cca-guest/arm-cca-guest.c). */
import {
  concatAll,
  type MeasurementSource,
  type Model,
  type ReportBlobs,
  type ReportRequest,
} from '@tsm/core';
import { errno } from '../errno.ts';
import type { DriverSetting, GuestDriver } from './driver.ts';

const CHALLENGE = { min: 32, size: 64 };
/** A granule: what one call of RSI_ATTESTATION_TOKEN_CONTINUE gives at most. */
const GRANULE = 4096;

/** RSI_ATTESTATION_TOKEN_* (DEN0137, B5.4). */
export interface RealmServices {
  /** RSI_ATTESTATION_TOKEN_INIT over 64 bytes: upper bound of the token's size; 0 or less: refused. */
  readonly init: (challenge: Uint8Array) => number;
  /** The next part; `more` while there is one; undefined when the call fails. */
  readonly next: () => { readonly part: Uint8Array; readonly more: boolean } | undefined;
}

interface RealmModel extends Model {
  token(challenge: Uint8Array): Uint8Array;
}

export function isRealmModel(model: Model): model is RealmModel {
  return 'token' in model && typeof model.token === 'function';
}

/** Hands out the model's token granule by granule. */
export function realmServices(model: RealmModel): RealmServices {
  let token = new Uint8Array(0);
  let given = 0;
  return {
    init(challenge) {
      token = model.token(challenge).slice();
      given = 0;
      return token.length;
    },
    next() {
      const part = token.slice(given, given + GRANULE);
      given += part.length;
      return { part, more: given < token.length };
    },
  };
}

function report(services: RealmServices, { inblob }: ReportRequest): ReportBlobs {
  const { min, size } = CHALLENGE;
  if (inblob.length < min || inblob.length > size)
    throw errno(
      'EINVAL',
      `inblob: expected ${String(min)} to ${String(size)} bytes, got ${String(inblob.length)}`,
    );
  const challenge = new Uint8Array(size);
  challenge.set(inblob);
  if (services.init(challenge) <= 0) throw errno('EINVAL', 'RSI_ATTESTATION_TOKEN_INIT gave no token');
  const parts: Uint8Array[] = [];
  for (;;) {
    const answer = services.next();
    if (!answer) throw errno('ENXIO', 'RSI_ATTESTATION_TOKEN_CONTINUE failed');
    parts.push(answer.part);
    if (!answer.more) return { outblob: concatAll(parts) };
  }
}

export function ccaDriver(
  services: RealmServices,
  source: Omit<MeasurementSource, 'name'>,
  setting: DriverSetting,
): GuestDriver {
  const driver = setting.report;
  return {
    measurements: { ...source, name: 'arm_cca_guest' },
    ...(driver ? { report: { driver, produce: (request: ReportRequest) => report(services, request) } } : {}),
    files: [],
  };
}
