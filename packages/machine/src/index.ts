/** A running simulated TVM over any provider: boot, extend, log, report, journal. */
export { bootFirmware, type BootEvent } from './boot.ts';
export {
  formatEntry,
  launchOf,
  parseJournal,
  type Created,
  type Extended,
  type Journal,
  type JournalEntry,
  type Logged,
} from './journal.ts';
export { LoggedRegisters, type Change, type Planned } from './registers.ts';
export { sampleBoot } from './sample-boot.ts';
export { openMachine, type MachineTools } from './simulated.ts';
