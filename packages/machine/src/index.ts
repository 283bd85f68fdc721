/** A running simulated TVM over any provider: boot, extend, log, report, journal. */
export { bootFirmware, type BootEvent } from './boot.ts';
export type { MachineTools } from './core.ts';
export {
  decodeJournal,
  formatEntry,
  launchOf,
  parseJournal,
  privateJournal,
  type Created,
  type DecodedJournal,
  type Entry,
  type Extended,
  type Journal,
  type JournalEntry,
  type Logged,
  type Tagged,
} from './journal.ts';
export { LoggedRegisters, type Change, type Planned } from './registers.ts';
export { sampleBoot } from './sample-boot.ts';
export { openSharedMachine, type SharedMachine } from './shared.ts';
export { machineOf, openMachine } from './simulated.ts';
