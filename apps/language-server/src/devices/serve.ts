/** Answers the requests about devices and captures; tells when somebody else did something to a device. */
import { TsmError, utf8Text } from '@tsm/core';
import { deviceKind } from '@tsm/host/devices';
import {
  decodeCapture,
  decodeRun,
  parseSecrets,
  PLATFORMS,
  verifyDevice,
  type PlatformName,
  type SpdmCrypto,
} from '@tsm/pci-tdisp';
import { problemView } from '../documents/tree-view.ts';
import { verdictView } from '../documents/verdict.ts';
import { fromBase64 } from '../machines/base64.ts';
import { answer, type Channel } from '../machines/channel.ts';
import { platformOf } from '../machines/describe.ts';
import type { MachineStore } from '../machines/store.ts';
import type { DevicesView, TraceView } from '../protocol/devices.ts';
import type { Params, Requests, Result, Source } from '../protocol/requests.ts';
import { Recording } from './recording.ts';
import { traceView } from './trace.ts';

export interface DeviceHost {
  readonly store: MachineStore;
  /** Content of a file by its URI; ENOENT. */
  read(uri: string): Promise<Uint8Array>;
  readonly now: () => Date;
  readonly random: (length: number) => Uint8Array;
  /** Default: portable. Signatures must be the same each time. */
  readonly crypto?: SpdmCrypto;
}

type DeviceMethod = Extract<keyof Requests, `tsm/machine/device${string}` | 'tsm/spdm/decode'>;
type Handlers = { readonly [M in DeviceMethod]: (params: Params<M>) => Promise<Result<M>> };

const SEED = 32;

export class Devices {
  private readonly host: DeviceHost;
  private readonly tell: (machine: string) => void;
  private readonly recordings = new Map<string, Recording>();
  /** What was decoded last of each device, and of which text. */
  private readonly traces = new Map<string, { readonly text: string; readonly trace: TraceView }>();

  constructor(host: DeviceHost, tell: (machine: string) => void) {
    this.host = host;
    this.tell = tell;
  }

  /** To call when files of the machine changed: tells whether what is done to its devices is among it. */
  changed(name: string): void {
    if (this.recordings.get(name)?.isBehind === true) this.tell(name);
  }

  async list(id: string): Promise<DevicesView> {
    const platform = await this.platformOf(id);
    if (!platform) return { platform: null, devices: [] };
    const all = this.recording(id, platform).now();
    const devices = all.functions.map((one) => {
      const now = all.stateOf(one);
      const { address, connected, stream, secure, locked, accepted, state } = now;
      const verbs = all.verbsOf(address);
      const kind = deviceKind(now);
      return { address, kind, connected, stream, secure, locked, accepted, state, verbs };
    });
    return { platform: PLATFORMS[platform].title, devices };
  }

  async act({ id, device, verb }: Params<'tsm/machine/device/do'>): Promise<Result<'tsm/machine/device/do'>> {
    const { recording } = await this.open(id);
    recording.act(verb, device);
    this.tell(id);
    return this.list(id);
  }

  async trace(id: string, device: string): Promise<Result<'tsm/machine/device/trace'>> {
    const { recording, platform } = await this.open(id);
    const { objects, secrets, steps } = recording.run(device);
    const key = `${id}/${device}`;
    const known = this.traces.get(key);
    // Decoding takes a while, and clients ask after each change of the machine.
    if (known?.text === recording.seen) return known.trace;
    const run = decodeRun(objects, { secrets, ...this.crypto });
    const trace = traceView(run, PLATFORMS[platform].agent, steps);
    this.traces.set(key, { text: recording.seen, trace });
    return trace;
  }

  async verdict(id: string, address: string): Promise<Result<'tsm/machine/device/verdict'>> {
    const { recording } = await this.open(id);
    const all = recording.copy();
    const device = all.function(address);
    const { objects: signed } = all.fleet.host.evidence(device);
    const { report } = all.fleet.guest.evidence(device).objects;
    const objects = report ? { ...signed, report } : signed;
    const now = this.host.now();
    const trustAnchors = [all.fleet.authority.root];
    const verdict = await verifyDevice(objects, { now, trustAnchors, ...this.crypto });
    return verdictView(verdict, address, now);
  }

  async decode({ source, secrets: from }: Params<'tsm/spdm/decode'>): Promise<Result<'tsm/spdm/decode'>> {
    const { secrets, issues: bad } = from ? parseSecrets(utf8Text(await this.read(from))) : { issues: [] };
    if (from && !secrets) throw new TsmError('EINVAL', bad[0]?.message ?? 'these are no secrets of a run');
    const bytes = await this.read(source);
    const capture = decodeCapture(bytes, { ...this.crypto, ...(secrets ? { secrets } : {}) });
    return { ...traceView(capture), problems: capture.issues.map(problemView) };
  }

  private async read(source: Source): Promise<Uint8Array> {
    return 'uri' in source ? this.host.read(source.uri) : fromBase64(source.base64);
  }

  private get crypto(): { readonly crypto?: SpdmCrypto } {
    const { crypto } = this.host;
    return crypto ? { crypto } : {};
  }

  private async platformOf(id: string): Promise<PlatformName | undefined> {
    return platformOf(await this.host.store.open(id));
  }

  private async open(id: string): Promise<{ recording: Recording; platform: PlatformName }> {
    const platform = await this.platformOf(id);
    if (platform) return { recording: this.recording(id, platform), platform };
    throw new TsmError('EOPNOTSUPP', `${id} has no simulated devices`);
  }

  private recording(id: string, platform: PlatformName): Recording {
    const found = this.recordings.get(id);
    if (found?.platform === platform) return found;
    const { crypto, now, random, store } = this.host;
    const make = () => ({ platform, seed: random(SEED), now: now() });
    const recording = new Recording(platform, store.devices(id), make, crypto);
    this.recordings.set(id, recording);
    return recording;
  }
}

export function serveDevices(channel: Channel, devices: Devices): void {
  const handlers: Handlers = {
    'tsm/machine/devices': ({ id }) => devices.list(id),
    'tsm/machine/device/do': (params) => devices.act(params),
    'tsm/machine/device/trace': ({ id, device }) => devices.trace(id, device),
    'tsm/machine/device/verdict': ({ id, device }) => devices.verdict(id, device),
    'tsm/spdm/decode': (params) => devices.decode(params),
  };
  for (const [method, handler] of Object.entries(handlers)) answer(channel, method, handler);
}
