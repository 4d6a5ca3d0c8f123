/** The checks of the container runtime through a real runtime probe, a child process of the test. */
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { createRuntimePort } from '../../../agent/sidecars/runtime-probe/client.ts';
import { containerRuntime } from '../../../checks/container-runtime.ts';
import { containerStart } from '../../../checks/container-start.ts';
import { type Condition, createCondition } from '../../../checks/lib/condition.ts';
import { createHostFiles } from '../../../checks/lib/host-files.ts';
import { fakeHostFiles, testContext } from '../../../checks/lib/testing.ts';
import { podNetwork } from '../../../checks/pod-network.ts';
import type { Outcome, RuntimePort } from '../../../checks/types.ts';
import { MAIN } from './cluster.ts';
import { childrenOf } from './daemon.ts';

/** With what the check keeps from run to run. */
export type Port = RuntimePort & {
  close(): void;
  readonly condition: Condition;
  readonly memory: ReturnType<NonNullable<typeof podNetwork.createState>>;
  /** By so much the check's clock is ahead. */
  aheadMs: number;
};

/** Its kubelet belongs to a cluster. */
const HOST = fakeHostFiles({ '/etc/kubernetes/kubelet.conf': 'kind: Config' });

/** It is closed when the test is over. */
export function createPort(runtimeSocket: string, instance = 'lab'): Port {
  const port = createRuntimePort(
    { socketPath: '', runtimeSocket, command: [process.execPath, MAIN], instance },
    { clock: systemClock, host: createHostFiles(systemClock), log: createLog('silent', instance) },
  );
  onTestFinished(() => port.close());
  return { ...port, condition: createCondition(), memory: testContext(podNetwork).state, aheadMs: 0 };
}

/** One run as the agent does it: with the check's own deadline. */
export async function look(check: typeof containerRuntime | typeof containerStart | typeof podNetwork, port: Port) {
  const signal = AbortSignal.timeout(check.timeoutMs);
  const clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + port.aheadMs };
  const startedAt = performance.now();
  const parts = { signal, runtime: port, host: HOST, clock };
  const outcome: Outcome =
    check === containerRuntime
      ? await containerRuntime.run(testContext(containerRuntime, { ...parts, state: port.condition }))
      : check === podNetwork
        ? await podNetwork.run(testContext(podNetwork, { ...parts, state: port.memory }))
        : await containerStart.run(testContext(containerStart, { signal, runtime: port }));
  return { outcome, durationMs: performance.now() - startedAt };
}

/** Waits until the port has an answer; the first run may find its probe still starting. Resolves with the probe's id. */
export async function settled(port: Port): Promise<number> {
  const others = childrenOf(process.pid);
  for (let tries = 0; tries < 10; tries += 1) {
    const answer = await port.probe('ping', AbortSignal.timeout(10_000));
    if (answer.kind === 'ok') return childrenOf(process.pid).find((pid) => !others.includes(pid)) ?? 0;
    await sleep(500);
  }
  throw new Error('the runtime probe does not come up');
}

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < limitMs; await sleep(20)) {
    if (await condition()) return;
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}
