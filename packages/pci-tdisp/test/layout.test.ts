/** Every message is a layout table that holds what a table must hold, in every version and for every request. */
import { layoutChecks } from '@tsm/core/testing';
import { describe, expect, test } from 'vitest';
import { DiscoveryRequest, DiscoveryResponse, DoeHeader, MESSAGES, messageName } from '../src/index.ts';
import { MeasurementBlock } from '../src/spdm/layout/authentication.ts';
import { NO_CONTEXT, type MessageContext } from '../src/spdm/layout/context.ts';

const CONTEXTS: readonly [string, MessageContext][] = [0x11, 0x12, 0x13, 0x14].flatMap((version) =>
  [false, true].map((full): [string, MessageContext] => [
    `${version.toString(16)} ${full ? 'with' : 'without'} optional parts`,
    {
      ...NO_CONTEXT,
      version,
      hashSize: full ? 48 : 32,
      signatureSize: 96,
      requesterSignatureSize: 64,
      exchangeSize: full ? 96 : 64,
      multiKey: full,
      clearHandshake: !full,
      requestParam1: full ? 1 : 0,
      requestParam2: full ? 0xff : 0,
    },
  ]),
);

/** CERTIFICATE, MEASUREMENTS, CAPABILITIES: lengths of up to 2^32 that are sums; the flows encode and decode them. */
const SUMS = new Set([0x02, 0x60, 0x61]);
const tables = [...MESSAGES].filter(([code]) => !SUMS.has(code));

describe.each(CONTEXTS)('version %s', (_, context) => {
  test.each(tables.map(([code, row]) => [messageName(code), row] as const))('%s', (_name, row) => {
    if (context.version < row.since) return;
    const checks = layoutChecks(row.layout(context));
    for (const { run } of checks) void run();
    expect(checks.length).toBeGreaterThan(0);
  });
});

describe.each(
  [DoeHeader, DiscoveryRequest, DiscoveryResponse, MeasurementBlock].map((one) => [one.name, one] as const),
)('%s', (_, layout) => {
  for (const { name, run } of layoutChecks(layout)) test(name, run);
});
