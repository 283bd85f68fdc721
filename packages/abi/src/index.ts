/** The Linux TSM ABI as a virtual file tree over models of confidential VMs. */
export { RwLock, VirtualClock, type Clock } from './clock.ts';
export { containerTree, type ContainerOptions } from './container.ts';
export { ccaDriver, realmServices, type RealmServices } from './drivers/cca.ts';
export { driverFor, type DriverOptions, type HardwareWrappers } from './drivers/choose.ts';
export type { DriverSetting, GuestDriver } from './drivers/driver.ts';
export { sampleMeasurements } from './drivers/sample.ts';
export {
  REPORT_STATUS,
  snpHardware,
  type GuestMessage,
  type ServiceAnswer,
  type SnpHardware,
} from './drivers/snp-hardware.ts';
export { SNP_GET_EXT_REPORT, SNP_GET_REPORT } from './drivers/snp-ioctl.ts';
export { snpDriver } from './drivers/snp.ts';
export {
  QUOTE_STATUS,
  TDCALL_STATUS,
  TdcallError,
  tdxHardware,
  type QuoteBuffer,
  type TdxHardware,
} from './drivers/tdx-hardware.ts';
export { TDX_CMD_GET_REPORT0, tdxDriver, type TdxDriverOptions } from './drivers/tdx.ts';
export { ERRNO, errno, errnoOf, type Errno } from './errno.ts';
export { CCEL_PATH, createGuest, REPORT_PATH, type Guest, type GuestOptions } from './guest.ts';
export { checkStart } from './golden-start.ts';
export { parseUint } from './integer.ts';
export { ABI_ISSUES } from './issues.ts';
export type { Access, DirectoryNode, FileNode, LinkNode, Node, OpenFile, UserMemory } from './node.ts';
export { PciBus } from './pci/bus.ts';
export {
  dumpEvidence,
  EVIDENCE_DIGEST,
  EVIDENCE_TYPES,
  type EvidenceObject,
  type EvidenceRequest,
  type EvidenceTools,
} from './pci/evidence-dump.ts';
export type { PciHost } from './pci/host.ts';
export { IdeCore } from './pci/ide.ts';
export { SingletonTsm, type ConnectMode, type NativeCma, type SingletonDriver } from './pci/rfc-2024.ts';
export { TsmCore, type ClassDevice, type TsmContext, type TsmDriver } from './pci/tsm-core.ts';
export {
  DEFAULT_PROFILE,
  isProfileName,
  PROFILE_NAMES,
  profileOf,
  type PciView,
  type Profile,
  type ProfileName,
  type RegisterView,
  type ReportRevision,
  type TdxRevision,
} from './profiles.ts';
export { BANK_FLAGS, BankRegistry, type BankMeasurements } from './registers/banks.ts';
export { MeasurementGroup } from './registers/group.ts';
export {
  HASH_NAMES,
  measurementSource,
  MR_FLAGS,
  type KernelMeasurements,
  type KernelRegister,
} from './registers/kernel.ts';
export { splitFirmwareLog } from './registers/firmware-log.ts';
export { UNIFIED_ROOTS, type UnifiedRoot } from './registers/unified.ts';
export { AbiTree, ROOT, type Attributes, type Entry, type Opened } from './tree.ts';
