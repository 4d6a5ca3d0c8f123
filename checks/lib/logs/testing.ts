/** Watches and logs of tests. Only tests import this. */
import type { JudgedLog, WatchedLog } from '../../types.ts';
import type { WatchSettings } from './settings.ts';

export const aWatch = (change: Partial<WatchSettings> = {}): WatchSettings => ({
  name: 'worker',
  description: '',
  namespace: 'prod',
  workload: 'worker',
  container: '',
  stream: 'any',
  maxSilenceSeconds: 0,
  escalatingFailures: 0,
  pattern: '',
  patternCount: 1,
  patternSeconds: 120,
  initialDelaySeconds: 120,
  liveness: false,
  severity: 'info',
  ...change,
});

export const aLog = (change: Partial<WatchedLog> = {}): WatchedLog => ({
  watch: 'worker',
  namespace: 'prod',
  pod: 'worker-x2k4p',
  podUid: 'uid-1',
  container: 'main',
  restarts: 0,
  startedAt: 0,
  matches: 0,
  bytes: 0,
  droppedBytes: 0,
  unreadableLines: 0,
  ...change,
});

export const aJudgedLog = (change: Partial<JudgedLog> = {}): JudgedLog => ({
  ...aLog(),
  verdict: 'well',
  words: '',
  silentMs: 0,
  ...change,
});
