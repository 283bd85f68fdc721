/** What stands on an SPDM session: IDE_KM, TDISP and other vendor-defined protocols, on either side. */

/** Who defines a protocol (DSP0274, VENDOR_DEFINED: StandardID and VendorID). */
export interface VendorDefinedId {
  /** Registry of the vendor: 3 is PCI-SIG. */
  readonly standardId: number;
  /** Vendor in that registry, in wire order. */
  readonly vendorId: Uint8Array;
}

/** PCI-SIG itself. */
export const PCI_VENDOR: VendorDefinedId = { standardId: 3, vendorId: Uint8Array.of(1, 0) };

/** Protocol id in the first payload byte of a PCI-SIG vendor-defined message (PCIe 6.1 §6.31.3). */
export const PCI_PROTOCOL = { IDE_KM: 0, TDISP: 1 } as const;

/**
 * Answers one request of a PCI-SIG protocol. `payload` is what follows the protocol byte; so is the result.
 * `sessionId` is undefined for a request outside of any session. `undefined` means: no such request here, and the
 * responder sends ERROR(InvalidRequest). It does not throw on data.
 */
export type VendorDefinedHandler = (
  payload: Uint8Array,
  sessionId: number | undefined,
) => Uint8Array | undefined;

/** One established session, from the requester's side. Every call is one request and its response. */
export interface SpdmSession {
  /** RspSessionID in the upper 16 bits, ReqSessionID in the lower (DSP0274, KEY_EXCHANGE). */
  readonly id: number;
  /** False from END_SESSION on, and after an error that ended the session. */
  readonly alive: boolean;
  /**
   * Sends one request of a PCI-SIG protocol and gives what follows the protocol byte of the response.
   * An ERROR, a broken record or a session that is over is a TsmError (`spdm.*`, `secured.*`).
   */
  send(protocol: number, payload: Uint8Array): Uint8Array;
}
