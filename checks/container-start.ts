import { Type } from 'typebox';
import { phaseReadings, triedOrOutcome } from './lib/runtime-answer.ts';
import { runtimeTraces } from './lib/runtime-presence.ts';
import { defineCheck, type Outcome, type RuntimeProbeAnswer } from './types.ts';

type Reason = 'ContainersCannotStart' | 'ContainersCannotBeRemoved' | 'ContainerStartSlow';

export const containerStart = defineCheck({
  id: 'container-start',
  title: 'Container start',
  description: [
    'Really creates a container, starts it, waits until it has ended with exit code 0, and removes it; each phase is',
    'timed. By CRI it runs in a sandbox on the host’s network, and the program is that of the pause image, which every',
    'sandbox is made from, and which the runtime pulls where it is missing; a Docker Engine gets an image that is made in',
    'memory, a program of 130 bytes that ends at once. The container has no capability and a read-only root, and carries the',
    'label io.meerkat.probe; what a killed probe leaves behind is removed by the next run. That the kubelet removes it,',
    'because it knows no Pod of it, is no problem. Through `meerkat runtime-probe`.',
  ].join(' '),
  intervalMs: 60_000,
  timeoutMs: 8000,
  runsOn: 'every node',
  config: Type.Object(
    {
      slowSeconds: Type.Number({
        default: 5,
        exclusiveMinimum: 0,
        description: 'A container that takes longer than this from create to removed is a warning.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    ContainersCannotStart: {
      severity: 'critical',
      summary: 'The container runtime cannot start a container.',
      remedy:
        'The message names the phase and has the runtime’s own words; `journalctl -n 50 -u containerd` (or `-u crio`, `-u docker`, `-u k3s`, `-u rke2-agent`) has more. Look at free space and inodes below its data first.',
    },
    ContainersCannotBeRemoved: {
      severity: 'warning',
      summary: 'Containers start and end, but the runtime does not remove them.',
      remedy:
        'List what is stuck with `crictl pods --label io.meerkat.probe=1` or `docker ps -a --filter label=io.meerkat.probe`; a mount that another process holds is the usual cause (`grep -l overlay /proc/*/mountinfo`).',
    },
    ContainerStartSlow: {
      severity: 'warning',
      summary: 'Starting a container takes long.',
      remedy: 'The phases say where the time goes: see the readings of this check, then disk-latency and cpu-pressure.',
    },
  },
  readings: {
    sandbox_seconds: { title: 'Time to start the sandbox of a pod' },
    create_seconds: { title: 'Time to create the container' },
    start_seconds: { title: 'Time to start it' },
    wait_seconds: { title: 'Time until its end was reported' },
    remove_seconds: { title: 'Time to remove it' },
    total_seconds: { title: 'Time from create to removed', shared: true },
  },
  needs: [
    'The container runtime’s socket, for `meerkat runtime-probe` only; without the probe or the right to create containers the check is unknown.',
    'With a Docker Engine x86-64 or arm64, by CRI a pause image; without them the check is unknown.',
  ],
  hintedBy: ['container-runtime'],
  presence: { reason: 'ContainersCannotStart', traces: ({ host }) => runtimeTraces(host) },
  run: async ({ runtime, signal, config }) => outcomeOfStart(await runtime.probe('start', signal), config.slowSeconds),
});

/** Also a runtime that is down or hung is reported here: that it is the cause is the diagnosis' business. */
function outcomeOfStart(answer: RuntimeProbeAnswer, slowSeconds: number): Outcome<Reason> {
  const tried = triedOrOutcome(answer);
  if ('status' in tried) return tried;
  const { runtime, phases } = tried;
  const readings = phaseReadings(phases, containerStart.readings);
  if (tried.kind === 'failed') {
    const reason = ['remove', 'sweep'].includes(tried.phase) ? 'ContainersCannotBeRemoved' : 'ContainersCannotStart';
    const message = `${runtime}, phase ${tried.phase}: ${tried.message}.`;
    return { status: 'problem', problems: [{ reason, message }], readings };
  }
  const seconds = (phases['total'] ?? 0) / 1000;
  if (seconds <= slowSeconds) return { status: 'ok', readings };
  const message = `${runtime}: a container took ${seconds.toFixed(1)} s from create to removed (${breakdown(phases)}).`;
  return { status: 'problem', problems: [{ reason: 'ContainerStartSlow', message }], readings };
}

const breakdown = (phases: Readonly<Record<string, number>>): string =>
  ['sandbox', 'create', 'start', 'wait', 'remove']
    .flatMap((phase) => {
      const durationMs = phases[phase];
      return durationMs === undefined ? [] : [`${phase} ${(durationMs / 1000).toFixed(1)} s`];
    })
    .join(', ');
