/** The devices of a machine without files: for browsers, and for who keeps their text elsewhere. */
export {
  DeviceJournal,
  type DeviceJournalOptions,
  type DeviceStep,
  type Following,
} from './device/journal-text.ts';
export {
  DEVICE_VERBS,
  deviceKind,
  MachineDevices,
  type DeviceState,
  type DeviceVerb,
  type MadeFleet,
  type Watching,
} from './device/machine-devices.ts';
export { DeviceRecorder } from './device/recorder.ts';
