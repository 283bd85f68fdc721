/** The issues of the decoded data: each leads to its bytes. */
import type { Problem } from '@tsm/language-server/protocol';
import { byId, h, hexOffset, t } from './page.ts';

export function showProblems(problems: readonly Problem[], choose: (problem: Problem) => void): void {
  const lines = problems.map((problem) => {
    const text = `${problem.severity}: ${problem.message} (${t('byte {0}', hexOffset(problem.offset))})`;
    const button = h('button', { type: 'button' }, text);
    button.addEventListener('click', () => choose(problem));
    return h('li', {}, button);
  });
  byId('problems').replaceChildren(...lines);
}
