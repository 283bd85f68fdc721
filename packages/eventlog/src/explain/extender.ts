/** Extends that start from any value: the one primitive of the search. Nothing is allocated for an extend. */
import { type AlgorithmName, type Chain, type Digests } from '@tsm/core';

/** Extends, and how many there were. */
export class Extender {
  spent = 0;
  private readonly digests: Digests;
  private readonly algorithm: AlgorithmName;
  private readonly size: number;
  private chain: Chain;

  constructor(digests: Digests, algorithm: AlgorithmName, start: Uint8Array) {
    this.digests = digests;
    this.algorithm = algorithm;
    this.size = start.length;
    this.chain = digests.chain(algorithm, start);
  }

  /** Goes on from this value. */
  set(state: Uint8Array): void {
    if (this.chain.reset) this.chain.reset(state);
    else this.chain = this.digests.chain(this.algorithm, state);
  }

  /** Extends by the digests with the numbers `from`…`to` − 1 of a row of digests. */
  run(row: Uint8Array, from: number, to: number): void {
    if (to <= from) return;
    const { chain, size } = this;
    if (chain.run) chain.run(row, from * size, to - from);
    else for (let at = from * size; at < to * size; at += size) chain.extend(row, at);
    this.spent += to - from;
  }

  value(): Uint8Array {
    return this.chain.value();
  }
}
