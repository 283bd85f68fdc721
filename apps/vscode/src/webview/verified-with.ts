/** The bar on top of evidence: the date, the collateral, the policy and the log that it is verified with. */
import type { VerifiedWith, WithFiles } from '../webview-messages.ts';
import { onDrop } from './drop.ts';
import { announce, byId, send, t } from './page.ts';

const PARTS: readonly VerifiedWith[] = ['collateral', 'policy', 'log'];

/** The first day in a text, as ISO 8601 has it. */
const dayIn = (text: string): string | undefined => /\d{4}-\d{2}-\d{2}/.exec(text)?.[0];

export class VerifiedWithBar {
  private readonly at = byId('at') as HTMLInputElement;
  /** What the buttons say while nothing is chosen. */
  private readonly titles = new Map(PARTS.map((what) => [what, byId(what).textContent]));

  constructor() {
    const verifyAt = (at: string): void => send({ kind: 'verify', at });
    this.at.addEventListener('change', () => verifyAt(this.at.value));
    for (const element of document.querySelectorAll<HTMLElement>('[data-drop]')) {
      const what = PARTS.find((part) => part === element.dataset['drop']);
      onDrop(element, (files, text) => {
        const day = dayIn(text);
        if (what && files.length > 0) send({ kind: 'dropped', what, files });
        else if (!what && day !== undefined) verifyAt(day);
        else announce(what ? t('no file was dropped') : t('no date was dropped'));
      });
    }
    for (const what of PARTS) {
      byId(what).addEventListener('click', () => send({ kind: 'pick', what }));
      byId(`${what}-clear`).addEventListener('click', () => {
        send({ kind: 'clear', what });
        byId(what).focus();
      });
    }
  }

  showDate(at: string): void {
    this.at.value = at.slice(0, 10);
  }

  show({ collateral, chosen, trustAnchors, policy, log }: WithFiles): void {
    const roots =
      trustAnchors.length === 0 ? t('the vendor’s roots') : t('own roots: {0}', trustAnchors.join(', '));
    const files =
      collateral.length === 1 ? t('1 file of collateral') : t('{0} files of collateral', collateral.length);
    byId('files').textContent = `${files} · ${roots}`;
    byId('files').title = [...collateral, ...trustAnchors].join('\n');
    const names = { collateral: chosen ? collateral.join(', ') : undefined, policy, log };
    for (const what of PARTS) {
      const name = names[what];
      const title = this.titles.get(what) ?? '';
      byId(what).textContent = name === undefined ? title : `${title.replace('…', '')}: ${name}`;
      byId(`${what}-clear`).hidden = name === undefined;
    }
  }
}
