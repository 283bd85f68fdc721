/** `tsm device serve`: a simulated device on loopback that any SPDM requester can talk to. */
import { toHex, utf8Bytes } from '@tsm/core';
import { nodeSpdmCrypto, serveSpdm } from '@tsm/host';
import { deviceAuthority, SAMPLE_MEASUREMENTS, seededBytes, SimulatedDevice } from '@tsm/pci-tdisp';
import type { Cli, Outcome } from '../cli.ts';
import { EXIT, usage } from '../exit.ts';

export interface DeviceServeOptions {
  readonly port: string;
  readonly function: string;
  readonly seed?: string;
}

/** Ports for IDE keys: requesters name the second one as well as the first. */
const PORTS = 2;
const STREAMS = 4;

function numberOf(name: string, text: string, radix: number, max: number): number {
  const value = Number.parseInt(text, radix);
  if (!/^(0x)?[0-9a-f]+$/i.test(text) || Number.isNaN(value) || value > max)
    throw usage(`--${name} ${text}: expected a number up to ${max.toString(radix)}`);
  return value;
}

function deviceOf(seed: Uint8Array, now: Date, functionId: number): SimulatedDevice {
  const crypto = nodeSpdmCrypto();
  const random = seededBytes(crypto, seed, 'device serve');
  const port = { devFunc: functionId & 0xff, bus: (functionId >> 8) & 0xff, segment: 0 };
  const range = { firstPage: 0x1000n, pages: 16, attributes: 0, rangeId: 0 };
  return new SimulatedDevice({
    spdm: {
      ...{ random, crypto, measurements: () => SAMPLE_MEASUREMENTS, heartbeatPeriod: 60 },
      // The key of the slot signs over SHA-384.
      algorithms: { hashes: ['sha384'], asyms: ['ecdsa-p384'] },
      slots: new Map([[0, deviceAuthority(crypto, seed, now).identity('served')]]),
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
      random,
    },
  });
}

/** Serves until Ctrl-C, or until a requester asks for a shutdown. */
export async function deviceServe(cli: Cli, options: DeviceServeOptions): Promise<Outcome> {
  const port = numberOf('port', options.port, 10, 0xffff);
  const functionId = numberOf('function', options.function, 16, 0xffff);
  const seed = options.seed === undefined ? cli.io.random(32) : utf8Bytes(options.seed);
  const device = deviceOf(seed, cli.io.now(), functionId);
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
