/** The four platforms as data: what one set of verbs is called there, and where the answers differ. */

/** Verbs that reach the firmware. */
export type FirmwareVerb =
  'create' | 'connect' | 'disconnect' | 'bind' | 'unbind' | 'lock' | 'accept' | 'unlock';

export interface Platform {
  readonly title: string;
  /** What holds the session and the keys. */
  readonly agent: string;
  /** Parent of the class device below `/sys/devices`. */
  readonly parent: string;
  /** Commands of the firmware by verb; none where the verb is nothing to it. */
  readonly commands: Readonly<Record<FirmwareVerb, readonly string[]>>;
  /** Whether the host locks an interface when it binds it, or only when the guest asks. */
  readonly locksAt: 'bind' | 'lock';
  /** What is answered when the device or the firmware fails. */
  readonly failure: 'EIO' | 'EINVAL';
  /** What is answered when no stream is free. */
  readonly noStream: 'EFAULT' | 'EBUSY';
  /** Whether a disconnect that the firmware refuses is tried again by force. */
  readonly forces: boolean;
}

const NONE: readonly string[] = [];

export const PLATFORMS = {
  'tdx-connect': {
    ...{ title: 'Intel TDX Connect', agent: 'TDX module', parent: 'faux/tdx_host' },
    commands: {
      create: ['TDH.SPDM.CREATE'],
      connect: ['TDH.SPDM.CONNECT', 'TDH.IDE.STREAM.CREATE', 'TDH.IDE.STREAM.KM'],
      disconnect: ['TDH.IDE.STREAM.DELETE', 'TDH.SPDM.DISCONNECT', 'TDH.SPDM.DELETE'],
      bind: ['TDH.DEVIF.CREATE'],
      unbind: ['TDH.DEVIF.REMOVE'],
      ...{ lock: ['TDH.DEVIF.REQUEST'], accept: ['TDH.DEVIF.REQUEST'], unlock: ['TDH.DEVIF.REQUEST'] },
    },
    ...{ locksAt: 'bind', failure: 'EIO', noStream: 'EBUSY', forces: false },
  },
  'sev-tio': {
    ...{ title: 'AMD SEV-TIO', agent: 'ASP firmware', parent: 'pci0000:60/0000:60:08.1/0000:61:00.5' },
    commands: {
      create: ['DEV_CREATE'],
      connect: ['DEV_CONNECT'],
      disconnect: ['DEV_DISCONNECT'],
      bind: ['TDI_CREATE', 'TDI_BIND'],
      unbind: ['TDI_UNBIND', 'TDI_RECLAIM'],
      ...{ lock: NONE, accept: ['TIO_GUEST_REQUEST'], unlock: ['TIO_GUEST_REQUEST'] },
    },
    ...{ locksAt: 'bind', failure: 'EIO', noStream: 'EFAULT', forces: true },
  },
  'cca-da': {
    ...{ title: 'Arm CCA Device Assignment', agent: 'RMM', parent: 'platform/arm-rmm' },
    commands: {
      create: ['RMI_PDEV_CREATE'],
      connect: ['RMI_PDEV_COMMUNICATE'],
      disconnect: ['RMI_PDEV_STOP', 'RMI_PDEV_COMMUNICATE', 'RMI_PDEV_DESTROY'],
      bind: ['RMI_VDEV_CREATE'],
      unbind: ['RMI_VDEV_UNLOCK', 'RMI_VDEV_DESTROY'],
      lock: ['RMI_VDEV_LOCK', 'RMI_VDEV_COMMUNICATE'],
      accept: ['RMI_VDEV_START', 'RMI_VDEV_COMMUNICATE'],
      unlock: ['RMI_VDEV_UNLOCK', 'RMI_VDEV_COMMUNICATE'],
    },
    ...{ locksAt: 'lock', failure: 'EIO', noStream: 'EBUSY', forces: false },
  },
  // The names of the RISC-V functions are not settled: the verbs stand for them.
  'cove-io': {
    ...{ title: 'RISC-V CoVE-IO', agent: 'TSM', parent: 'platform/cove-tsm' },
    commands: {
      ...{
        create: NONE,
        connect: ['connect'],
        disconnect: ['disconnect'],
        bind: ['bind'],
        unbind: ['unbind'],
      },
      ...{ lock: ['lock'], accept: ['start'], unlock: ['stop'] },
    },
    ...{ locksAt: 'lock', failure: 'EIO', noStream: 'EBUSY', forces: false },
  },
} as const satisfies Readonly<Record<string, Platform>>;

export type PlatformName = keyof typeof PLATFORMS;
export const PLATFORM_NAMES = Object.keys(PLATFORMS) as readonly PlatformName[];

/** The platform of a machine by the id of its provider. */
export const PLATFORM_OF_PROVIDER: Readonly<Record<string, PlatformName>> = {
  ...{ tdx: 'tdx-connect', snp: 'sev-tio', cca: 'cca-da', cove: 'cove-io' },
};
