/** The host's TSM of any platform: probe, connect, bind and guest requests, with everything undone when a step fails. */
import {
  TsmError,
  type DeviceEvidence,
  type IdeStream,
  type IdeStreams,
  type LinkTsm,
  type PciFunction,
  type TdiState,
} from '@tsm/core';
import { PortKeys } from '../ide-km/keys.ts';
import { startStream } from '../ide-km/requester.ts';
import * as tdisp from '../tdisp/requester.ts';
import type { DeviceConnection, OpenDevice } from '../tsm/connection.ts';
import { candidates, functionIdOf } from './address.ts';
import { asErrno, bestEffort, errnoOf } from './failures.ts';
import { decodeRequest, type GuestRequestName } from './requests.ts';
import { PLATFORMS, type FirmwareVerb, type Platform, type PlatformName } from './table.ts';

export interface HostTsmOptions {
  readonly platform: PlatformName;
  readonly open: OpenDevice;
  /** As many random bytes as asked. */
  readonly random: (length: number) => Uint8Array;
  /** Called for each command of the firmware, before it takes effect; a TsmError makes it fail. */
  readonly firmware?: (command: string) => void;
  /** Bits of LOCK_FLAG. Default: NO_FW_UPDATE. */
  readonly lockFlags?: number;
}

interface Connected {
  readonly connection: DeviceConnection;
  readonly stream: IdeStream;
  readonly streamId: number;
  readonly generation: number;
}

interface Bound {
  readonly tvm: string;
  nonce: Uint8Array | undefined;
}

const UNUSED_ID = 255;

export class HostTsm implements LinkTsm {
  readonly platform: Platform;
  /** Keys of the root ports, by address. */
  private readonly ports = new Map<string, PortKeys>();
  private readonly connected = new Map<string, Connected>();
  private readonly bound = new Map<string, Bound>();
  private readonly options: HostTsmOptions;
  private generation = 0;

  constructor(options: HostTsmOptions) {
    this.options = options;
    this.platform = PLATFORMS[options.platform];
  }

  probe({ mailbox, tee, address, physical }: PciFunction): boolean {
    return mailbox || (tee && (physical !== undefined || !address.endsWith('.0')));
  }

  connect(device: PciFunction, ide: IdeStreams): void {
    const { address } = device;
    if (this.connected.has(address)) throw new TsmError('EBUSY', `${address} has a stream already`);
    const undo: (() => void)[] = [];
    try {
      this.connected.set(address, this.establish(device, ide, undo));
    } catch (error) {
      for (const one of undo.reverse()) one();
      throw errnoOf(this.platform.failure, error);
    }
  }

  disconnect({ address }: PciFunction, ide: IdeStreams): void {
    const known = this.connected.get(address);
    if (!known) return;
    this.connected.delete(address);
    this.release();
    known.connection.close();
    this.ports.get(known.stream.port)?.drop(known.streamId);
    ide.free(known.stream);
  }

  bind(device: PciFunction, tvm: string): void {
    this.need(device);
    const bound: Bound = { tvm, nonce: undefined };
    this.bound.set(device.address, bound);
    try {
      this.firmware('bind');
      if (this.platform.locksAt === 'bind') this.lock(device, bound);
    } catch (error) {
      this.unbind(device);
      throw errnoOf(this.platform.failure, error);
    }
  }

  unbind(device: PciFunction): void {
    if (!this.bound.delete(device.address)) return;
    bestEffort(() => this.stop(device));
    bestEffort(() => this.firmware('unbind'));
  }

  guestRequest(device: PciFunction, scope: number, request: Uint8Array): Uint8Array {
    const { name, argument } = decodeRequest(scope, request);
    const bound = this.bound.get(device.address);
    if (!bound) throw new TsmError('ENXIO', `${device.address} is not bound`);
    return this.run(() => this.answers[name](device, bound, argument));
  }

  evidence(device: PciFunction): DeviceEvidence {
    const { connection, generation } = this.need(device);
    const certificates = [...connection.chains].map(
      ([slot, chain]) => [`cert${String(slot)}`, chain] as const,
    );
    const objects = { ...Object.fromEntries(certificates), vca: connection.vca };
    return { generation, objects: { ...objects, measurements: this.run(() => connection.measure()) } };
  }

  /** State of an interface, as the device says. */
  state(device: PciFunction): TdiState {
    return this.run(() => tdisp.getState(this.need(device).connection.session, functionIdOf(device.address)));
  }

  /** Id of the stream that a device has; undefined while it is not connected. */
  streamOf(address: string): number | undefined {
    return this.connected.get(address)?.streamId;
  }

  /** The link of a device broke: the root port's keys are gone. Returns the id of the stream. */
  linkLost(address: string): number | undefined {
    const known = this.connected.get(address);
    if (known) this.ports.get(known.stream.port)?.drop(known.streamId);
    return known?.streamId;
  }

  private readonly answers: Readonly<
    Record<GuestRequestName, (device: PciFunction, bound: Bound, argument: number) => Uint8Array>
  > = {
    LOCK: (device, bound) => {
      // Where the host locked it already, the guest's request finds it so.
      if (!bound.nonce) this.lock(device, bound);
      return new Uint8Array(0);
    },
    START: (device, bound) => {
      if (!bound.nonce) throw new TsmError('EINVAL', `${device.address} is not locked`);
      this.firmware('accept');
      tdisp.startInterface(...this.at(device), bound.nonce);
      return new Uint8Array(0);
    },
    STOP: (device, bound) => {
      this.stop(device);
      bound.nonce = undefined;
      return new Uint8Array(0);
    },
    STATE: (device) => new TextEncoder().encode(this.state(device)),
    REPORT: (device) => tdisp.getReport(...this.at(device)),
    MEASUREMENTS: (device) => this.need(device).connection.measure(),
    VCA: (device) => this.need(device).connection.vca,
    CERTIFICATES: (device, _bound, slot) =>
      this.need(device).connection.chains.get(slot) ?? new Uint8Array(0),
  };

  private establish(device: PciFunction, ide: IdeStreams, undo: (() => void)[]): Connected {
    this.firmware('create');
    const stream = ide.alloc(device);
    if (!stream) throw new TsmError(this.platform.noStream, `no stream is free for ${device.address}`);
    undo.push(() => ide.free(stream));
    this.firmware('connect');
    const connection = this.options.open(device);
    undo.push(() => connection.close());
    const streamId = this.freeId();
    const keys = this.ports.get(stream.port) ?? new PortKeys();
    this.ports.set(stream.port, keys);
    undo.push(() => keys.drop(streamId));
    startStream(connection.session, { stream: streamId, port: 0, keySet: 0 }, keys, this.options.random);
    for (const end of [stream.port, stream.endpoint]) ide.enable(stream, end);
    ide.register(stream, streamId);
    return { connection, stream, streamId, generation: ++this.generation };
  }

  /** What the firmware does not give back is reclaimed by force, where it can be: the host is done with the device. */
  private release(): void {
    try {
      this.firmware('disconnect');
    } catch (error) {
      if (!(error instanceof TsmError)) throw error;
      if (!this.platform.forces) return;
      const { commands } = this.platform;
      bestEffort(() => commands.disconnect.forEach((one) => this.options.firmware?.(`${one} force`)));
    }
  }

  private lock(device: PciFunction, bound: Bound): void {
    this.firmware('lock');
    const { streamId } = this.need(device);
    const [session, functionId] = this.at(device);
    tdisp.getVersion(session, functionId);
    // What an earlier owner left, or an error, ends here.
    if (tdisp.getState(session, functionId) !== 'CONFIG_UNLOCKED') tdisp.stopInterface(session, functionId);
    const { lockFlags } = tdisp.getCapabilities(session, functionId);
    bound.nonce = tdisp.lockInterface(session, functionId, {
      flags: (this.options.lockFlags ?? 1) & lockFlags,
      streamId,
    });
  }

  private stop(device: PciFunction): void {
    tdisp.stopInterface(...this.at(device));
    this.firmware('unlock');
  }

  private at(device: PciFunction): [session: DeviceConnection['session'], functionId: number] {
    return [this.need(device).connection.session, functionIdOf(device.address)];
  }

  /** The connection that a function is behind: its own, or that of its function 0. */
  private need(device: PciFunction): Connected {
    for (const address of candidates(device)) {
      const known = this.connected.get(address);
      if (known) return known;
    }
    throw new TsmError('ENXIO', `${device.address} is not connected`);
  }

  /** Lowest id that no stream of this TSM has. */
  private freeId(): number {
    const taken = new Set([...this.connected.values()].map(({ streamId }) => streamId));
    for (let id = 0; id < UNUSED_ID; id++) if (!taken.has(id)) return id;
    throw new TsmError(this.platform.noStream, 'all stream ids are taken');
  }

  private firmware(verb: FirmwareVerb): void {
    for (const command of this.platform.commands[verb]) this.options.firmware?.(command);
  }

  private run<T>(action: () => T): T {
    return asErrno(this.platform.failure, action);
  }
}
