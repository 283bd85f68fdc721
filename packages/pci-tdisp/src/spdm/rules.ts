/** When a request may be sent: after which step, in which phase of a session, with which capabilities. A table. */
import { hasCapability, type Capability } from './capabilities.ts';
import { REQUEST, type SpdmErrorName } from './codes.ts';
import type { Connection } from './connection.ts';
import type { SessionPhase } from './session-state.ts';

interface Rule {
  /** Steps of the negotiation that must be done: 0 none, 1 version, 2 capabilities, 3 algorithms. */
  readonly after: 0 | 1 | 2 | 3;
  /** No further step may be done. */
  readonly once?: true;
  /** Where it may be sent: outside of any session, during its handshake, when it is established. */
  readonly where: readonly ('outside' | Exclude<SessionPhase, 'ended'>)[];
  /** Of these the responder must have one. */
  readonly responder?: readonly Capability[];
  /** Both sides must have these. */
  readonly both?: readonly Capability[];
}

const OUTSIDE = ['outside'] as const;
const ESTABLISHED = ['established'] as const;
const HANDSHAKE = ['handshake', 'outside'] as const;
const OUTSIDE_OR_IN = ['outside', 'established'] as const;
const ANYWHERE = ['outside', 'handshake', 'established'] as const;
const R = REQUEST;

const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [R.GET_VERSION, { after: 0, where: OUTSIDE }],
  [R.GET_CAPABILITIES, { after: 1, once: true, where: OUTSIDE }],
  [R.NEGOTIATE_ALGORITHMS, { after: 2, once: true, where: OUTSIDE }],
  [R.GET_DIGESTS, { after: 3, where: OUTSIDE_OR_IN, responder: ['CERT'] }],
  [R.GET_CERTIFICATE, { after: 3, where: OUTSIDE_OR_IN, responder: ['CERT'] }],
  [R.CHALLENGE, { after: 3, where: OUTSIDE, responder: ['CHAL'] }],
  [R.GET_MEASUREMENTS, { after: 3, where: OUTSIDE_OR_IN, responder: ['MEAS_NO_SIG', 'MEAS_SIG'] }],
  [R.KEY_EXCHANGE, { after: 3, where: OUTSIDE, both: ['KEY_EX'] }],
  [R.FINISH, { after: 3, where: HANDSHAKE, both: ['KEY_EX'] }],
  [R.PSK_EXCHANGE, { after: 3, where: OUTSIDE, responder: ['PSK', 'PSK_WITH_CONTEXT'] }],
  [R.PSK_FINISH, { after: 3, where: ['handshake'], responder: ['PSK_WITH_CONTEXT'] }],
  [R.HEARTBEAT, { after: 3, where: ESTABLISHED, both: ['HBEAT'] }],
  [R.KEY_UPDATE, { after: 3, where: ESTABLISHED, both: ['KEY_UPD'] }],
  [R.GET_ENCAPSULATED_REQUEST, { after: 3, where: ANYWHERE, both: ['ENCAP'] }],
  [R.DELIVER_ENCAPSULATED_RESPONSE, { after: 3, where: ANYWHERE, both: ['ENCAP'] }],
  [R.END_SESSION, { after: 3, where: ESTABLISHED }],
  [R.CHUNK_SEND, { after: 2, where: ANYWHERE, both: ['CHUNK'] }],
  [R.CHUNK_GET, { after: 2, where: ANYWHERE, both: ['CHUNK'] }],
  [R.VENDOR_DEFINED_REQUEST, { after: 3, where: OUTSIDE_OR_IN }],
  [R.RESPOND_IF_READY, { after: 2, where: ANYWHERE }],
]);

/** Why this request is refused here and now; undefined when it is in order. An unknown code is an UnsupportedRequest. */
export function refusal(
  connection: Connection,
  code: number,
  phase: SessionPhase | 'outside',
): SpdmErrorName | undefined {
  const rule = RULES.get(code);
  if (!rule) return connection.negotiated === 0 ? 'UnexpectedRequest' : 'UnsupportedRequest';
  if (connection.negotiated < rule.after) return 'UnexpectedRequest';
  if (rule.once && connection.negotiated > rule.after) return 'UnexpectedRequest';
  const flags = connection.responder?.flags ?? 0;
  if (rule.responder && !rule.responder.some((name) => hasCapability(flags, name)))
    return 'UnsupportedRequest';
  if (rule.both && !rule.both.every((name) => connection.both(name))) return 'UnsupportedRequest';
  if (rule.where.some((one) => one === phase)) return undefined;
  return phase === 'outside' ? 'SessionRequired' : 'UnexpectedRequest';
}

const STEPS = ['at any time', 'after VERSION', 'after CAPABILITIES', 'after ALGORITHMS'] as const;
const PLACES = { outside: 'outside of sessions', handshake: 'in a handshake', established: 'in a session' };

/** The rule of a request in words: `after ALGORITHMS, in a session, with HBEAT of both sides`. */
export function ruleText(code: number): string {
  const rule = RULES.get(code);
  if (!rule) return 'as a request that is known here';
  const { after, both, once, responder, where } = rule;
  return [
    once ? `once, ${STEPS[after]}` : STEPS[after],
    ...(where.length === ANYWHERE.length ? [] : [where.map((one) => PLACES[one]).join(' or ')]),
    ...(responder ? [`with ${responder.join(' or ')} of the responder`] : []),
    ...(both ? [`with ${both.join(' and ')} of both sides`] : []),
  ].join(', ');
}
