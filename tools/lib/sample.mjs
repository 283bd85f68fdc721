// @ts-check
/** The sample workspace of the editor: one simulated boot with its log, quote and collateral, and what went wrong later. */
import { toHex, utf8Bytes } from '@tsm/core';
import { decodeLog, encodeAgileLog } from '@tsm/eventlog';
import { openMachine } from '@tsm/machine';
import tdx from '@tsm/provider-tdx';
import { createHash } from 'node:crypto';

/** The same files every time. */
const SEED = 'tsm sample';
const NOW = '2026-01-01T00:00:00Z';

const SETTINGS = {
  'tsm.state': './.tsm',
  'tsm.verifyAt': '2026-01-02',
  'tsm.trustAnchors': ['collateral/trust-anchor*'],
  'tsm.bindings': [
    { log: 'rtmr3.tsmlog', register: 'rtmr3', evidence: 'boot.quote' },
    { log: 'boot.ccel', evidence: 'boot.quote' },
    { log: 'tampered.ccel', evidence: 'boot.quote' },
  ],
};

const README = `# A confidential VM's measurements

Everything here was made by a simulated Intel TDX machine, with genuine cryptography under a test root.

| file            | is                                                                                 |
| --------------- | ---------------------------------------------------------------------------------- |
| \`boot.ccel\`     | the firmware's event log: what was measured into RTMR0 to RTMR2                      |
| \`rtmr3.tsmlog\`  | the text log of RTMR3, which applications extend: edit it, and watch the values      |
| \`boot.quote\`    | the machine's signed report over its registers                                       |
| \`collateral/\`   | certificates, revocation lists and TCB data that verify it, and the test root        |
| \`tampered.ccel\` | the log after somebody turned one bit over: *TSM: Explain Mismatch* finds it         |
| \`newer.ccel\`    | a later boot with another kernel command line: *TSM: Compare Logs* shows what changed |
`;

/** @typedef {import('@tsm/eventlog').EventLog} EventLog */

/** One bit of the digest of an event in the middle of the boot loader's, turned over. */
const tampered = (/** @type {EventLog} */ log) => {
  const bytes = log.bytes.slice();
  const images = [...log].filter(({ typeName }) => typeName === 'EV_EFI_BOOT_SERVICES_APPLICATION');
  const offset = images[0]?.digests[0]?.offset ?? -1;
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return bytes;
};

/** The same boot with another last event of the boot loader, and without the one before. */
const newer = (/** @type {EventLog} */ log) => {
  const events = [...log].filter(({ measured }) => measured);
  const at = events.findLastIndex(({ typeName }) => /EV_IPL|EV_EVENT_TAG/.test(typeName));
  const changed = events.flatMap(({ register, type, data, digests }, i) => {
    const digest = digests[0]?.digest ?? new Uint8Array();
    if (i === at - 1) return [];
    if (i !== at) return [{ register, type, data, digests: { sha384: digest } }];
    const text = utf8Bytes('kernel_cmdline: /boot/vmlinuz root=/dev/vda2 quiet debug\0');
    return [{ register, type, data: text, digests: { sha384: createHash('sha384').update(text).digest() } }];
  });
  return encodeAgileLog(['sha384'], changed, { headerRegister: log.event(0).register });
};

/**
 * All files by their path in the workspace.
 * @returns {Promise<Record<string, Uint8Array>>}
 */
export const sampleFiles = async () => {
  const seed = createHash('sha256').update(SEED).digest();
  const machine = openMachine(tdx, [
    {
      ...{ op: 'create', version: 1, id: 'sample', provider: 'tdx', seed, boot: true, values: {} },
      now: new Date(NOW),
    },
  ]);
  await machine.append('rtmr3', 'example.com/app start sha256:4f2c9a');
  await machine.append('rtmr3', `example.com/app config ${toHex(seed)}`);
  const ccel = await machine.firmwareLog();
  const collateral = await machine.collateral();
  if (!ccel || !collateral)
    throw new Error('the machine of the sample has no firmware log, or no collateral');
  const log = decodeLog(ccel);
  const { outblob } = await machine.report({ inblob: new Uint8Array(64) });
  /** @type {[string, Uint8Array][]} */
  const anchors = collateral.trustAnchors.map((bytes, i) => [`trust-anchor-${i}`, bytes]);
  const files = [...Object.entries(collateral.files), ...anchors];
  return {
    '.vscode/settings.json': utf8Bytes(`${JSON.stringify(SETTINGS, null, 2)}\n`),
    'README.md': utf8Bytes(README),
    'boot.ccel': ccel,
    'boot.quote': outblob,
    'newer.ccel': newer(log),
    'rtmr3.tsmlog': await machine.eventLog('rtmr3'),
    'tampered.ccel': tampered(log),
    ...Object.fromEntries(files.map(([name, bytes]) => [`collateral/${name}`, bytes])),
  };
};
