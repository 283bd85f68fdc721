/** The issues of the decoded data: each leads to its bytes. */
import type { Problem } from '@tsm/language-server/protocol';
import { byId, h, hexOffset } from './page.ts';

export function showProblems(problems: readonly Problem[], choose: (problem: Problem) => void): void {
  const lines = problems.map((problem) => {
    const text = `${problem.severity}: ${problem.message} (byte ${hexOffset(problem.offset)})`;
    const button = h('button', { type: 'button' }, text);
    button.addEventListener('click', () => choose(problem));
    return h('li', {}, button);
  });
  byId('problems').replaceChildren(...lines);
}
