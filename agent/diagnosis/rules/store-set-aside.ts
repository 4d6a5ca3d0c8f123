import type { Rule } from '../rule.ts';

/** A day is long enough for somebody to read it. */
const SHOWN_MS = 24 * 3_600_000;

export const storeSetAside: Rule = {
  reason: 'StoreSetAside',
  severity: 'info',
  concludes: 'The agent’s database could not be used and was kept under another name; a new one was begun.',
  from: 'What the store found when it opened its database.',
  sound: 'The file is still there and can be looked at.',
  silentWhen: 'It happened more than a day ago.',
  claims: [],
  find({ state: { store, self }, now }) {
    const { setAside } = store;
    if (setAside === undefined || now - setAside.at > SHOWN_MS) return [];
    const why = setAside.why === 'newer' ? 'was written by a newer version' : 'is damaged';
    return [
      {
        reason: 'StoreSetAside',
        severity: 'info',
        nodeSeverity: 'info',
        node: self,
        sentence: `The agent's database on ${self} ${why}; history before this start is not shown`,
        since: setAside.at,
        observers: [self],
        dissent: [],
        evidence: [`kept as ${setAside.path}`],
        alternatives: [],
        next: [`Keep ${setAside.path} if its history matters, else delete it`],
        intervalMs: 10_000,
      },
    ];
  },
};
