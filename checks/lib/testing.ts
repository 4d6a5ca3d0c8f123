/** What the checks' own tests hand to a check instead of a machine. Only tests import this. */
import { type Static, type TObject } from 'typebox';
import { Value } from 'typebox/value';
import type {
  CheckClock,
  CheckContext,
  CheckDefinition,
  Fetch,
  FetchFailure,
  FetchRequest,
  FetchResult,
  FileSystemStats,
  HostFiles,
} from '../types.ts';
import { systemError } from './system-error.ts';

/** A file's text, or the system's error that every access to it ends with. */
export type FakeFile = string | { readonly error: string };

export interface FakeHostOptions {
  /** What `statfs` answers, by exact path. Any other path is ENOENT. */
  readonly fileSystems?: Record<string, FileSystemStats | { readonly error: string }>;
}

/** A clock that stands still until it is told to go on. */
export interface TestClock extends CheckClock {
  advance(byMs: number): void;
}

export type ContextOverrides<Config, State> = Partial<Omit<CheckContext<Config, State>, 'config'>> & {
  /** Settings that differ from the schema's defaults. */
  readonly config?: Partial<Config>;
};

/**
 * Files in memory. Directories are those that the paths imply; a path that ends in `/` is an empty directory. The
 * records are read at each call, so a test may change them between runs.
 */
export function fakeHostFiles(files: Record<string, FakeFile>, options: FakeHostOptions = {}): HostFiles {
  const prefixOf = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
  const hasChildren = (path: string): boolean => {
    const prefix = prefixOf(path);
    return Object.keys(files).some((name) => name.startsWith(prefix));
  };
  const childrenOf = (path: string): string[] => {
    const prefix = prefixOf(path);
    const below = Object.keys(files).filter((name) => name.startsWith(prefix));
    return [...new Set(below.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))];
  };
  const find = (path: string): string => {
    const file = files[path];
    if (file === undefined) throw fileError(hasChildren(path) ? 'EISDIR' : 'ENOENT', path);
    if (typeof file !== 'string') throw fileError(file.error, path);
    return file;
  };
  return {
    readText: async (path, maxBytes = 1_048_576) => Buffer.from(find(path)).subarray(0, maxBytes).toString('utf8'),
    list: async (path) => {
      const children = childrenOf(path);
      if (children.length > 0) return children.filter((name) => name !== '');
      find(path);
      throw fileError('ENOTDIR', path);
    },
    exists: async (path) => {
      const file = files[path];
      if (file === undefined) return hasChildren(path);
      if (typeof file === 'string') return true;
      if (file.error === 'ENOENT' || file.error === 'ENOTDIR') return false;
      throw fileError(file.error, path);
    },
    statfs: async (path) => {
      const stats = options.fileSystems?.[path];
      if (stats === undefined) throw fileError('ENOENT', path);
      if ('error' in stats) throw fileError(stats.error, path);
      return stats;
    },
    locate: (path) => path,
  };
}

/** Starts at 2026-01-01T00:00:00Z; the monotonic clock starts elsewhere so that nobody can mix them up. */
export function testClock(): TestClock {
  let elapsedMs = 0;
  return {
    now: () => Date.UTC(2026, 0, 1) + elapsedMs,
    monotonic: () => 5000 + elapsedMs,
    advance: (byMs) => {
      elapsedMs += byMs;
    },
  };
}

/**
 * Answers by the longest key that the request's URL starts with (`http://127.0.0.1:2379/health`); nobody listens
 * anywhere else. The record is read at each call.
 */
export function fakeFetch(answers: Record<string, FetchResult | ((request: FetchRequest) => FetchResult)>): Fetch {
  return async (request) => {
    const keys = Object.keys(answers).filter((key) => request.url.startsWith(key));
    const answer = answers[keys.sort((a, b) => b.length - a.length)[0] ?? ''];
    if (answer === undefined) return fetchFailure('refused', `connect ECONNREFUSED ${request.url}`);
    return typeof answer === 'function' ? answer(request) : answer;
  };
}

export const fetchResponse = (status: number, body = '', durationMs = 1): FetchResult => ({
  kind: 'response',
  status,
  body,
  durationMs,
});

export const fetchFailure = (failure: FetchFailure, message: string = failure, durationMs = 1): FetchResult => ({
  kind: 'failure',
  failure,
  message,
  durationMs,
});

/**
 * All that the check may touch, on a machine where there is nothing: no file, no listener, no runtime, no disk sample.
 * Settings are the schema's defaults. The state is fresh: pass one context to several runs, or its `state` on.
 */
export function testContext<Config extends TObject, Reason extends string, State>(
  check: CheckDefinition<Config, Reason, State>,
  overrides: ContextOverrides<Static<Config>, State> = {},
): CheckContext<Static<Config>, State> {
  const { config, ...rest } = overrides;
  return {
    state: check.createState?.() as State,
    signal: new AbortController().signal,
    timeoutMs: check.timeoutMs,
    clock: testClock(),
    host: fakeHostFiles({}),
    fetch: fakeFetch({}),
    dns: async () => ({ kind: 'failure', failure: 'refused', message: 'no DNS server in this test' }),
    connect: async () => ({ kind: 'failure', failure: 'refused', message: 'nobody listens in this test' }),
    runProgram: async () => ({
      kind: 'failure',
      why: 'no program in this test',
      stdout: '',
      stderr: '',
      durationMs: 0,
    }),
    peerCertificate: async () => ({ kind: 'failure', failure: 'refused', message: 'nobody listens in this test' }),
    node: { name: 'node-1', arch: 'amd64', cpus: 4 },
    runtime: { probe: async () => ({ kind: 'none', message: 'no container runtime in this test' }) },
    disk: () => ({ directory: '/var/lib/meerkat', samples: [], stalledForMs: 0 }),
    pods: () => ({ kind: 'none', why: 'there is no Kubernetes API in this test' }),
    logs: () => ({ kind: 'none', why: 'no log is followed in this test' }),
    nodeObject: () => ({ kind: 'none', why: 'there is no Kubernetes API in this test' }),
    overlay: () => ({ kind: 'none', why: 'there is no overlay responder in this test' }),
    kernelLog: async () => ({ kind: 'none', why: 'there is no log of a kernel in this test' }),
    edges: () => ({ kind: 'none', why: 'there is no other agent in this test' }),
    apiServers: () => [],
    apiAuthority: async () => undefined,
    ...rest,
    config: Value.Default(check.config, { ...config }) as Static<Config>,
  };
}

const fileError = (code: string, path: string): Error => systemError(code, `cannot open '${path}'`);
