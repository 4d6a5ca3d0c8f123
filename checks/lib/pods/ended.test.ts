import { expect, it } from 'vitest';
import { endKindOf, endWords } from './ended.ts';

it.each([
  [
    { exitCode: 1, reason: 'Error', ranMs: 3000 },
    'start',
    'last with exit code 1 (Error) after 3 s: it does not get as far as to run',
  ],
  // As for Supervisor, also with a code that is expected.
  [
    { exitCode: 0, reason: 'Completed', ranMs: 200 },
    'start',
    'last with exit code 0 (Completed) after 0.2 s: it does not get as far as to run',
  ],
  [
    { exitCode: 0, reason: 'Completed', ranMs: 60_000 },
    'done',
    'last with exit code 0 (Completed) after 60 s: it ends by itself, and is started again',
  ],
  [{ exitCode: 139, reason: 'Error', ranMs: 420_000 }, 'crash', 'last with exit code 139 (Error) after 7 min'],
  [{ exitCode: 137, reason: 'OOMKilled', ranMs: 2000 }, 'memory', 'last with exit code 137 (OOMKilled) after 2 s'],
  [{ exitCode: 2 }, 'crash', 'last with exit code 2'],
] as const)('calls %j %s', (ended, kind, words) => {
  expect([endKindOf(ended), endWords(ended)]).toEqual([kind, words]);
});
