/** Holds what messages give against what the secrets say, value by value. */
import { fromHex, toHex } from '@tsm/core';
import { SPDM_ISSUES } from '../issues.ts';
import type { DirectionKeys } from '../spdm/key-schedule.ts';
import type { SessionSecret, SessionState } from '../spdm/session-state.ts';
import type { Say } from './exchange-checks.ts';
import { bytesOf, type DirectionSecrets, type Secrets, type SessionSecrets } from './secrets.ts';

export class SecretsCheck {
  private readonly secrets: Secrets | undefined;
  private readonly used = new Set<SessionSecrets>();
  private readonly of = new Map<SessionState, SessionSecrets>();
  private challenges = 0;
  private readonly measurements = new Map<SessionState | undefined, number>();
  private readonly updates = new Map<SessionState, number>();
  /** How many values were compared and found the same. */
  compared = 0;

  constructor(secrets: Secrets | undefined) {
    this.secrets = secrets;
  }

  /** The secrets of a session: by its random data, else by its id, each once. */
  find(id: number, requesterRandom: Uint8Array, responderRandom: Uint8Array): SessionSecrets | undefined {
    const free = (this.secrets?.sessions ?? []).filter((one) => !this.used.has(one));
    const [mine, theirs] = [toHex(requesterRandom), toHex(responderRandom)];
    const found =
      free.find((one) => one.requesterRandom === mine || one.responderRandom === theirs) ??
      free.find((one) => one.requesterRandom === undefined && Number(one.sessionId ?? -1) === id);
    if (found) this.used.add(found);
    return found;
  }

  /** What the keys of a session come from. */
  static secretOf(secrets: SessionSecrets | undefined): SessionSecret | undefined {
    const shared = bytesOf(secrets?.dheSecret) ?? bytesOf(secrets?.psk);
    if (shared) return { shared };
    const handshakeSecret = bytesOf(secrets?.handshakeSecret);
    return handshakeSecret && { handshakeSecret };
  }

  /** Lets a session without keys use those of its phase that the secrets name. */
  lend(session: SessionState, phase: 'Handshake' | 'Data'): void {
    const secrets = this.of.get(session);
    const request = bytesOf(secrets?.[`request${phase}`]?.secret);
    const response = bytesOf(secrets?.[`response${phase}`]?.secret);
    const keys = phase === 'Handshake' ? session.handshakeKeys : session.dataKeys;
    if (!keys && request && response) session.useSecrets(request, response);
  }

  bind(session: SessionState, secrets: SessionSecrets | undefined): void {
    if (secrets) this.of.set(session, secrets);
  }

  private value(say: Say, found: string, expected: unknown, is: Uint8Array | undefined): void {
    if (typeof expected !== 'string' || is === undefined) return;
    const wanted = fromHex(expected);
    if (wanted && toHex(wanted) === toHex(is)) this.compared++;
    else say(SPDM_ISSUES.make('spdm.secret', { path: found, offset: 0, length: is.length }, { found }));
  }

  /** One named value of a session. */
  session(say: Say, session: SessionState | undefined, name: string, is: Uint8Array | undefined): void {
    const secrets = session && this.of.get(session);
    if (secrets) this.value(say, name, secrets[name], is);
  }

  direction(
    say: Say,
    session: SessionState,
    name: 'requestHandshake' | 'responseHandshake' | 'requestData' | 'responseData',
    keys: DirectionKeys | undefined,
    finishedKey?: Uint8Array,
  ): void {
    const secrets: DirectionSecrets | undefined = this.of.get(session)?.[name];
    if (!secrets || !keys) return;
    for (const part of ['secret', 'key', 'salt'] as const)
      this.value(say, `${name}.${part}`, secrets[part], keys[part]);
    this.value(say, `${name}.finishedKey`, secrets.finishedKey, finishedKey);
  }

  challenge(say: Say, hash: Uint8Array): void {
    this.value(say, 'm1m2Hash', this.secrets?.m1m2Hash[this.challenges++], hash);
  }

  /** The next value of a list: of the run, or of one session. */
  measured(say: Say, session: SessionState | undefined, hash: Uint8Array): void {
    const list = session ? this.of.get(session)?.['l1l2Hash'] : this.secrets?.l1l2Hash;
    const next = this.measurements.get(session) ?? 0;
    this.measurements.set(session, next + 1);
    if (Array.isArray(list)) this.value(say, 'l1l2Hash', list[next], hash);
  }

  /** The next key update that the secrets list for a session. */
  updated(say: Say, session: SessionState, keys: DirectionKeys | undefined): void {
    const list = this.of.get(session)?.['keyUpdates'];
    const next = this.updates.get(session) ?? 0;
    this.updates.set(session, next + 1);
    const expected = Array.isArray(list) ? (list[next] as DirectionSecrets | undefined) : undefined;
    if (!expected || !keys) return;
    for (const part of ['secret', 'key', 'salt'] as const)
      this.value(say, `keyUpdates.${part}`, expected[part], keys[part]);
  }
}
