/** Our requester against an independent responder: `TSM_SPDM_PEER=host:port`; docs/spdm-interop.md says how. */
import { appendFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { TsmError } from '@tsm/core';
import {
  driveAsync,
  endSession,
  heartbeat,
  openSession,
  Requester,
  REQUESTER_CAPABILITIES,
  SPDM_VERSIONS,
  updateKeys,
  versionText,
  type Flow,
} from '@tsm/pci-tdisp';
import { describe, expect, test } from 'vitest';
import { connectSpdmPeer, nodeSpdmCrypto } from '../src/index.ts';

const [host, port] = (process.env['TSM_SPDM_PEER'] ?? '').split(':');
const versions = SPDM_VERSIONS.filter((version) => version > 0x10);
const minute = 60_000;

/** One conversation; a version that the responder does not have is told apart from a failure. */
async function converse(version: number, clear: boolean): Promise<'done' | 'no such version'> {
  const peer = await connectSpdmPeer({ host: host!, port: Number(port) });
  const run = <T>(flow: Flow<T>): Promise<T> => driveAsync(flow, peer.transport);
  const requester = new Requester({
    random: (length) => new Uint8Array(randomBytes(length)),
    crypto: nodeSpdmCrypto(),
    versions: [version],
    capabilities: [...REQUESTER_CAPABILITIES, ...(clear ? (['HANDSHAKE_IN_THE_CLEAR'] as const) : [])],
  });
  try {
    expect((await run(requester.discover())).map(({ type }) => type)).toEqual([0, 1, 2]);
    await run(requester.connect());
    expect((await run(requester.digests())).size).toBeGreaterThan(0);
    await run(requester.certificate());
    await run(requester.challenge());
    expect((await run(requester.measurements({ slot: 0 }))).blocks.length).toBeGreaterThan(0);
    const session = await run(openSession(requester, { id: 0xa5a5 }));
    if (requester.connection.both('HBEAT')) await run(heartbeat(requester, session));
    await run(requester.measurements({ slot: 0, session }));
    if (requester.connection.both('KEY_UPD')) {
      await run(updateKeys(requester, session));
      await run(updateKeys(requester, session, true));
    }
    await run(endSession(requester, session));
    return 'done';
  } catch (error) {
    if (error instanceof TsmError && error.code === 'spdm.version-mismatch') return 'no such version';
    throw error;
  } finally {
    await peer.close('continue');
  }
}

if (host && port) {
  describe(`SPDM responder at ${host}:${port}`, () => {
    test.each(
      versions.flatMap((version) =>
        [true, false].map((clear) => [versionText(version), clear, version] as const),
      ),
    )(
      'version %s, handshake in the clear: %s',
      async (_, clear, version) => {
        expect(await converse(version, clear)).toMatch(/done|no such version/);
      },
      minute,
    );
  });
} else {
  const line = `SPDM responder: ${String(2 * versions.length)} cases need a peer (TSM_SPDM_PEER=host:port)`;
  const report = process.env['TSM_SKIP_REPORT'];
  if (report) appendFileSync(report, `${line}\n`);
  test.skip(line);
}
