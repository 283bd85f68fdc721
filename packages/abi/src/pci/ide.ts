/** Selective IDE streams: indices at host bridge, root port and endpoint, and ids by host bridge (drivers/pci/ide.c). */
import type { IdeStream, IdeStreams, PciFunction } from '@tsm/core';
import { errno } from '../errno.ts';
import type { PciBus } from './bus.ts';

/** Streams of a host bridge that says nothing else. */
const DEFAULT_POOL = 256;
/** Highest stream id. It parks streams that are not used, and can be given like any other. */
const MAX_ID = 255;

interface Allocated {
  readonly stream: IdeStream;
  readonly bridge: string;
  /** Index at host bridge, root port and endpoint. */
  readonly places: readonly (readonly [place: string, index: number])[];
  id: number | undefined;
  readonly secure: Set<string>;
}

function lowestFree(taken: ReadonlySet<number>, limit: number): number | undefined {
  for (let index = 0; index < limit; index++) if (!taken.has(index)) return index;
  return undefined;
}

export class IdeCore implements IdeStreams {
  private readonly bus: PciBus;
  private readonly pools = new Map<string, number>();
  private readonly taken = new Map<string, Set<number>>();
  private readonly allocated = new Map<IdeStream, Allocated>();
  /** Whether a port reports the secure state once its stream is on. A test, or a link that broke, may say no. */
  secures: (address: string) => boolean = () => true;

  constructor(bus: PciBus) {
    this.bus = bus;
  }

  /** How many streams a host bridge has. A RangeError for a number that is not 0 to 256. */
  setPool(bridge: string, streams: number): void {
    if (!Number.isInteger(streams) || streams < 0 || streams > DEFAULT_POOL)
      throw new RangeError(
        `${bridge}: expected 0 to ${String(DEFAULT_POOL)} streams, got ${String(streams)}`,
      );
    this.pools.set(bridge, streams);
  }

  pool(bridge: string): number {
    return this.pools.get(bridge) ?? DEFAULT_POOL;
  }

  /** Streams that are left at a host bridge. */
  available(bridge: string): number {
    return Math.max(0, this.pool(bridge) - (this.taken.get(bridge)?.size ?? 0));
  }

  /** Streams that have an id, by host bridge. */
  registered(bridge: string): readonly IdeStream[] {
    const own = [...this.allocated.values()].filter((one) => one.bridge === bridge && one.id !== undefined);
    return own.map(({ stream }) => stream);
  }

  alloc(device: PciFunction): IdeStream | undefined {
    const port = this.bus.rootPort(device);
    if (!port || device.streams === 0) return undefined;
    const bridge = this.bus.hostBridge(device);
    const limits = [
      [bridge, this.pool(bridge)],
      [port.address, port.streams],
      [device.address, device.streams],
    ] as const;
    const places: (readonly [string, number])[] = [];
    for (const [place, limit] of limits) {
      const index = lowestFree(this.taken.get(place) ?? new Set(), limit);
      if (index === undefined) return undefined;
      places.push([place, index]);
    }
    for (const [place, index] of places) {
      const indices = this.taken.get(place) ?? new Set();
      this.taken.set(place, indices.add(index));
    }
    const name = `stream${places.map(([, index]) => String(index)).join('.')}`;
    const stream = { endpoint: device.address, port: port.address, name };
    this.allocated.set(stream, { stream, bridge, places, id: undefined, secure: new Set() });
    return stream;
  }

  register(stream: IdeStream, id: number): void {
    const own = this.need(stream);
    if (!Number.isInteger(id) || id < 0 || id > MAX_ID)
      throw errno('ENXIO', `stream id ${String(id)}: expected 0 to ${String(MAX_ID)}`);
    const others = [...this.allocated.values()].filter((one) => one !== own && one.bridge === own.bridge);
    if (others.some((one) => one.id === id))
      throw errno('EBUSY', `${own.bridge} has a stream with id ${String(id)}`);
    own.id = id;
  }

  enable(stream: IdeStream, address: string): void {
    const own = this.need(stream);
    if (address !== stream.endpoint && address !== stream.port)
      throw errno(
        'EINVAL',
        `${stream.name} is between ${stream.port} and ${stream.endpoint}, not at ${address}`,
      );
    if (!this.secures(address)) throw errno('ENXIO', `${address}: ${stream.name} is not in the secure state`);
    own.secure.add(address);
  }

  /** Whether both ends of a stream are protected. */
  isSecure(stream: IdeStream): boolean {
    return this.allocated.get(stream)?.secure.size === 2;
  }

  free(stream: IdeStream): void {
    for (const [place, index] of this.allocated.get(stream)?.places ?? [])
      this.taken.get(place)?.delete(index);
    this.allocated.delete(stream);
  }

  private need(stream: IdeStream): Allocated {
    const own = this.allocated.get(stream);
    if (!own) throw errno('EINVAL', `${stream.name} is not allocated`);
    return own;
  }
}
