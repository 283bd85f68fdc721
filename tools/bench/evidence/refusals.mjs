// @ts-check
/** Who refuses what: every bad case against our verifier and the peers that accept the evidence it was made from. */
import { badCases } from './bad-cases.mjs';
import { verify } from './subjects.mjs';

const { firstFailure } = await import('@tsm/core');

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('../peers/peers.mjs').Peer} Peer */

/** @param {Peer} peer @param {Subject} subject @returns {Promise<string | undefined>} why it refuses */
async function refusal(peer, subject) {
  const prepare = await peer.open();
  try {
    await prepare(subject)();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** @param {Subject} subject @returns {Promise<string | undefined>} the check that refuses */
async function ourRefusal(subject) {
  const { verdict, checks } = await verify(subject);
  if (verdict === 'pass') return undefined;
  return firstFailure(checks)?.id ?? verdict;
}

/**
 * Prints a row for each case that a peer accepts and we refuse, and counts the others. Throws when we accept one, or refuse
 * the good evidence.
 * @param {Subject} subject
 * @param {readonly Peer[]} peers those that accept the good evidence
 */
export async function printRefusals(subject, peers) {
  const cases = badCases(subject);
  const bad = await ourRefusal(subject);
  if (bad !== undefined) throw new Error(`${subject.title}: the good evidence is refused: ${bad}`);
  /** @type {string[]} */
  const rows = [];
  for (const { name, subject: altered } of cases) {
    const why = await ourRefusal(altered);
    if (why === undefined) throw new Error(`${subject.title}, ${name}: accepted`);
    const accepting = [];
    for (const peer of peers) if ((await refusal(peer, altered)) === undefined) accepting.push(peer.name);
    if (accepting.length > 0)
      rows.push(`    ${name.padEnd(46)} ${why.padEnd(28)} accepted by ${accepting.join(', ')}`);
  }
  for (const peer of peers) {
    if ((await refusal(peer, subject)) !== undefined)
      rows.push(`    ${peer.name} refuses the good evidence after these: its refusals mean nothing`);
  }
  const others = peers.length > 0 ? `; ${rows.length} of them a peer accepts:` : '';
  console.log(`  ${subject.title}: ${cases.length} bad cases, all refused here${others}`);
  for (const row of rows) console.log(row);
}
