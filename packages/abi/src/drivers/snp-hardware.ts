/** What the SEV guest driver calls: guest messages to the secure processor, and the SVSM (GHCB 56421; SVSM 58019). */
import { TsmError, type Model, type ReportBlobs, type ReportRequest } from '@tsm/core';

/** Status of MSG_REPORT_RSP (AMD 56860, §7.3). */
export const REPORT_STATUS = { ok: 0, invalidParameters: 0x16, invalidKeySelection: 0x27 } as const;

/** One try of a guest message. */
export type GuestMessage =
  /** `status` of the response; blobs with status 0. */
  | { readonly kind: 'answer'; readonly status: number; readonly blobs: ReportBlobs }
  /** The host throttles: try again. */
  | { readonly kind: 'busy' }
  /** The response does not decrypt: from then on the message key may not be used. */
  | { readonly kind: 'undecodable' };

/** One call of the SVSM's attestation protocol. */
export type ServiceAnswer =
  | { readonly kind: 'answer'; readonly blobs: ReportBlobs }
  /** The buffers were too small. */
  | { readonly kind: 'bigger' };

export interface SnpHardware {
  /** MSG_REPORT_REQ at the request's level. What the model refuses passes through. */
  readonly message: (request: ReportRequest) => GuestMessage;
  /** SVSM_ATTEST_SERVICES, or with a GUID SVSM_ATTEST_SINGLE_SERVICE. */
  readonly services: (request: ReportRequest) => ServiceAnswer;
}

/** The model refuses a level as the secure processor does: with a status. */
export function snpHardware(report: NonNullable<Model['report']>): SnpHardware {
  return {
    message(request) {
      try {
        return { kind: 'answer', status: REPORT_STATUS.ok, blobs: report(request) };
      } catch (error) {
        if (!(error instanceof TsmError) || error.code !== 'EINVAL') throw error;
        return {
          kind: 'answer',
          status: REPORT_STATUS.invalidParameters,
          blobs: { outblob: new Uint8Array(0) },
        };
      }
    },
    services: (request) => ({ kind: 'answer', blobs: report(request) }),
  };
}
