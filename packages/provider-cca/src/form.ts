/** The outer form of CCA tokens. Spec: DEN0137 A7.2.2; draft-ietf-rats-msg-wrap (CMW). */

export const TAG = {
  /** CCA token, before CMW collections. */
  CCA_TOKEN: 399,
  /** CMW collection. */
  CMW_COLLECTION: 907,
} as const;

/** Keys of the two tokens in the map. */
export const LABEL = { platform: 44234, realm: 44241 } as const;

export type TokenRole = keyof typeof LABEL;

/** CoAP content format of application/eat+cwt, which is the type of both tokens in a CMW collection. */
export const CONTENT_FORMAT = 263;
export const MEDIA_TYPE = 'application/eat+cwt';
