/** Time as an argument: what a driver waits on, and the locks that make one caller wait for another. */

/** Milliseconds from any fixed point. */
export interface Clock {
  now(): number;
  /** Waits. False when a signal ended the wait early. */
  sleep(milliseconds: number): boolean;
}

/** A clock on which waiting takes no time: every wait moves it on at once. */
export class VirtualClock implements Clock {
  /** Time of the caller that runs now; set it to go on as another one. */
  time = 0;
  /** When a signal comes, or undefined. */
  signalAt: number | undefined;

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number): boolean {
    const end = this.time + milliseconds;
    if (this.signalAt !== undefined && this.signalAt < end) {
      this.time = Math.max(this.time, this.signalAt);
      this.signalAt = undefined;
      return false;
    }
    this.time = end;
    return true;
  }
}

/**
 * A reader-writer lock (kernel rw_semaphore). Callers run one after another, so nobody finds it held; on a virtual clock
 * a caller that came while another held it goes on when that one was done.
 */
export class RwLock {
  private readersUntil = 0;
  private writersUntil = 0;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  read<T>(action: () => T): T {
    this.waitUntil(this.writersUntil);
    try {
      return action();
    } finally {
      this.readersUntil = Math.max(this.readersUntil, this.clock.now());
    }
  }

  write<T>(action: () => T): T {
    this.waitUntil(Math.max(this.writersUntil, this.readersUntil));
    try {
      return action();
    } finally {
      this.writersUntil = this.clock.now();
    }
  }

  private waitUntil(time: number): void {
    const wait = time - this.clock.now();
    if (wait > 0) this.clock.sleep(wait);
  }
}
