/** Objects and answers of the API for unit tests. */
import type { Member } from '../model/member.ts';
import type { HeardRoster, Roster } from '../model/roster.ts';
import type { Answer } from './api/answer.ts';
import type { KubeClient, WatchOptions } from './api/client.ts';

export const ok = (value: unknown): Answer => ({ kind: 'ok', value });
export const failed: Answer = { kind: 'failed', message: '10.96.0.1:443: no answer within 10 s' };
export const denied: Answer = { kind: 'denied', status: 403, message: '403 nodes is forbidden' };
export const missing: Answer = { kind: 'missing', message: '404 not found' };

/** A Node as the API has it, with what a test changes of it. */
export const aNode = (
  name: string,
  {
    labels = {},
    spec = {},
    ready = 'True',
    message,
    troubles = [],
    version = '1',
    addresses = ['10.0.0.1'],
    uid = `uid-of-${name}`,
  }: NodeOptions = {},
): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    uid,
    resourceVersion: version,
    labels: { 'kubernetes.io/os': 'linux', ...labels },
  },
  spec,
  status: {
    addresses: [...addresses.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: name }],
    nodeInfo: { machineID: `machine-of-${name}` },
    conditions: [
      ...['MemoryPressure', 'DiskPressure'].map((type) => ({
        type,
        status: troubles.includes(type) ? 'True' : 'False',
      })),
      ...troubles.map((type) => ({ type, status: 'True' })),
      { type: 'Ready', status: ready, reason: ready === 'True' ? 'KubeletReady' : 'KubeletNotReady', message },
    ],
  },
});

export interface NodeOptions {
  readonly labels?: Record<string, string>;
  readonly spec?: Record<string, unknown>;
  readonly ready?: 'True' | 'False' | 'Unknown';
  /** Of the condition Ready. */
  readonly message?: string;
  /** Conditions that are true. */
  readonly troubles?: readonly string[];
  readonly version?: string;
  readonly addresses?: readonly string[];
  readonly uid?: string;
}

/** A Pod of `kube-system` that runs and is ready, with what a test changes of it. */
export const aPod = (
  name: string,
  { metadata = {}, status = {} }: { readonly metadata?: object; readonly status?: object } = {},
): Record<string, unknown> => ({
  metadata: { name, namespace: 'kube-system', uid: `uid-of-${name}`, resourceVersion: '1', ...metadata },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'app', restartCount: 0, state: { running: {} }, lastState: {} }],
    ...status,
  },
});

/** An Event of a kubelet about a pod, as an older recorder writes it, with what a test changes of it. */
export const anEvent = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: {
    name,
    namespace: 'prod',
    uid: `uid-of-${name}`,
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T11:00:00Z',
  },
  involvedObject: { kind: 'Pod', namespace: 'prod', name: 'api-1', uid: 'pod-uid', fieldPath: 'spec.containers{app}' },
  reason: 'BackOff',
  message: 'Back-off restarting failed container',
  source: { component: 'kubelet', host: 'w1' },
  firstTimestamp: '2026-01-01T11:00:00Z',
  lastTimestamp: '2026-01-01T11:30:00Z',
  count: 5,
  type: 'Warning',
  eventTime: null,
  reportingComponent: '',
  reportingInstance: '',
  ...more,
});

export const aLease = (name: string, version: string): Record<string, unknown> => ({
  metadata: { name, uid: `lease-of-${name}`, resourceVersion: version },
  spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: '2026-01-01T12:00:00.000000Z' },
});

export const aList = (items: readonly unknown[], version = '100', token = ''): Answer =>
  ok({ metadata: { resourceVersion: version, ...(token !== '' && { continue: token }) }, items });

export const aMember = (name: string, more: Partial<Member> = {}): Member => ({
  name,
  state: 'alive',
  sinceMs: 0,
  judged: true,
  inComponent: true,
  testimony: [],
  ...more,
});

export const aRoster = (more: Partial<Roster> = {}): Roster => ({
  confirmedMs: 0,
  nodes: 3,
  apiServers: [],
  entries: [],
  controllers: [],
  omitted: 0,
  withoutNode: [],
  ...more,
});

export const heard = (node: string, roster: Roster = aRoster(), more: Partial<HeardRoster> = {}): HeardRoster => ({
  node,
  elapsedMs: 0,
  isCurrent: true,
  roster,
  ...more,
});

/** A watch that is under way in a {@link FakeApi}. */
export interface OpenWatch extends WatchOptions {
  readonly path: string;
  /** The API ends it with that. */
  readonly end: (answer: Answer) => void;
}

/** An API that a test answers for. */
export interface FakeApi {
  readonly client: KubeClient;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** Answers by path, the longest beginning that fits; 404 for others. */
  readonly answers: Map<string, Answer | (() => Answer)>;
  readonly watches: OpenWatch[];
}

export function createFakeApi(): FakeApi {
  const answers = new Map<string, Answer | (() => Answer)>();
  const asked: string[] = [];
  const watches: OpenWatch[] = [];
  const get = (path: string): Promise<Answer> => {
    asked.push(path);
    const [key] = [...answers.keys()].filter((start) => path.startsWith(start)).sort((a, b) => b.length - a.length);
    const answer = key === undefined ? missing : answers.get(key);
    return Promise.resolve(typeof answer === 'function' ? answer() : (answer ?? missing));
  };
  return {
    asked,
    answers,
    watches,
    client: {
      get,
      put: (path) => get(path),
      watch: (path, options) =>
        new Promise((resolve) => {
          const watch = { ...options, path, end: resolve };
          watches.push(watch);
          options.signal.addEventListener('abort', () => resolve({ kind: 'failed', message: 'aborted' }));
        }),
    },
  };
}
