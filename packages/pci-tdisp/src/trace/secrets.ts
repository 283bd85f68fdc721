/** Secrets of a recorded run: what makes its records readable, and what every value in between must be. */
import { fromHex, type Issue } from '@tsm/core';
import { SPDM_ISSUES } from '../issues.ts';

/** Keys of one direction as text; every value is hex. */
export interface DirectionSecrets {
  readonly secret?: string;
  readonly finishedKey?: string;
  readonly key?: string;
  readonly salt?: string;
}

/** One session. `dheSecret` (or `psk`) is enough to decrypt; what else is there is compared. */
export interface SessionSecrets {
  readonly sessionId?: string;
  readonly requesterRandom?: string;
  readonly responderRandom?: string;
  readonly dheSecret?: string;
  readonly psk?: string;
  readonly handshakeSecret?: string;
  readonly requestHandshake?: DirectionSecrets;
  readonly responseHandshake?: DirectionSecrets;
  readonly requestData?: DirectionSecrets;
  readonly responseData?: DirectionSecrets;
  readonly [other: string]: unknown;
}

export interface Secrets {
  readonly sessions: readonly SessionSecrets[];
  readonly m1m2Hash: readonly string[];
  readonly l1l2Hash: readonly string[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** Hex values of a session that must be readable when they are there. */
const HEX = ['requesterRandom', 'responderRandom', 'dheSecret', 'psk', 'handshakeSecret'] as const;
const DIRECTIONS = ['requestHandshake', 'responseHandshake', 'requestData', 'responseData'] as const;

function sessionProblem(session: unknown, index: number): string | undefined {
  const name = `sessions[${String(index)}]`;
  if (!isObject(session)) return `${name} is not an object`;
  const bad = HEX.find((key) => session[key] !== undefined && bytesOf(session[key]) === undefined);
  if (bad) return `${name}.${bad} is not hex`;
  const direction = DIRECTIONS.find((key) => session[key] !== undefined && !isObject(session[key]));
  return direction && `${name}.${direction} is not an object`;
}

/** Reads a secrets file (JSON text). */
export function parseSecrets(text: string): {
  readonly secrets?: Secrets;
  readonly issues: readonly Issue[];
} {
  const refuse = (found: string) => {
    const place = { path: 'secrets', offset: 0, length: text.length };
    return { issues: [SPDM_ISSUES.make('secrets.format', place, { found })] };
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'not JSON');
  }
  if (!isObject(json) || !Array.isArray(json['sessions'])) return refuse('no list of sessions');
  const sessions = json['sessions'] as readonly unknown[];
  const problem = sessions.map(sessionProblem).find((one) => one !== undefined);
  if (problem) return refuse(problem);
  return {
    secrets: {
      sessions: sessions as readonly SessionSecrets[],
      m1m2Hash: texts(json['m1m2Hash']),
      l1l2Hash: texts(json['l1l2Hash']),
    },
    issues: [],
  };
}

/** The bytes of a hex value; undefined for anything else. */
export const bytesOf = (value: unknown): Uint8Array | undefined =>
  typeof value === 'string' ? fromHex(value.replace(/^0x/i, '')) : undefined;
