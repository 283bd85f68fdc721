/** Details of what makes, keeps and ends sessions: halves of the session id, periods, operations. */
import { printable, toHex, utf8Text } from '@tsm/core';
import type { Infer } from '@tsm/core/layout';
import { KEY_OPERATION } from '../spdm/layout/session.ts';
import type {
  EndSession,
  Finish,
  KeyExchange,
  KeyExchangeRsp,
  KeyUpdate,
  PskExchange,
  PskExchangeRsp,
} from '../spdm/layout/session.ts';
import { summaryText } from './authentication.ts';
import { hex, listed, slotText, type Value, type Words } from './words.ts';

const half = (side: 'Req' | 'Rsp', id: number): string => `${side}SessionID ${hex(id, 4)}`;
const heartbeat = (seconds: number): string | false => seconds > 0 && `heartbeat ${String(seconds)} s`;

const MUTUAL: Readonly<Record<number, string>> = {
  1: 'mutual authentication',
  2: 'mutual authentication, encapsulated',
  4: 'mutual authentication from GET_DIGESTS on',
};

const keyExchange = ({ param1, param2, requesterSessionId }: Value<typeof KeyExchange>): string =>
  listed(slotText(param2), half('Req', requesterSessionId), summaryText(param1));

const keyExchangeRsp = ({ param1, mutualAuth, responderSessionId }: Value<typeof KeyExchangeRsp>): string =>
  listed(half('Rsp', responderSessionId), heartbeat(param1), MUTUAL[mutualAuth]);

const finish = ({ param1, param2 }: Value<typeof Finish>): string =>
  (param1 & 1) === 1 ? `signed by ${slotText(param2)}` : '';

/** A hint is often a C string. */
function hintText(hint: Uint8Array): string {
  const text = utf8Text(hint).replace(/\0$/, '');
  return printable(text) === text && !text.includes('\0') ? JSON.stringify(text) : toHex(hint);
}

const pskExchange = ({ hint, param1, requesterSessionId }: Infer<typeof PskExchange>): string =>
  listed(half('Req', requesterSessionId), hint.length > 0 && `hint ${hintText(hint)}`, summaryText(param1));

const pskExchangeRsp = ({ param1, responderSessionId }: Value<typeof PskExchangeRsp>): string =>
  listed(half('Rsp', responderSessionId), heartbeat(param1));

const OPERATIONS: Readonly<Record<number, string>> = {
  [KEY_OPERATION.UPDATE_KEY]: 'UpdateKey',
  [KEY_OPERATION.UPDATE_ALL_KEYS]: 'UpdateAllKeys',
  [KEY_OPERATION.VERIFY_NEW_KEY]: 'VerifyNewKey',
};
export const operationText = (operation: number): string => OPERATIONS[operation] ?? hex(operation);

const keyUpdate = ({ param1, param2 }: Infer<typeof KeyUpdate>): string =>
  listed(operationText(param1), `tag ${hex(param2)}`);

const endSession = ({ param1 }: Infer<typeof EndSession>): string =>
  (param1 & 1) === 1 ? 'clears the negotiated state' : '';

export const SESSION: readonly (readonly [number, Words])[] = [
  [0xe4, keyExchange],
  [0x64, keyExchangeRsp],
  [0xe5, finish],
  [0xe6, pskExchange],
  [0x66, pskExchangeRsp],
  [0xe9, keyUpdate],
  [0x69, keyUpdate],
  [0xec, endSession],
];
