import { expect, it } from 'vitest';
import { NEW_PROBE, type ProbeMemory, type Verdict, answerOf, remember } from './memory.ts';

const VERDICTS: Readonly<Record<string, Verdict>> = { '+': 'success', '-': 'failure', '?': 'unknown' };
const LETTERS: Readonly<Record<ProbeMemory['standing'], string>> = { new: 'n', well: 'w', failing: 'f', unknown: 'u' };

const answer = (letter: string) => ({ verdict: VERDICTS[letter] ?? 'unknown', message: letter });

/** How it stands after each answer. */
function standings(answers: string, failureThreshold: number, successThreshold: number): string {
  let memory = NEW_PROBE;
  return answers
    .split('')
    .map((letter) => {
      memory = remember(memory, answer(letter), { failureThreshold, successThreshold });
      return LETTERS[memory.standing];
    })
    .join('');
}

it.each([
  // The kubelet's: 3 failures in a row, 1 success.
  [3, 1, '+++', 'www', 'is well from the first success on'],
  [3, 1, '+--+--', 'wwwwww', 'bears less than three failures in a row'],
  [3, 1, '+---', 'wwwf', 'fails with the third'],
  [3, 1, '---', 'nnf', 'is not known before, when it begins so'],
  [3, 1, '+---+', 'wwwfw', 'is well again with one success'],
  [1, 1, '-+-', 'fwf', 'takes each at its word where the operator says so'],
  [3, 2, '---+-++', 'nnffffw', 'needs two successes in a row where the operator says so'],
  [3, 2, '+', 'n', 'needs them at first, too'],
  // The third answer.
  [3, 1, '???', 'nnu', 'is unknown at once or later, never well'],
  [3, 1, '+???', 'wwwu', 'is unknown after three'],
  [3, 1, '+-?-', 'wwwu', 'is unknown after three that have no success among them'],
  [3, 1, '+---?-', 'wwwfff', 'goes on failing where some cannot be told'],
  [3, 1, '+---???', 'wwwfffu', 'fails no more where none can be told'],
  [3, 1, '+---???-', 'wwwfffuu', 'and does not fail again before that is certain'],
  [3, 1, '+---???---', 'wwwfffuuuf', 'which takes three'],
  [3, 1, '+???+', 'wwwuw', 'is well again with one success'],
])('with thresholds %i and %i %s gives %s: it %s', (failures, successes, answers, expected) => {
  expect(standings(answers, failures, successes)).toBe(expected);
});

it('is looked at again at once where a change has to be confirmed', () => {
  let memory = NEW_PROBE;
  const turned = '+---+???+'.split('').map((letter) => {
    memory = remember(memory, answer(letter), { failureThreshold: 3, successThreshold: 1 });
    return memory.hasTurned;
  });
  expect(turned).toEqual([false, false, false, true, true, false, false, true, true]);
});

it('remembers that it was failing for as long as that was not seen to be over', () => {
  let memory = NEW_PROBE;
  const failing = '---???+'.split('').map((letter) => {
    memory = remember(memory, answer(letter), { failureThreshold: 3, successThreshold: 1 });
    return memory.wasFailing;
  });
  expect(failing).toEqual([false, false, true, true, true, true, false]);
});

it('counts no failure of what may still be starting, and every one once it was well', () => {
  const thresholds = { failureThreshold: 2, successThreshold: 1 };
  let memory = NEW_PROBE;
  for (const letter of '----') memory = remember(memory, answer(letter), thresholds, false);
  expect(memory).toMatchObject({ standing: 'new', failures: 4 });
  for (const letter of '+--') memory = remember(memory, answer(letter), thresholds, false);
  expect(memory).toMatchObject({ standing: 'failing', failures: 2 });
});

it.each([
  ['refused', 'failure', 'nobody listens on 10.0.0.7:80'],
  ['timeout', 'failure', 'said'],
  ['reset', 'failure', 'said'],
  ['unreachable', 'failure', 'said'],
  ['tls', 'failure', 'said'],
  ['other', 'failure', 'said'],
  ['aborted', 'unknown', 'said'],
] as const)('%s is %s', (failure, verdict, message) => {
  expect(answerOf({ failure, message: 'said' }, '10.0.0.7:80')).toEqual({ verdict, message });
});
