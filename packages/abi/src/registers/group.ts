/** The registers of one device as the library of the guest drivers keeps them (drivers/virt/coco/guest/tsm-mr.c). */
import { registerAddress, type MeasurementSource, type RegisterSpec } from '@tsm/core';
import { RwLock, type Clock } from '../clock.ts';
import { errno } from '../errno.ts';

/** One flag and one lock for all: a write to any register makes the next read of a live one refresh them all. */
export class MeasurementGroup {
  readonly source: MeasurementSource;
  private readonly lock: RwLock;
  private inSync = false;

  constructor(source: MeasurementSource, clock: Clock) {
    this.source = source;
    this.lock = new RwLock(clock);
  }

  get registers(): readonly RegisterSpec[] {
    return this.source.registers;
  }

  /** The value; errors of the refresh pass through, and the next read tries again. */
  read(register: RegisterSpec): Uint8Array {
    const value = (): Uint8Array => this.source.read(this.address(register));
    const copies = this.source.refresh !== undefined;
    if (!register.live || this.inSync || !copies) return this.lock.read(value);
    return this.lock.write(() => {
      this.source.refresh?.();
      this.inSync = true;
      return value();
    });
  }

  /** `EINVAL` for another size than the register's. A refused write leaves what was in sync so. */
  write(register: RegisterSpec, value: Uint8Array): void {
    checkSize(register, value);
    this.lock.write(() => {
      this.source.extend(this.address(register), value);
      this.inSync = false;
    });
  }

  /** Something else extended the hardware: the next read of a live register refreshes them all. */
  changed(): void {
    this.inSync = false;
  }

  /** Writes all or none; `EOPNOTSUPP` where the hardware cannot. */
  writeAll(values: readonly (readonly [RegisterSpec, Uint8Array])[]): void {
    if (!this.source.extendAll) throw errno('EOPNOTSUPP', 'banks cannot be extended together here');
    for (const [register, value] of values) checkSize(register, value);
    this.lock.write(() => {
      this.source.extendAll?.(values.map(([register, value]) => [this.address(register), value]));
      this.inSync = false;
    });
  }

  /** As the source knows it. */
  address(register: RegisterSpec): string {
    return registerAddress(this.registers, register);
  }
}

function checkSize({ name, size }: RegisterSpec, value: Uint8Array): void {
  if (value.length !== size)
    throw errno('EINVAL', `${name}: expected ${String(size)} bytes, got ${String(value.length)}`);
}
