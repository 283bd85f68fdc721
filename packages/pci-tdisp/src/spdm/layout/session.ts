/** Messages that make, keep and end sessions. Spec: DSP0274. */
import { bytes, field, reserved, struct, u16le, u8 } from '@tsm/core/layout';
import { bare, header, SPEC, when, type MessageContext } from './context.ts';

const opaque = {
  opaqueLength: field(u16le, 'Bytes of the opaque data'),
  opaque: field(bytes('opaqueLength'), 'Opaque data: versions of secured messages'),
};

/** FINISH and its response have opaque data since 1.4. */
const finishOpaque = ({ version }: MessageContext) => ({
  opaqueLength: field(when(version >= 0x14, u16le, 0), 'Bytes of the opaque data (1.4)'),
  opaque: field(bytes(version >= 0x14 ? 'opaqueLength' : 0), 'Opaque data (1.4)'),
});

const SUMMARY = 'Summary: 0 none, 1 TCB, ff all';

export const KeyExchange = (context: MessageContext) =>
  struct('KeyExchange', `${SPEC}, KEY_EXCHANGE`, {
    ...header(SUMMARY, 'Slot; ff a provisioned public key'),
    requesterSessionId: field(u16le, "The requester's half of the session id"),
    sessionPolicy: field(u8, 'Bit 0 (1.2): end the session when firmware is updated'),
    reserved: field(reserved(1), 'Reserved'),
    random: field(bytes(32), 'Random data of the requester'),
    exchangeData: field(bytes(context.exchangeSize), "The requester's ephemeral public key, x‖y"),
    ...opaque,
  });

export const KeyExchangeRsp = (context: MessageContext) =>
  struct('KeyExchangeRsp', `${SPEC}, KEY_EXCHANGE`, {
    ...header('Heartbeat period in seconds; 0 none', 'Reserved'),
    responderSessionId: field(u16le, "The responder's half of the session id"),
    mutualAuth: field(u8, 'Mutual authentication: 0 none, 1, 2 with encapsulation, 4 from GET_DIGESTS on'),
    requesterSlot: field(u8, "Slot of the requester's certificates"),
    random: field(bytes(32), 'Random data of the responder'),
    exchangeData: field(bytes(context.exchangeSize), "The responder's ephemeral public key, x‖y"),
    summaryHash: field(bytes(context.requestParam1 === 0 ? 0 : context.hashSize), 'Hash over measurements'),
    ...opaque,
    signature: field(bytes(context.signatureSize), 'Over TH'),
    verifyData: field(
      bytes(context.clearHandshake ? 0 : context.hashSize),
      'HMAC over TH1; absent with the handshake in the clear',
    ),
  });

export const Finish = (context: MessageContext) =>
  struct('Finish', `${SPEC}, FINISH`, {
    ...header('Bit 0: a signature is included', "Slot of the requester's certificates"),
    ...finishOpaque(context),
    signature: field(
      bytes(({ param1 }) => ((Number(param1) & 1) === 1 ? context.requesterSignatureSize : 0)),
      'Of the requester, with mutual authentication',
    ),
    verifyData: field(bytes(context.hashSize), 'HMAC over the transcript'),
  });

export const FinishRsp = (context: MessageContext) =>
  struct('FinishRsp', `${SPEC}, FINISH`, {
    ...bare(),
    ...finishOpaque(context),
    verifyData: field(
      bytes(context.clearHandshake ? context.hashSize : 0),
      'HMAC over the transcript; only with the handshake in the clear',
    ),
  });

export const PskExchange = struct('PskExchange', `${SPEC}, PSK_EXCHANGE`, {
  ...header(SUMMARY, 'Session policy (1.2)'),
  requesterSessionId: field(u16le, "The requester's half of the session id"),
  hintLength: field(u16le, 'Bytes of the hint'),
  contextLength: field(u16le, 'Bytes of the context'),
  opaqueLength: field(u16le, 'Bytes of the opaque data'),
  hint: field(bytes('hintLength'), 'Which key'),
  context: field(bytes('contextLength'), 'Random data of the requester'),
  opaque: field(bytes('opaqueLength'), 'Opaque data: versions of secured messages'),
});

export const PskExchangeRsp = (context: MessageContext) =>
  struct('PskExchangeRsp', `${SPEC}, PSK_EXCHANGE`, {
    ...header('Heartbeat period in seconds; 0 none', 'Reserved'),
    responderSessionId: field(u16le, "The responder's half of the session id"),
    reserved: field(reserved(2), 'Reserved'),
    contextLength: field(u16le, 'Bytes of the context'),
    opaqueLength: field(u16le, 'Bytes of the opaque data'),
    summaryHash: field(bytes(context.requestParam1 === 0 ? 0 : context.hashSize), 'Hash over measurements'),
    context: field(bytes('contextLength'), 'Random data of the responder'),
    opaque: field(bytes('opaqueLength'), 'Opaque data: version of secured messages'),
    verifyData: field(bytes(context.hashSize), 'HMAC over TH1'),
  });

export const PskFinish = (context: MessageContext) =>
  struct('PskFinish', `${SPEC}, PSK_FINISH`, {
    ...bare(),
    ...finishOpaque(context),
    verifyData: field(bytes(context.hashSize), 'HMAC over the transcript'),
  });

export const PskFinishRsp = (context: MessageContext) =>
  struct('PskFinishRsp', `${SPEC}, PSK_FINISH`, { ...bare(), ...finishOpaque(context) });

export const Heartbeat = struct('Heartbeat', `${SPEC}, HEARTBEAT`, bare());

export const KEY_OPERATION = { UPDATE_KEY: 1, UPDATE_ALL_KEYS: 2, VERIFY_NEW_KEY: 3 } as const;

export const KeyUpdate = struct(
  'KeyUpdate',
  `${SPEC}, KEY_UPDATE`,
  header('Operation: 1 UpdateKey, 2 UpdateAllKeys, 3 VerifyNewKey', 'Tag, returned as it is'),
);

export const EndSession = struct(
  'EndSession',
  `${SPEC}, END_SESSION`,
  header('Bit 0: forget the negotiated state', 'Reserved'),
);
