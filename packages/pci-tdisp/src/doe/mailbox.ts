/** A DOE mailbox in configuration space: registers, status and error bits, abort. Spec: PCIe 6.1 §7.9.24. */
import { concatAll } from '@tsm/core';
import { decodeDoe } from './object.ts';

/** Offsets from the extended capability. */
export const DOE_REGISTER = {
  HEADER: 0x00,
  CAPABILITIES: 0x04,
  CONTROL: 0x08,
  STATUS: 0x0c,
  WRITE: 0x10,
  READ: 0x14,
} as const;

export const DOE_CONTROL = { ABORT: 1 << 0, INTERRUPT_ENABLE: 1 << 1, GO: 1 << 31 } as const;
export const DOE_STATUS = { BUSY: 1 << 0, INTERRUPT: 1 << 1, ERROR: 1 << 2, READY: 1 << 31 } as const;

/** Extended capability id 0x002E, version 1, no next capability. */
const CAPABILITY_HEADER = 0x0001_002e;
/** The most that may be written before GO: the largest object. */
const MAX_DWORDS = 0x40000;

/**
 * One mailbox of a function. `answer` gets one data object and gives one, or undefined when the object is discarded: then
 * nothing becomes ready, and the requester's time runs out.
 */
export class DoeMailbox {
  private written: number[] = [];
  private object: Uint8Array | undefined;
  private at = 0;
  private error = false;
  private interrupt = false;
  private interruptEnable = false;
  private readonly answer: (object: Uint8Array) => Uint8Array | undefined;

  constructor(answer: (object: Uint8Array) => Uint8Array | undefined) {
    this.answer = answer;
  }

  /** One double word at this offset; registers that are not there read as zero. */
  read(offset: number): number {
    switch (offset) {
      case DOE_REGISTER.HEADER:
        return CAPABILITY_HEADER;
      case DOE_REGISTER.CAPABILITIES:
        return 1; // interrupt support
      case DOE_REGISTER.CONTROL:
        return this.interruptEnable ? DOE_CONTROL.INTERRUPT_ENABLE : 0;
      case DOE_REGISTER.STATUS:
        return this.status();
      case DOE_REGISTER.READ:
        return this.object ? dword(this.object, this.at) : 0;
      default:
        return 0;
    }
  }

  write(offset: number, value: number): void {
    if (offset === DOE_REGISTER.CONTROL) this.control(value);
    else if (offset === DOE_REGISTER.STATUS) this.interrupt &&= (value & DOE_STATUS.INTERRUPT) === 0;
    else if (offset === DOE_REGISTER.WRITE) this.put(value);
    else if (offset === DOE_REGISTER.READ) this.next();
  }

  private status(): number {
    const { BUSY, INTERRUPT, ERROR, READY } = DOE_STATUS;
    const bits =
      (this.object ? BUSY | READY : 0) | (this.error ? ERROR : 0) | (this.interrupt ? INTERRUPT : 0);
    return bits >>> 0;
  }

  private control(value: number): void {
    this.interruptEnable = (value & DOE_CONTROL.INTERRUPT_ENABLE) !== 0;
    if ((value & DOE_CONTROL.ABORT) !== 0) {
      this.written = [];
      this.object = undefined;
      this.at = 0;
      this.error = false;
    } else if ((value & DOE_CONTROL.GO) !== 0) this.go();
  }

  private put(value: number): void {
    // Writing while an answer is read, or more than an object can be, is the requester's error.
    if (this.object || this.written.length >= MAX_DWORDS) this.fail();
    else this.written.push(value >>> 0);
  }

  private go(): void {
    if (this.error || this.object) {
      this.fail();
      return;
    }
    const request = bytesOf(this.written);
    this.written = [];
    const { length } = decodeDoe(request);
    if (length !== request.length) {
      this.fail();
      return;
    }
    this.object = this.answer(request);
    this.at = 0;
    if (this.object && this.interruptEnable) this.interrupt = true;
  }

  /** Any write to the read mailbox takes the present double word away. */
  private next(): void {
    if (!this.object) {
      this.fail();
      return;
    }
    this.at += 4;
    if (this.at >= this.object.length) this.object = undefined;
  }

  private fail(): void {
    this.error = true;
    this.interrupt ||= this.interruptEnable;
  }
}

function dword(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}

function bytesOf(dwords: readonly number[]): Uint8Array {
  return concatAll(
    dwords.map((value) => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, true);
      return bytes;
    }),
  );
}

/** How often {@link mailboxTransfer} looks for an answer before it aborts. */
const POLLS = 1000;

/** The requester's side: writes an object, sets GO, and reads the answer; undefined after an error or without an answer. */
export function mailboxTransfer(
  mailbox: Pick<DoeMailbox, 'read' | 'write'>,
  object: Uint8Array,
  wait: () => void = () => undefined,
): Uint8Array | undefined {
  const { CONTROL, STATUS, WRITE } = DOE_REGISTER;
  for (let at = 0; at < object.length; at += 4) mailbox.write(WRITE, dword(object, at));
  mailbox.write(CONTROL, DOE_CONTROL.GO);
  for (let polls = 0; polls < POLLS; polls++) {
    const status = mailbox.read(STATUS);
    if ((status & DOE_STATUS.ERROR) !== 0) break;
    if ((status & DOE_STATUS.READY) !== 0) return readAll(mailbox);
    wait();
  }
  mailbox.write(CONTROL, DOE_CONTROL.ABORT);
  return undefined;
}

function readAll(mailbox: Pick<DoeMailbox, 'read' | 'write'>): Uint8Array {
  const dwords: number[] = [];
  while ((mailbox.read(DOE_REGISTER.STATUS) & DOE_STATUS.READY) !== 0) {
    dwords.push(mailbox.read(DOE_REGISTER.READ));
    mailbox.write(DOE_REGISTER.READ, 0);
  }
  return bytesOf(dwords);
}
