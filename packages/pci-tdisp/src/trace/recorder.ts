/** A run as a file: a recorder between requester and device, secrets that make the file readable, and a replay of it. */
import { equalBytes, toHex } from '@tsm/core';
import type { DirectionKeys } from '../spdm/key-schedule.ts';
import type { Transport } from '../spdm/requester/flow.ts';
import type { SessionState } from '../spdm/session-state.ts';
import { encodeCapture } from './capture.ts';
import type { DirectionSecrets, Secrets, SessionSecrets } from './secrets.ts';

/** Keeps every object that goes through a transport. */
export class Recorder {
  readonly objects: Uint8Array[] = [];
  private readonly sessions: SessionSecrets[] = [];

  /** The same transport, recorded. */
  over(transport: Transport): Transport {
    return (object) => {
      this.objects.push(object.slice());
      const answer = transport(object);
      if (answer) this.objects.push(answer.slice());
      return answer;
    };
  }

  /** Keeps the secrets of an established session, before its keys are updated or gone. */
  keep(session: SessionState): void {
    this.sessions.push(secretsOf(session));
  }

  /** pcap of all objects; `start` is in seconds since 1970. */
  capture(start = 0): Uint8Array {
    return encodeCapture(this.objects, start);
  }

  get secrets(): Secrets {
    return { sessions: this.sessions, m1m2Hash: [], l1l2Hash: [] };
  }
}

const direction = ({ secret, key, salt }: DirectionKeys): DirectionSecrets => {
  return { secret: toHex(secret), key: toHex(key), salt: toHex(salt) };
};

function secretsOf({ id, handshakeKeys, dataKeys, th1, th2 }: SessionState): SessionSecrets {
  return {
    sessionId: `0x${id.toString(16).padStart(8, '0')}`,
    ...(th1 ? { th1: toHex(th1) } : {}),
    ...(th2 ? { th2: toHex(th2) } : {}),
    ...(handshakeKeys ? { handshakeSecret: toHex(handshakeKeys.handshakeSecret) } : {}),
    ...(dataKeys
      ? { requestData: direction(dataKeys.request), responseData: direction(dataKeys.response) }
      : {}),
  };
}

/**
 * Sends the requests of a recorded run again, to a device of the same seed. Gives the number of the first object that is not
 * as it was recorded, or undefined when all are.
 */
export function replayRun(objects: readonly Uint8Array[], device: Transport): number | undefined {
  for (let i = 0; i < objects.length; i += 2) {
    const [request, recorded] = objects.slice(i, i + 2);
    const answer = request && device(request);
    if (!recorded || !answer) return recorded || answer ? i + 1 : undefined;
    if (!equalBytes(recorded, answer)) return i + 1;
  }
  return undefined;
}
