/** Alerts, notifications and files for tests. */
import type { Alert, Notification, RuleWords } from '../types.ts';
import type { FileReader } from './secret-file.ts';

/** Noon of the fake clock. */
export const NOON = Date.UTC(2026, 0, 1, 12, 0, 0);

export const anAlert = (changes: Partial<Alert> = {}): Alert => ({
  fingerprint: '00000000000000aa',
  reason: 'OverlayBroken',
  severity: 'critical',
  nodes: ['w1', 'w3'],
  sentence: 'Pods on w1 and w3 do not reach each other.',
  since: NOON + 191_000,
  observers: ['w1', 'w3'],
  ...changes,
});

/** What a rule says of a pod. */
export const aRuleAlert = (changes: Partial<Alert> = {}, words: Partial<RuleWords> = {}): Alert =>
  anAlert({
    fingerprint: '00000000000000bb',
    reason: 'restart-storm',
    severity: 'warning',
    nodes: ['w2'],
    sentence: 'Pod prod/api-7d9f BackOff ×7: Back-off restarting failed container',
    observers: ['m1'],
    rule: {
      key: 'prod/api-7d9f',
      facts: {
        namespace: 'prod',
        name: 'api-7d9f',
        kind: 'Pod',
        reason: 'BackOff',
        component: 'kubelet',
        message: 'Back-off restarting failed container',
        count: '7',
      },
      round: 1,
      receivers: [],
      ...words,
    },
    ...changes,
  });

/** So many that differ. */
export const alerts = (count: number, changes: Partial<Alert> = {}): Alert[] =>
  Array.from({ length: count }, (_, index) =>
    anAlert({ fingerprint: index.toString(16).padStart(16, '0'), nodes: [`w${index + 1}`], ...changes }),
  );

export const aNotification = (changes: Partial<Notification> = {}): Notification => ({
  id: 'ops-00000000000000aa',
  alerts: [anAlert()],
  sender: 'm1',
  view: { members: 8, known: 8 },
  at: NOON + 200_000,
  isLate: false,
  ...changes,
});

/** Files in memory; a test may change them. */
export function memoryFiles(texts: Map<string, string>): FileReader {
  const readNow = (path: string): string => {
    const text = texts.get(path);
    if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    return text;
  };
  return { readNow, read: async (path) => readNow(path) };
}
