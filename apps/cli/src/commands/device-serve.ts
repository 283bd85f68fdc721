/** `tsm device serve`: a simulated device on loopback that any SPDM requester can talk to. */
import { fromHex, toHex, TsmError, utf8Bytes } from '@tsm/core';
import { nodeSpdmCrypto, serveSpdm, slotIdentity } from '@tsm/host';
import {
  deviceAuthority,
  LOCK_FLAG,
  RESPONDER_CAPABILITIES,
  SAMPLE_MEASUREMENTS,
  seededBytes,
  SimulatedDevice,
  type PreSharedKey,
  type SlotIdentity,
} from '@tsm/pci-tdisp';
import type { Cli, Outcome } from '../cli.ts';
import { CliError, EXIT, usage } from '../exit.ts';

export interface DeviceServeOptions {
  readonly port: string;
  readonly function: string;
  readonly seed?: string;
  readonly chain?: string;
  readonly key?: string;
  readonly trustAnchor?: string;
  readonly psk?: readonly string[];
}

/** What may be locked: all but peer-to-peer streams, which one interface alone has no use for. */
const LOCK_FLAGS =
  (1 << LOCK_FLAG.NO_FW_UPDATE) | (1 << LOCK_FLAG.SYSTEM_CACHE_LINE_SIZE) | (1 << LOCK_FLAG.LOCK_MSIX);

/** Ports for IDE keys: requesters name the second one as well as the first. */
const PORTS = 2;
const STREAMS = 4;

function numberOf(name: string, text: string, radix: number, max: number): number {
  const value = Number.parseInt(text, radix);
  if (!/^(0x)?[0-9a-f]+$/i.test(text) || Number.isNaN(value) || value > max)
    throw usage(`--${name} ${text}: expected a number up to ${max.toString(radix)}`);
  return value;
}

const HEX = /^0x((?:[0-9a-f]{2})+)$/i;

/** `HINT=KEY`: the key in hex, the hint as text, or in hex after `0x`. */
function preSharedKey(text: string): PreSharedKey {
  const [, name = '', secret = ''] = /^(.+)=(?:0x)?([0-9a-f]+)$/i.exec(text) ?? [];
  const digits = HEX.exec(name)?.[1];
  const hint = (digits === undefined ? undefined : fromHex(digits)) ?? utf8Bytes(name);
  const key = fromHex(secret);
  if (name === '' || !key) throw usage(`--psk ${text}: expected HINT=KEY, the key in hex`);
  return { hint, key };
}

function deviceOf(
  seed: Uint8Array,
  identity: SlotIdentity,
  functionId: number,
  psks: readonly PreSharedKey[],
): SimulatedDevice {
  const crypto = nodeSpdmCrypto();
  const random = seededBytes(crypto, seed, 'device serve');
  const port = { devFunc: functionId & 0xff, bus: (functionId >> 8) & 0xff, segment: 0 };
  const range = { firstPage: 0x1000n, pages: 16, attributes: 0, rangeId: 0 };
  return new SimulatedDevice({
    spdm: {
      ...{ random, crypto, measurements: () => SAMPLE_MEASUREMENTS, heartbeatPeriod: 60 },
      capabilities: [
        ...RESPONDER_CAPABILITIES,
        'HANDSHAKE_IN_THE_CLEAR',
        ...(psks.length > 0 ? (['PSK_WITH_CONTEXT'] as const) : []),
      ],
      psks,
      slots: new Map([[0, identity]]),
    },
    tee: {
      ports: Array.from({ length: PORTS }, () => ({
        ...port,
        registers: new Uint8Array(8),
        streams: STREAMS,
      })),
      interfaces: [
        { functionId, interfaceInfo: 2, ranges: [range], deviceInfo: utf8Bytes('TSM served device') },
      ],
      ...{ random, lockFlags: LOCK_FLAGS },
    },
  });
}

/** The certificates and key that were given, or ones from the seed. */
async function identityOf(cli: Cli, seed: Uint8Array, options: DeviceServeOptions): Promise<SlotIdentity> {
  const { chain, key } = options;
  if (chain === undefined && key === undefined)
    return deviceAuthority(nodeSpdmCrypto(), seed, cli.io.now()).identity('served');
  if (chain === undefined || key === undefined)
    throw usage('--chain and --key: expected both, or none of them');
  const [certificates, secret] = await Promise.all([cli.io.read(chain), cli.io.read(key)]);
  try {
    return slotIdentity(certificates, secret);
  } catch (error) {
    if (!(error instanceof TsmError)) throw error;
    const file = error.code === 'identity.key' ? key : chain;
    throw new CliError(EXIT.input, error.code, `${file}: ${error.message}`);
  }
}

/** Serves until Ctrl-C, or until a requester asks for a shutdown. */
export async function deviceServe(cli: Cli, options: DeviceServeOptions): Promise<Outcome> {
  const port = numberOf('port', options.port, 10, 0xffff);
  const functionId = numberOf('function', options.function, 16, 0xffff);
  const seed = options.seed === undefined ? cli.io.random(32) : utf8Bytes(options.seed);
  const identity = await identityOf(cli, seed, options);
  const [root = new Uint8Array(0)] = identity.certificates;
  if (options.trustAnchor !== undefined) await cli.io.write(options.trustAnchor, root);
  const device = deviceOf(seed, identity, functionId, (options.psk ?? []).map(preSharedKey));
  let requests = 0;
  const respond = (object: Uint8Array): Uint8Array | undefined => {
    requests++;
    return device.respond(object);
  };
  const server = await serveSpdm({ port, respond });
  cli.say(
    `  a device answers on 127.0.0.1:${String(server.port)}, as interface 0x${toHex(Uint8Array.of(functionId >> 8, functionId & 0xff))}; Ctrl-C ends it`,
  );
  cli.io.interrupted().addEventListener('abort', () => server.close(), { once: true });
  await server.ended;
  cli.say(`  ${String(requests)} requests`);
  return { json: { port: server.port, requests }, exit: EXIT.ok };
}
