/** Everything of TSM that touches the computer: fast digests, searches on all cores, and simulated machines on disk. */
export { nodeSpdmCrypto } from './device/crypto.ts';
export { slotIdentity } from './device/identity.ts';
export { DeviceFile, withDevices } from './device/journal.ts';
export { DeviceRecorder } from './device/recorder.ts';
export {
  DEVICE_VERBS,
  deviceKind,
  MachineDevices,
  type DeviceState,
  type DeviceVerb,
  type MadeFleet,
  type Watching,
} from './device/machine-devices.ts';
export {
  connectSpdmPeer,
  serveSpdm,
  type PeerAddress,
  type SpdmPeer,
  type SpdmServer,
  type SpdmServerOptions,
} from './device/socket.ts';
export { nodeDigests } from './digests.ts';
export { coreCount, explainOnCores, type ExplainOnCores } from './explain.ts';
export { treeTarget, type TreeTarget } from './kit/tree-target.ts';
export { openLive, type LiveOptions } from './live/index.ts';
export type { LiveMachine } from './live/machine.ts';
export type { LogSource, Question } from './explain-messages.ts';
export type { Graft } from './mount/grafts.ts';
export type { Presented, Served } from './mount/messages.ts';
export { mountMachine, type Mounted, type MountOptions } from './mount/mount.ts';
export { runInMachine, type CommandEnd, type RunOptions } from './mount/run.ts';
export { serveState, type ServeOptions, type Serving } from './serve/serve.ts';
export { socketOf } from './serve/socket.ts';
export { nodeSigner } from './signer.ts';
export { JournalFile } from './state/journal-file.ts';
export { openJournal, openMachineFile, type OpenedJournal } from './state/open.ts';
export type { Salvaged } from './state/salvage.ts';
export { defaultStateDirectory, StateDirectory, type ProviderLookup } from './state/state-directory.ts';
export { nodeVerifier } from './verifier.ts';
