/** Our requester against an independent responder: `TSM_SPDM_PEER=host:port`; docs/spdm-interop.md says how. */
import { appendFileSync } from 'node:fs';
import { SPDM_VERSIONS, versionText } from '@tsm/pci-tdisp';
import { describe, expect, test } from 'vitest';
import { converse } from './support/spdm-suite.ts';

const [host, port] = (process.env['TSM_SPDM_PEER'] ?? '').split(':');
/** A responder that is no device with IDE and TDISP. */
const bare = process.env['TSM_SPDM_PEER_ONLY'] === 'spdm';
const versions = SPDM_VERSIONS.filter((version) => version > 0x10);
const minute = 60_000;

if (host && port) {
  describe(`SPDM responder at ${host}:${port}${bare ? ', without IDE_KM and TDISP' : ''}`, () => {
    test.each(
      versions.flatMap((version) =>
        [true, false].map((clear) => [versionText(version), clear, version] as const),
      ),
    )(
      'version %s, handshake in the clear: %s',
      async (_, clear, version) => {
        expect(await converse({ host, port: Number(port) }, version, clear, !bare)).toMatch(
          /done|no such version/,
        );
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
