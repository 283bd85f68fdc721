/** Where the text that a machine's devices follow is kept. */

export interface DeviceText {
  /** Such as its path, for messages. */
  readonly path: string;
  /** Empty where nothing was done to a device yet. */
  read(): string;
  /** Keeps other writers out until `step` is over. */
  update<T>(step: (text: string, append: (lines: string) => void) => T): T;
}

/** One that lives as long as the server. */
export class MemoryText implements DeviceText {
  readonly path: string;
  private text = '';

  constructor(path: string) {
    this.path = path;
  }

  read(): string {
    return this.text;
  }

  update<T>(step: (text: string, append: (lines: string) => void) => T): T {
    return step(this.text, (lines) => {
      this.text += lines;
    });
  }
}
