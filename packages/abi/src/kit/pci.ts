/** PCI functions for the cases of group J, a TSM driver that remembers what it was asked, and a function's files. */
import { utf8Text, type DevsecTsm, type IdeStream, type LinkTsm, type PciFunction } from '@tsm/core';
import { errno } from '../errno.ts';
import type { PciHost } from '../pci/host.ts';
import { insideOf, readFile, writeFile } from './report-item.ts';
import type { KitFiles, Subject } from './model.ts';

const PORT = '0000:00:01.0';
export const FUNCTION_0 = '0000:01:00.0';
export const FUNCTION_1 = '0000:01:00.1';
export const VIRTUAL = '0000:01:00.2';
/** Can do IDE, and has no mailbox for SPDM. */
export const SILENT = '0000:02:00.0';
export const BRIDGE = '/sys/devices/pci0000:00';

const COMMON = {
  vendor: 0x1af4,
  device: 0x1041,
  classCode: 0x02_00_00,
  streams: 0,
  tee: true,
  mailbox: false,
};

const BUS: readonly PciFunction[] = [
  { ...COMMON, address: PORT, kind: 'root-port', classCode: 0x06_04_00, streams: 4, tee: false },
  { ...COMMON, address: '0000:00:02.0', kind: 'root-port', classCode: 0x06_04_00, streams: 4, tee: false },
  { ...COMMON, address: FUNCTION_0, kind: 'endpoint', parent: PORT, streams: 1, mailbox: true },
  { ...COMMON, address: FUNCTION_1, kind: 'endpoint', parent: PORT },
  { ...COMMON, address: VIRTUAL, kind: 'endpoint', parent: PORT, physical: FUNCTION_0 },
  { ...COMMON, address: SILENT, kind: 'endpoint', parent: '0000:00:02.0', streams: 1, tee: false },
];

/** Text of files of one function. */
export class DeviceFiles {
  readonly path: string;
  private readonly files: KitFiles;

  constructor(files: KitFiles, address: string) {
    this.files = files;
    this.path = `/sys/bus/pci/devices/${address}`;
  }

  async text(name: string): Promise<string> {
    return utf8Text(await readFile(this.files, `${this.path}/${name}`));
  }

  async put(name: string, text: string): Promise<void> {
    await writeFile(this.files, `${this.path}/${name}`, text);
  }

  /** Files of the function's `tsm/`, sorted, and `authenticated`; nothing where there is no such directory. */
  async shown(): Promise<string[]> {
    const top = await this.files.list(this.path);
    const group = top.includes('tsm') ? await this.files.list(`${this.path}/tsm`) : [];
    return [...group, ...top.filter((name) => name === 'authenticated')].sort();
  }
}

export interface PciSubject {
  readonly files: KitFiles;
  readonly pci: PciHost;
  readonly of: (address: string) => DeviceFiles;
}

/** The functions above on the bus of a subject. */
export function withBus(subject: Subject): PciSubject {
  const { pci } = insideOf(subject).guest;
  for (const one of BUS) pci.bus.add(one);
  return { files: subject.files, pci, of: (address) => new DeviceFiles(subject.files, address) };
}

/** A TSM of the host that does what it is told, with a stream for each connection where one is free. */
export class ScriptedLink implements LinkTsm {
  readonly calls: string[] = [];
  /** Why the next connect fails. */
  failure: string | undefined;
  private readonly streams = new Map<string, IdeStream>();
  private nextId = 0;

  probe({ address, physical, mailbox }: PciFunction): boolean {
    return mailbox || physical !== undefined || !address.endsWith('.0');
  }

  connect(device: PciFunction, ide: Parameters<LinkTsm['connect']>[1]): void {
    this.calls.push(`connect ${device.address}`);
    if (this.failure !== undefined) throw errno('EIO', this.failure);
    const stream = ide.alloc(device);
    if (!stream) return;
    ide.register(stream, this.nextId++);
    this.streams.set(device.address, stream);
  }

  disconnect(device: PciFunction, ide: Parameters<LinkTsm['connect']>[1]): void {
    this.calls.push(`disconnect ${device.address}`);
    const stream = this.streams.get(device.address);
    if (stream) ide.free(stream);
    this.streams.delete(device.address);
  }

  bind({ address }: PciFunction): void {
    this.calls.push(`bind ${address}`);
  }

  unbind({ address }: PciFunction): void {
    this.calls.push(`unbind ${address}`);
  }

  guestRequest(_device: PciFunction, _scope: number, request: Uint8Array): Uint8Array {
    return request;
  }
}

/** A TSM of the guest that takes everything. */
export class ScriptedDevsec implements DevsecTsm {
  /** Of the evidence that it holds; 0 for none. */
  generation = 0;
  readonly calls: string[] = [];

  lock({ address }: PciFunction): void {
    this.calls.push(`lock ${address}`);
    this.generation++;
  }

  unlock({ address }: PciFunction): void {
    this.calls.push(`unlock ${address}`);
  }

  accept({ address }: PciFunction): void {
    this.calls.push(`accept ${address}`);
  }

  evidence(): ReturnType<NonNullable<DevsecTsm['evidence']>> {
    const objects = {
      cert0: Uint8Array.of(0x30, 0),
      measurements: Uint8Array.of(0x11),
      report: new Uint8Array(20),
    };
    return { generation: this.generation, objects };
  }
}
