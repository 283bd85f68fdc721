/** What both pages stand on: making elements, and talking to the extension. */
import type { FromPage, ToPage } from '../webview-messages.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  getState(): unknown;
  setState(state: unknown): void;
};

const api = acquireVsCodeApi();

export const send = (message: FromPage): void => {
  api.postMessage(message);
};

/** Calls back for each message; the extension is told that the page listens. */
export function listen(handle: (message: ToPage) => void): void {
  addEventListener('message', (event: MessageEvent<ToPage>) => {
    handle(event.data);
  });
  send({ kind: 'ready' });
}

/** Translations that the extension wrote into the page, by the English text. */
const texts = JSON.parse(document.body.dataset['texts'] ?? '{}') as Readonly<Record<string, string>>;

/** A text in the language of the editor; `{0}` stands for the first value. */
export function t(text: string, ...values: readonly (string | number)[]): string {
  return (texts[text] ?? text).replace(/\{(\d+)\}/g, (_, at: string) => String(values[Number(at)] ?? ''));
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and children; text is never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}

/** Says something to people who do not see the page. */
export function announce(text: string): void {
  byId('status').textContent = text;
}

/** A long value, shortened in the middle; the whole is in the title. */
export function short(hex: string): string {
  return hex.length <= 16 ? hex : `${hex.slice(0, 6)}…${hex.slice(-6)}`;
}

export const hexOffset = (offset: number): string => `0x${offset.toString(16)}`;

export const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
