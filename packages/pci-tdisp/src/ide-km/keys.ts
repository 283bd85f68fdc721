/** Keys of selective IDE streams as a port holds them: two key sets, two directions, three sub-streams. */

export type Direction = 'RX' | 'TX';
export type SubStream = 'PR' | 'NPR' | 'CPL';
export type KeySet = 0 | 1;

export const DIRECTIONS: readonly Direction[] = ['RX', 'TX'];
export const SUB_STREAMS: readonly SubStream[] = ['PR', 'NPR', 'CPL'];

/** One of the twelve keys of a stream. */
export interface KeyPlace {
  readonly keySet: KeySet;
  readonly direction: Direction;
  readonly subStream: SubStream;
}

/** The byte that names it on the wire. */
export function placeByte({ keySet, direction, subStream }: KeyPlace): number {
  return keySet | (DIRECTIONS.indexOf(direction) << 1) | (SUB_STREAMS.indexOf(subStream) << 4);
}

/** The inverse; undefined for reserved bits, and for a sub-stream that there is not. */
export function placeOfByte(byte: number): KeyPlace | undefined {
  const subStream = SUB_STREAMS[byte >> 4];
  if (subStream === undefined || (byte & 0x0c) !== 0) return undefined;
  return { keySet: (byte & 1) === 0 ? 0 : 1, direction: (byte & 2) === 0 ? 'RX' : 'TX', subStream };
}

/** First value of the invocation field, as wire bytes: high word 0, low word 1. */
export const INITIAL_IFV: Uint8Array = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0);

/** A key between the order of AES and that of the wire (each word turned round); its own inverse. */
export function turnWords(key: Uint8Array): Uint8Array {
  return Uint8Array.from(key, (_, i) => key[(i & ~3) + 3 - (i & 3)] ?? 0);
}

interface Slot {
  readonly key: Uint8Array;
  active: boolean;
}

/** Keys of one port. */
export class PortKeys {
  private readonly streams = new Map<number, Map<number, Slot>>();

  /** Streams that have a key. */
  get ids(): readonly number[] {
    return [...this.streams.keys()].sort((a, b) => a - b);
  }

  /** Takes a key in the order of AES. False while the old one in that place is in use. */
  program(stream: number, place: KeyPlace, key: Uint8Array): boolean {
    const slots = this.streams.get(stream) ?? new Map<number, Slot>();
    if (slots.get(placeByte(place))?.active === true) return false;
    slots.set(placeByte(place), { key: key.slice(), active: false });
    this.streams.set(stream, slots);
    return true;
  }

  /** Starts to use a key; the other set's stays until it is stopped. False without a key there. */
  go(stream: number, place: KeyPlace): boolean {
    const slot = this.slot(stream, place);
    if (!slot) return false;
    slot.active = true;
    return true;
  }

  /** Stops, and forgets the key. A stream without keys is gone. False when there was no such key. */
  stop(stream: number, place: KeyPlace): boolean {
    const slots = this.streams.get(stream);
    const slot = this.slot(stream, place);
    if (!slots || !slot) return false;
    slot.key.fill(0);
    slots.delete(placeByte(place));
    if (slots.size === 0) this.streams.delete(stream);
    return true;
  }

  /** Of one place, in the order of AES. */
  key(stream: number, place: KeyPlace): Uint8Array | undefined {
    return this.slot(stream, place)?.key.slice();
  }

  /** Are all six keys of one set in use? */
  isSecure(stream: number): boolean {
    const complete = (keySet: KeySet): boolean =>
      DIRECTIONS.every((direction) =>
        SUB_STREAMS.every(
          (subStream) => this.slot(stream, { keySet, direction, subStream })?.active === true,
        ),
      );
    return complete(0) || complete(1);
  }

  /** Forgets the keys of one stream. */
  drop(stream: number): void {
    for (const { key } of this.streams.get(stream)?.values() ?? []) key.fill(0);
    this.streams.delete(stream);
  }

  /** Forgets everything. */
  clear(): void {
    for (const stream of this.ids) this.drop(stream);
  }

  private slot(stream: number, place: KeyPlace): Slot | undefined {
    return this.streams.get(stream)?.get(placeByte(place));
  }
}
