/** Certificate chains of one side as DIGESTS and CERTIFICATE messages give them. */
import { concat } from '@tsm/core';
import { decode } from '@tsm/core/layout';
import { Certificate, Digests, GetCertificate } from './layout/authentication.ts';
import type { MessageContext } from './layout/context.ts';

export class PeerChains {
  /** Digest of the certificate chain by slot. */
  readonly digests = new Map<number, Uint8Array>();
  /** Certificate chains by slot, complete ones. */
  readonly chains = new Map<number, Uint8Array>();
  /** Provisioned slots, a bit each, by the last DIGESTS. */
  provisioned = 0;
  /** The last DIGESTS. */
  message: Uint8Array = new Uint8Array(0);
  private readonly portions = new Map<number, Uint8Array>();

  noteDigests(response: Uint8Array, context: MessageContext): void {
    const { value } = decode(Digests(context), response);
    if (!value) return;
    this.message = response;
    this.provisioned = value.param2;
    this.digests.clear();
    let next = 0;
    for (let slot = 0; slot < 8; slot++) {
      if (((value.param2 >> slot) & 1) === 0) continue;
      const digest = value.digests[next++];
      if (digest) this.digests.set(slot, digest);
    }
  }

  noteCertificate(request: Uint8Array, response: Uint8Array, context: MessageContext): void {
    const asked = decode(GetCertificate(context), request).value;
    const given = decode(Certificate(context), response).value;
    if (!asked || !given || (asked.param2 & 1) === 1) return;
    const slot = asked.param1 & 15;
    const offset = asked.offset + asked.largeOffset;
    const held = offset === 0 ? new Uint8Array(0) : this.portions.get(slot);
    if (held?.length !== offset) return;
    const chain = concat(held, given.chain);
    this.portions.set(slot, chain);
    if (given.remainder + given.largeRemainder === 0) this.chains.set(slot, chain);
  }
}
