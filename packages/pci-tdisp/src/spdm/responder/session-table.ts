/** The sessions of a responder by id, from KEY_EXCHANGE or PSK_EXCHANGE to their end, and who is told of that. */
import { PeerChains } from '../peer-chains.ts';
import type { SessionState } from '../session-state.ts';
import type { MutualAuth } from './options.ts';

/** What the responder remembers of a session beside its keys. */
interface SessionRecord {
  readonly state: SessionState;
  readonly mutual: MutualAuth;
  readonly requester: PeerChains;
}

export class SessionTable {
  private readonly records = new Map<number, SessionRecord>();
  private readonly enders: ((sessionId: number) => void)[] = [];
  private readonly most: number;
  private nextId = 1;

  constructor(most: number) {
    this.most = most;
  }

  /** Sessions that are not over. */
  get all(): readonly SessionState[] {
    return [...this.records.values()].map(({ state }) => state);
  }

  find(id: number): SessionState | undefined {
    return this.records.get(id)?.state;
  }

  /** The session whose FINISH, or encapsulated messages, are in the clear. */
  get clearHandshake(): SessionState | undefined {
    return this.all.findLast(({ phase, parameters }) => phase === 'handshake' && parameters.clearHandshake);
  }

  /** The responder's half of a new session id; undefined when there are too many sessions. */
  freeId(): number | undefined {
    if (this.records.size >= this.most) return undefined;
    const id = this.nextId;
    this.nextId = (id % 0xfffe) + 1;
    return id;
  }

  add(state: SessionState, mutual: MutualAuth): PeerChains {
    const requester = new PeerChains();
    this.records.set(state.id, { state, mutual, requester });
    return requester;
  }

  mutualOf({ id }: SessionState): MutualAuth {
    return this.records.get(id)?.mutual ?? 'none';
  }

  requesterChains({ id }: SessionState): PeerChains {
    return this.records.get(id)?.requester ?? new PeerChains();
  }

  onEnd(listener: (sessionId: number) => void): void {
    this.enders.push(listener);
  }

  /** False for a session that is over already. */
  end(state: SessionState): boolean {
    if (!this.records.delete(state.id)) return false;
    state.end();
    for (const ender of this.enders) ender(state.id);
    return true;
  }
}
