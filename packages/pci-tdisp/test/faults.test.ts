/** Faults at every object of a run: the right error, no crash, and a device that can be used again. */
import { TsmError } from '@tsm/core';
import { seededRandom } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { encodeDoe, endSession, heartbeat, openSession, updateKeys } from '../src/index.ts';
import { pairOf, type Disturb, type Pair } from './support/pair.ts';

const torture = process.env['TSM_TORTURE'] === '1';

/** Everything that is protected by a signature or by keys: no damage may stay unseen. */
function flow(pair: Pair): void {
  const { requester, run } = pair;
  run(requester.connect());
  run(requester.digests());
  run(requester.certificate());
  run(requester.challenge(0, 1));
  run(requester.measurements({ slot: 0 }));
  const session = run(openSession(requester));
  run(heartbeat(requester, session));
  run(requester.measurements({ slot: 0, session }));
  run(updateKeys(requester, session, true));
  run(endSession(requester, session));
}

/** The same run without faults, for its length. */
function objectsOf(clear: boolean): readonly Uint8Array[] {
  const pair = pairOf({ clear, version: 0x12 });
  flow(pair);
  return pair.wire;
}

/** Runs with a fault and gives the code of the error; `none` when the run went through. */
function outcome(pair: Pair, run = flow): string {
  try {
    run(pair);
    return 'none';
  } catch (error) {
    if (error instanceof TsmError) return error.code;
    throw error;
  }
}

/** The device is as good as new: all sessions go with GET_VERSION, and a whole run works. */
function recovers(pair: Pair): void {
  expect(outcome(pair)).toBe('none');
  expect(pair.responder.sessions).toEqual([]);
}

/** Disturbs the n-th object only. */
const at =
  (n: number, change: (object: Uint8Array) => Uint8Array | undefined): Disturb =>
  (object, i) =>
    i === n ? change(object) : object;

describe.each([true, false])('handshake in the clear: %s', (clear) => {
  const objects = objectsOf(clear);
  const disturbed = (disturb: Disturb): Pair => pairOf({ clear, version: 0x12, disturb });

  test('a lost object is no answer', () => {
    for (const n of objects.keys()) {
      const pair = disturbed(at(n, () => undefined));
      expect(outcome(pair), String(n)).toBe('spdm.no-answer');
      recovers(pair);
    }
  });

  test('one damaged byte anywhere is found', () => {
    const random = seededRandom(3);
    const codes = new Set<string>();
    for (const [n, object] of objects.entries()) {
      for (let i = 0; i < (torture ? 50 : 2); i++) {
        // Behind the header of the object, and before its padding.
        const where = 8 + random(Math.max(1, object.length - 8 - 3));
        const pair = disturbed(
          at(n, (bytes) => bytes.map((byte, k) => (k === where ? byte ^ (1 << random(8)) : byte))),
        );
        const code = outcome(pair);
        expect(code, `object ${String(n)} byte ${String(where)}`).not.toBe('none');
        codes.add(code);
        recovers(pair);
      }
    }
    expect(codes).toContain('spdm.signature');
    expect(codes).toContain('secured.tag');
    expect(codes).toContain('spdm.decrypt-error');
  });

  test('a damaged record ends the session on both sides', () => {
    const first = objects.findLastIndex((object) => object[2] === 2) - 1;
    const pair = disturbed(at(first, (bytes) => bytes.map((byte, k) => (k === 20 ? byte ^ 1 : byte))));
    const before = pair.responder.sessions.length;
    expect(outcome(pair)).toBe('spdm.decrypt-error');
    expect([before, pair.responder.sessions]).toEqual([0, []]);
    recovers(pair);
  });

  test('an object that comes twice, or an earlier one in its place, is refused or harmless', () => {
    const seen = new Set<string>();
    for (const n of objects.keys()) {
      for (const which of [n - 2, n % 3]) {
        let kept: Uint8Array | undefined;
        const pair = disturbed((object, i) => {
          if (i === which) kept = object;
          return i === n && kept ? kept : object;
        });
        const code = outcome(pair);
        if (which >= 0 && which !== n) seen.add(code);
        recovers(pair);
      }
    }
    expect(seen).toContain('spdm.unexpected-request');
    expect([...seen].filter((code) => !/^(spdm|secured|doe)\.|^none$/.test(code))).toEqual([]);
  });

  test('a repeated request reaches the device twice: records are refused, and the session is over', () => {
    const secured = objects.findIndex((object) => object[2] === 2);
    const pair = pairOf({ clear, version: 0x12 });
    const { transport } = pair;
    let n = 0;
    const twice = {
      ...pair,
      run: ((running: Generator<Uint8Array, unknown, Uint8Array | undefined>) => {
        let step = running.next();
        while (!step.done) {
          const answer = transport(step.value);
          if (n++ * 2 === secured + (secured % 2)) transport(step.value);
          step = running.next(answer);
        }
        return step.value;
      }) as Pair['run'],
    };
    expect(outcome(twice)).toMatch(/^spdm\.(no-answer|decrypt-error)$/);
    expect(pair.responder.sessions).toEqual([]);
    recovers(pair);
  });

  test('a record of another session is not answered, and does not touch the one there is', () => {
    for (const [n, object] of objects.entries()) {
      if (object[2] !== 2) continue;
      const pair = disturbed(at(n, (bytes) => bytes.map((byte, k) => (k === 10 ? byte ^ 0x40 : byte))));
      expect(outcome(pair)).toMatch(/^spdm\.(no-answer|session-unknown)$/);
      recovers(pair);
    }
  });

  test('a record where a message in the clear belongs, and the other way round', () => {
    for (const n of objects.keys()) {
      const pair = disturbed(at(n, (bytes) => encodeDoe(bytes[2] === 2 ? 1 : 2, bytes.subarray(8))));
      expect(outcome(pair), String(n)).not.toBe('none');
      recovers(pair);
    }
  });
});
