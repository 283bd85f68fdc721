/** Device security over PCI: DOE, SPDM, secured messages, IDE_KM, TDISP and the TSM verbs. */
export { answerDiscovery, discoveryRequest, SPDM_PROTOCOLS, type DoeProtocol } from './doe/discovery.ts';
export { DiscoveryRequest, DiscoveryResponse, DOE_TYPE, DoeHeader, PCI_SIG } from './doe/layout.ts';
export { DOE_CONTROL, DOE_REGISTER, DOE_STATUS, DoeMailbox, mailboxTransfer } from './doe/mailbox.ts';
export {
  decodeDoe,
  DOE_BODY_MAX,
  DoeStream,
  encodeDoe,
  type DecodedDoe,
  type DoeObject,
} from './doe/object.ts';
export {
  encodeFrame,
  FrameStream,
  SOCKET_COMMAND,
  SOCKET_PCI_DOE,
  SocketFrame,
  type Frame,
} from './doe/socket-frame.ts';
export { SPDM_ISSUES } from './issues.ts';
export { RecordChannel, SecuredContent, SecuredRecord, sessionOf } from './secured/record.ts';
export { AEADS, ASYMS, DHES, HASHES, type AsymAlgorithm, type SpdmHash } from './spdm/algorithms.ts';
export { CAPABILITY, type Capability } from './spdm/capabilities.ts';
export { encodeChain, readChain, splitCertificates, type SpdmChain } from './spdm/certificate-chain.ts';
export { messageName, REQUEST, SPDM_ERROR, SPDM_VERSIONS, versionText } from './spdm/codes.ts';
export { Connection, type DecodedMessage } from './spdm/connection.ts';
export type { EphemeralKey, RandomBytes, SpdmCrypto } from './spdm/crypto.ts';
export { KeySchedule, type DataKeys, type DirectionKeys, type HandshakeKeys } from './spdm/key-schedule.ts';
export { VendorDefinedRequest } from './spdm/layout/exchange.ts';
export { MESSAGES } from './spdm/layout/index.ts';
export type { MeasuredBlock } from './spdm/measurement.ts';
export { portableSpdmCrypto } from './spdm/portable-crypto.ts';
export { readPublicKey, type SpdmPublicKey } from './spdm/public-key.ts';
export { answerAll } from './spdm/requester/encapsulated.ts';
export { drive, driveAsync, type AsyncTransport, type Flow, type Transport } from './spdm/requester/flow.ts';
export { REQUESTER_CAPABILITIES, type RequesterOptions } from './spdm/requester/options.ts';
export { Requester, type MeasurementRequest, type MeasurementResult } from './spdm/requester/requester.ts';
export {
  endSession,
  heartbeat,
  openPskSession,
  openSession,
  sessionOver,
  updateKeys,
  vendorDefined,
  type KeyExchangeRequest,
} from './spdm/requester/sessions.ts';
export {
  RESPONDER_CAPABILITIES,
  type AlgorithmNames,
  type MutualAuth,
  type PreSharedKey,
  type ResponderOptions,
  type SlotIdentity,
  type SpdmMeasurement,
} from './spdm/responder/options.ts';
export { Responder } from './spdm/responder/responder.ts';
export type { SessionState } from './spdm/session-state.ts';
export {
  PCI_PROTOCOL,
  PCI_VENDOR,
  type SpdmSession,
  type VendorDefinedHandler,
  type VendorDefinedId,
} from './spdm/session.ts';
export { encodeCapture, LINKTYPE_PCI_DOE, readCapture, type Capture, type Packet } from './trace/capture.ts';
export { decodeCapture, decodeRun, type CaptureOptions, type DecodedCapture } from './trace/decode.ts';
export type { ObservedMessage, Side, Violation } from './trace/observed.ts';
export type { MessageText } from './detail/message.ts';
export { Recorder, replayRun } from './trace/recorder.ts';
export { parseSecrets, type Secrets, type SessionSecrets } from './trace/secrets.ts';
export {
  IDE_KM,
  IdeKmKeyProg,
  IdeKmKeyProgAck,
  IdeKmKeySet,
  IdeKmQuery,
  IdeKmQueryResponse,
  KP_STATUS,
} from './ide-km/messages.ts';
export { placeByte, placeOfByte, PortKeys, turnWords, type KeyPlace, type KeySet } from './ide-km/keys.ts';
export {
  programKey,
  queryPort,
  refreshStream,
  startStream,
  stopStream,
  type IdeKmSession,
  type IdeKmStream,
} from './ide-km/requester.ts';
export { IdeKmResponder, type IdePort } from './ide-km/responder.ts';
export {
  INTERFACE_INFO,
  LOCK_FLAG,
  RANGE_ATTRIBUTE,
  TDI_STATES,
  TDISP_ERROR,
  TDISP_REQUEST,
  TDISP_VERSION,
  type TdispErrorName,
  type TdispRequestName,
} from './tdisp/codes.ts';
export { Tdi, type Lock, type TdiConfiguration } from './tdisp/interface.ts';
export { TDISP_LAYOUTS, TdispError, TdispHeader } from './tdisp/messages.ts';
export { InterfaceReport, MmioRange } from './tdisp/report.ts';
export {
  bindP2pStream,
  getCapabilities,
  getReport,
  getState,
  getVersion,
  lockInterface,
  sendVdm,
  setMmioAttribute,
  startInterface,
  stopInterface,
  unbindP2pStream,
  type LockRequest,
  type TdispSession,
} from './tdisp/requester.ts';
export { TdispResponder, type TdispOptions } from './tdisp/responder.ts';
export { TDI_EVENTS, TDI_TRANSITIONS, type TdiEvent } from './tdisp/states.ts';
export { SessionBinding } from './tsm/binding.ts';
export { DeviceModel, type DeviceOptions } from './tsm/device.ts';
export { functionIdOf } from './platform/address.ts';
export { GuestTsm, type AskHost } from './platform/guest.ts';
export { HostTsm, type HostTsmOptions } from './platform/host.ts';
export { encodeRequest, GUEST_REQUEST, SCOPE, type GuestRequestName } from './platform/requests.ts';
export {
  PLATFORM_NAMES,
  PLATFORM_OF_PROVIDER,
  PLATFORMS,
  type FirmwareVerb,
  type Platform,
  type PlatformName,
} from './platform/table.ts';
export type { DeviceConnection, OpenDevice } from './tsm/connection.ts';
export { openWithoutSpdm } from './tsm/without-spdm.ts';
export { faultySevTio, type FirmwareFaults } from './platform/faulty-firmware.ts';
export { checkBinding, evidenceBinding, type BoundDevice } from './evidence/binding.ts';
export { compositeVerdict } from './evidence/composite.ts';
export { measurementsOf } from './evidence/exchange.ts';
export { verifyDevice, type VerifyDeviceOptions } from './evidence/verify.ts';
export {
  createFleet,
  functionAt,
  SAMPLE_BUS,
  SAMPLE_MEASUREMENTS,
  type Fleet,
  type FleetOptions,
} from './platform/fleet.ts';
export { deviceAuthority, type DeviceAuthority } from './platform/identity.ts';
export { OPEN_PHASES, openDevice, openOverSpdm, type OpenOptions, type OpenPhase } from './tsm/open.ts';
export { seededBytes } from './tsm/random.ts';
export { SimulatedDevice, type SimulatedDeviceOptions } from './tsm/simulated-device.ts';
export { pciMessageName } from './detail/pci.ts';
