/** A node on which nothing is wrong and nothing stands still, with the runner, the checks and the diagnosis as they ship. */
import { type Clock } from '../../../agent/base/clock.ts';
import { loadConfig } from '../../../agent/base/config.ts';
import { createLog } from '../../../agent/base/log.ts';
import { createCatalogue } from '../../../agent/catalogue.ts';
import { diagnose } from '../../../agent/diagnosis/diagnose.ts';
import type { ClusterState } from '../../../agent/model/cluster-state.ts';
import type { Diagnosis } from '../../../agent/model/finding.ts';
import type { CheckWorld } from '../../../agent/runner/context.ts';
import { type CheckRun, type Runner, createRunner } from '../../../agent/runner/runner.ts';
import { configureChecks } from '../../../agent/world.ts';
import { fakeFetch, fakeHostFiles, testContext } from '../../../checks/lib/testing.ts';
import { CHECKS } from '../../../checks/registry.ts';
import type { FetchRequest, FetchResult } from '../../../checks/types.ts';
import type { FakeClock } from '../../lib/fake-clock.ts';
import { aStore } from '../../lib/fixtures.ts';
import type { Profile } from '../../lib/profiles/profile.ts';
import { BEGINNING } from './certificates.ts';
import { type Inputs, type Role, createInputs } from './inputs.ts';
import { type Noise, createNoise } from './noise.ts';
import { HOUR, SECOND } from './part.ts';

export interface NoisyNode {
  readonly inputs: Inputs;
  readonly runner: Runner;
  diagnosis(): Diagnosis;
}

export interface NodeOptions {
  readonly profile: Profile;
  readonly role: Role;
  readonly seed: number;
  /** Ids. Default: all. */
  readonly checks?: readonly string[];
  /** When it starts, Unix ms. Default: {@link BEGINNING}. */
  readonly beginning?: number;
  readonly onRun?: (run: CheckRun) => void;
}

/** What takes less is no wait. */
const NOTICED_MS = 100;
/** A fetch without a time-out of its own ends with its run. */
const NEVER_MS = Infinity;
/** Timers of a busy process are late. */
const LATE_MS = 5;
/** What is off by default, and needs no settings. */
const ON = ['--checks.pod-network.enabled', 'true'];

/** It runs from now on. */
export function createNoisyNode(clock: FakeClock, options: NodeOptions): NoisyNode {
  const { profile, role, seed, checks, beginning = BEGINNING } = options;
  const noise = createNoise(seed, () => clock.monotonic());
  const inputs = createInputs(noise, role);
  const own = createOwnClock(clock, noise, beginning);
  const config = loadConfig(CHECKS, { args: ON, env: {}, readFile: noFile, hostname: role, home: '/root', uid: 0 });
  const configured = configureChecks(config).filter(({ check }) => checks?.includes(check.id) !== false);
  const cpuWaitMs = createCpuWait(noise);
  const runner = createRunner(
    { checks: configured, parallelism: config.runner.parallelism },
    {
      world: createNoisyWorld(own, profile, inputs),
      clock: own,
      cpuWaitMs,
      members: () => 3,
      log: createLog('silent', role),
      enter: () => {},
      onRun: (run) => options.onRun?.(run),
      onSeen: () => {},
    },
  );
  runner.start({ results: [], seen: {} });
  const catalogue = createCatalogue(CHECKS);
  const startedAt = own.now();
  return {
    inputs,
    runner,
    diagnosis: () => diagnose(stateOf(role, startedAt, runner), own.now(), catalogue),
  };
}

const noFile = (): never => {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};

const stateOf = (self: string, startedAt: number, runner: Runner): ClusterState => ({
  self,
  nodes: [{ report: { node: self, version: '1.0.0', startedAt, results: runner.results() }, elapsedMs: 0 }],
  store: aStore(),
  leftOut: [],
  settled: runner.settled(),
  catchingUp: false,
});

/** Its wall clock is set forward or back by a second or two now and then, and its timers are a little late. */
function createOwnClock(clock: FakeClock, { between, random }: Noise, beginning: number): Clock {
  let [hour, stepMs] = [0, 0];
  return {
    ...clock,
    now() {
      const at = clock.monotonic();
      if (Math.floor(at / HOUR) !== hour) stepMs = random.pick([-SECOND, 0, SECOND]);
      hour = Math.floor(at / HOUR);
      return Math.round(beginning + at + stepMs);
    },
    after: (delayMs, action) => clock.after(delayMs + between(0, LATE_MS), action),
  };
}

/** An agent that waits for a processor for up to a fifth of its time. */
function createCpuWait({ wander, now }: Noise): () => number {
  const share = wander(0, 0.2);
  let [waited, atMs] = [0, 0];
  return () => {
    waited += (now() - atMs) * share();
    atMs = now();
    return waited;
  };
}

function createNoisyWorld(clock: Clock, profile: Profile, inputs: Inputs): CheckWorld {
  // Whatever else a check may touch is as on a machine where there is nothing of it.
  const {
    signal: _signal,
    config: _config,
    state: _state,
    isOnly: _isOnly,
    connect,
    runProgram,
    ...rest
  } = testContext(CHECKS[0] as never);
  const ask = fakeFetch({ ...profile.answers, ...inputs.answers });
  return {
    ...rest,
    clock,
    host: fakeHostFiles(readable({ ...profile.files, ...inputs.files }), { fileSystems: readable(inputs.fileSystems) }),
    fetch: (signal) => (request) => exchange(clock, signal, request, ask(request)),
    connect: () => connect,
    runProgram: () => runProgram,
    peerCertificate: () => async () => inputs.certificates.shakeHands(),
    dns: (signal) => async (request) => {
      const answer = inputs.dns.ask(request);
      if (answer.durationMs >= NOTICED_MS) await clock.sleep(answer.durationMs, signal);
      return answer;
    },
    node: { name: inputs.role, arch: 'amd64', cpus: 4, apiServiceAddress: '10.96.0.1', apiServicePort: 443 },
    runtime: inputs.runtime.port,
    disk: () => inputs.disks.own.read(),
    pods: () => inputs.pods.view(),
    overlay: () => inputs.overlay.view(),
    logs: () => ({ kind: 'none', why: 'no log is followed in this test' }),
    nodeObject: () => inputs.nodeObject.view(),
    edges: () => inputs.peers.view(),
    kernelLog: async () => inputs.memory.log(),
    apiAuthority: async () => inputs.certificates.authority(),
    apiServers: () => ['https://10.96.0.1:443', 'https://10.0.0.1:6443'],
  };
}

/** Values where there are functions, made anew whenever somebody reads them. */
function readable<T>(values: Readonly<Record<string, T | (() => T)>>): Record<string, T> {
  const entries = Object.entries(values).map(([name, value]) => {
    const get = (): T => (typeof value === 'function' ? (value as () => T)() : value);
    return [name, { get, enumerable: true }] as const;
  });
  return Object.defineProperties({}, Object.fromEntries(entries));
}

async function exchange(
  clock: Clock,
  signal: AbortSignal,
  { timeoutMs = NEVER_MS }: FetchRequest,
  asked: Promise<FetchResult>,
): Promise<FetchResult> {
  const answer = await asked;
  const durationMs = Math.min(answer.durationMs, timeoutMs);
  if (durationMs === Infinity) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  else if (durationMs >= NOTICED_MS) await clock.sleep(durationMs, signal);
  if (signal.aborted) return { kind: 'failure', failure: 'aborted', message: 'the run ended', durationMs };
  if (answer.durationMs <= timeoutMs) return answer;
  return { kind: 'failure', failure: 'timeout', message: `no full answer within ${timeoutMs} ms`, durationMs };
}
