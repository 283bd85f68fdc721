/** A list of numbers that grows without a JavaScript object for each of them. */
export class Growing<T extends Uint8Array | Uint32Array> {
  length = 0;
  private items: T;
  private readonly make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.make = make;
    this.items = make(64);
  }

  push(item: number): void {
    if (this.length === this.items.length) {
      const grown = this.make(2 * this.items.length);
      grown.set(this.items);
      this.items = grown;
    }
    this.items[this.length++] = item;
  }

  at(index: number): number | undefined {
    return index < this.length ? this.items[index] : undefined;
  }

  /** A view of all items. */
  done(): T {
    return this.items.subarray(0, this.length) as T;
  }
}
