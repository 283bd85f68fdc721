/** The posting of 2024: one TSM, functions that are IDLE, INIT or CONNECT, beside the kernel's own CMA. */
import { TsmError, type IdeStreams, type LinkTsm, type PciFunction } from '@tsm/core';
import { errno } from '../errno.ts';
import type { PciBus } from './bus.ts';
import { parseBool, sameLine } from './parse.ts';

/** How a link is protected: hop by hop, or end to end through switches. */
export type ConnectMode = 'link' | 'selective';

export interface SingletonDriver {
  readonly link: LinkTsm;
  /** Device that the TSM is, below `/sys/devices`; absent where it is software: then `host` is a directory. */
  readonly host?: string;
  /** Whether it can do link IDE. Default: no. */
  readonly linkCapable?: boolean;
  /** Selective streams that it has. */
  readonly selectiveStreams: number;
}

/** The kernel's native CMA: authenticates a function by itself, with no TSM. */
export type NativeCma = (device: PciFunction) => boolean;

type State = 'IDLE' | 'INIT' | 'CONNECT';

interface Known {
  state: State;
  mode: ConnectMode;
  /** Whether CMA/SPDM was set up at all, and its last session authenticated the device. */
  readonly cma: boolean;
  native: boolean;
}

export class SingletonTsm {
  private readonly bus: PciBus;
  private readonly ide: IdeStreams;
  private readonly known = new Map<string, Known>();
  private readonly authenticate: NativeCma;
  private registered: SingletonDriver | undefined;

  constructor(bus: PciBus, ide: IdeStreams, authenticate: NativeCma = () => false) {
    this.bus = bus;
    this.ide = ide;
    this.authenticate = authenticate;
    bus.onAdd((device) => {
      const native = device.mailbox && this.authenticate(device);
      this.known.set(device.address, { state: 'IDLE', mode: 'selective', cma: device.mailbox, native });
      this.init(device);
    });
    bus.onRemove(({ address }) => {
      this.release(address);
      this.known.delete(address);
    });
  }

  get driver(): SingletonDriver | undefined {
    return this.registered;
  }

  /** `EBUSY` beside another. Returns the undo, which disconnects what is connected. */
  register(driver: SingletonDriver): () => void {
    if (this.registered) throw errno('EBUSY', 'there is a tsm0 already');
    this.registered = driver;
    for (const device of this.bus.functions) this.init(device);
    return () => {
      if (this.registered !== driver) return;
      for (const { address } of [...this.bus.functions].reverse()) this.release(address);
      this.registered = undefined;
    };
  }

  /** IDLE: `tsm/` is not shown. */
  state(address: string): State {
    return this.known.get(address)?.state ?? 'IDLE';
  }

  /** Whether `authenticated` is shown. */
  canAuthenticate(address: string): boolean {
    return this.known.get(address)?.cma ?? false;
  }

  /** `none`, `native` or `tsm`. */
  authenticated(address: string): string {
    const { state, native } = this.need(address);
    if (state === 'CONNECT') return 'tsm';
    return native ? 'native' : 'none';
  }

  /** A write to `authenticated`: authenticates anew. */
  reauthenticate(address: string, text: string): void {
    const known = this.need(address);
    if (!sameLine(text, 'native')) throw errno('EINVAL', `expected native, got ${JSON.stringify(text)}`);
    if (known.state === 'CONNECT') throw errno('EBUSY', `the TSM authenticated ${address}`);
    const device = this.bus.find(address);
    if (!known.cma || !device) throw errno('ENOTTY', `${address} has no CMA`);
    known.native = this.authenticate(device);
  }

  /** A write to `tsm/connect`; the state it is in already is success. */
  connect(address: string, text: string): void {
    const wanted = parseBool(text);
    const known = this.need(address);
    if (!wanted) {
      this.disconnect(address);
      return;
    }
    if (known.state === 'CONNECT') return;
    const device = this.bus.find(address);
    if (known.state === 'IDLE' || !known.native || !device)
      throw errno('ENXIO', `${address} is not authenticated: CMA comes before the TSM`);
    try {
      this.registered?.link.connect(device, this.ide);
    } catch (error) {
      if (!(error instanceof TsmError)) throw error;
      throw errno('EIO', `${address}: ${error.message}`);
    }
    known.state = 'CONNECT';
  }

  /** `link [selective]`: the one in use in brackets. */
  mode(address: string): string {
    const { mode } = this.need(address);
    return mode === 'link' ? '[link] selective' : 'link [selective]';
  }

  setMode(address: string, text: string): void {
    const known = this.need(address);
    if (known.state === 'CONNECT') throw errno('EBUSY', `${address} is connected`);
    const mode = (['link', 'selective'] as const).find((one) => sameLine(text, one));
    if (!mode) throw errno('EINVAL', `expected link or selective, got ${JSON.stringify(text)}`);
    if (mode === 'link' && this.registered?.linkCapable !== true)
      throw errno('EOPNOTSUPP', 'this TSM has no link IDE');
    known.mode = mode;
  }

  private init(device: PciFunction): void {
    const known = this.known.get(device.address);
    if (
      known?.state === 'IDLE' &&
      device.physical === undefined &&
      this.registered?.link.probe(device) === true
    )
      known.state = 'INIT';
  }

  private disconnect(address: string): void {
    const known = this.need(address);
    const device = this.bus.find(address);
    if (known.state !== 'CONNECT' || !device) return;
    this.registered?.link.disconnect(device, this.ide);
    known.state = 'INIT';
  }

  private release(address: string): void {
    this.disconnect(address);
    const known = this.known.get(address);
    if (known) known.state = 'IDLE';
  }

  private need(address: string): Known {
    const known = this.known.get(address);
    if (!known) throw errno('ENODEV', `there is no function ${address}`);
    return known;
  }
}
