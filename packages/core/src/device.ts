/** PCI functions as the bus finds them, and what a TSM driver does with them (kernel include/linux/pci-tsm.h). */

/** TDISP states of a TEE device interface (PCIe 6.1 §11.2). */
export type TdiState = 'CONFIG_UNLOCKED' | 'CONFIG_LOCKED' | 'RUN' | 'ERROR';

/** Device/Port type of the PCI Express capability (PCIe 6.1 §7.5.3.2). */
export type PciKind =
  'endpoint' | 'root-complex-endpoint' | 'root-port' | 'upstream-port' | 'downstream-port';

/** One function in configuration space. */
export interface PciFunction {
  /** Domain, bus, device, function: `0000:01:00.0`. */
  readonly address: string;
  readonly kind: PciKind;
  readonly vendor: number;
  readonly device: number;
  /** 24 bits: base class, sub-class, programming interface. */
  readonly classCode: number;
  /** Address of the port above; absent on a root bus. */
  readonly parent?: string;
  /** Address of the physical function, of a virtual one. */
  readonly physical?: string;
  /** Selective IDE streams that it can hold; 0 without the IDE capability. */
  readonly streams: number;
  /** TEE-I/O Supported of the device capabilities. */
  readonly tee: boolean;
  /** Whether a DOE mailbox speaks CMA/SPDM. */
  readonly mailbox: boolean;
}

/** A selective IDE stream between a root port and an endpoint (struct pci_ide). */
export interface IdeStream {
  /** Address of the endpoint. */
  readonly endpoint: string;
  /** Address of the root port. */
  readonly port: string;
  /** `stream<H>.<R>.<E>`: the indices at host bridge, root port and endpoint. */
  readonly name: string;
}

/** drivers/pci/ide.c. Refusals are a TsmError with an errno name. */
export interface IdeStreams {
  /** A free stream at host bridge, root port and endpoint at once; undefined where one of them has none. */
  alloc(device: PciFunction): IdeStream | undefined;
  /** Gives the stream its id: `ENXIO` outside 0 to 255, `EBUSY` when the host bridge has that id. */
  register(stream: IdeStream, id: number): void;
  /** Switches protection on at one end: `EINVAL` for a function that is neither, `ENXIO` when it does not become secure. */
  enable(stream: IdeStream, address: string): void;
  /** Takes the stream down, whatever was done with it. */
  free(stream: IdeStream): void;
}

/** Certificates, measurements and report of a device as the TSM collected them; a higher generation is newer. */
export interface DeviceEvidence {
  readonly generation: number;
  /** By name: `cert0` to `cert7`, `vca`, `measurements`, `report`. */
  readonly objects: Readonly<Record<string, Uint8Array>>;
}

/** A TSM of the host: it authenticates devices, protects their links and assigns their interfaces. Refusals are a TsmError. */
export interface LinkTsm {
  /** Does the driver know what to do with this function? */
  probe(device: PciFunction): boolean;
  /** SPDM session, IDE keys and a selective stream. */
  connect(device: PciFunction, ide: IdeStreams): void;
  /** Cannot be refused: whatever the device says, the host is done with it. */
  disconnect(device: PciFunction, ide: IdeStreams): void;
  /** Gives the interface to a TVM. `id` is what the TVM calls the device. */
  bind(device: PciFunction, tvm: string, id: number): void;
  /** Cannot be refused. */
  unbind(device: PciFunction): void;
  /** Forwards a request of the TVM that has the interface. Scopes: 0 information, 1 change of state. */
  guestRequest(device: PciFunction, scope: number, request: Uint8Array): Uint8Array;
  evidence?(device: PciFunction): DeviceEvidence;
}

/** A TSM of the guest: it locks an assigned interface and accepts it into the TVM. Refusals are a TsmError. */
export interface DevsecTsm {
  lock(device: PciFunction): void;
  /** Cannot be refused. */
  unlock(device: PciFunction): void;
  accept(device: PciFunction): void;
  evidence?(device: PciFunction): DeviceEvidence;
}
