import { Type } from 'typebox';
import { phaseReadings, triedOrOutcome } from './lib/runtime-answer.ts';
import { runtimeTraces } from './lib/runtime-presence.ts';
import { defineCheck, type Outcome, type RuntimeProbeAnswer } from './types.ts';

type Reason = 'RuntimeDown' | 'RuntimeHung' | 'RuntimeError';

/** What each failure of the runtime is called. */
const REASONS = { refused: 'RuntimeDown', hung: 'RuntimeHung', error: 'RuntimeError' } as const;

export const containerRuntime = defineCheck({
  id: 'container-runtime',
  title: 'Container runtime',
  description: [
    'Asks the container runtime whether it lives (Docker Engine: /_ping) and whether it can still list what it runs,',
    'which hangs where its own state is stuck. Through `meerkat runtime-probe`, a process of its own, because the',
    'runtime’s socket is root on the node. A runtime that only speaks CRI is unknown in this version.',
  ].join(' '),
  intervalMs: 10_000,
  timeoutMs: 2500,
  runsOn: 'every node',
  config: Type.Object({}, { additionalProperties: false }),
  reasons: {
    RuntimeDown: {
      severity: 'critical',
      summary: 'Nobody listens on the socket of the container runtime.',
      remedy: 'Look at `systemctl status docker containerd` and `journalctl -u docker -n 50`, then start it again.',
    },
    RuntimeHung: {
      severity: 'critical',
      summary: 'The container runtime takes connections and does not answer.',
      remedy:
        'Look for a full or dead disk below its data (`docker info` hangs too), save its stacks with `pkill -USR1 dockerd`, then `systemctl restart docker`.',
    },
    RuntimeError: {
      severity: 'critical',
      summary: 'The container runtime answers with an error.',
      remedy: 'The message has its own words; `journalctl -u docker -n 50` has more.',
    },
  },
  readings: {
    ping_seconds: { title: 'Time to say that it lives' },
    list_seconds: { title: 'Time to list one container', shared: true },
  },
  needs: [
    'The container runtime’s socket, for `meerkat runtime-probe` only; without the probe or the right to connect the check is unknown.',
    '/etc/systemd/system and /var/lib/kubelet, to know whether a missing runtime belongs here.',
  ],
  presence: { reason: 'RuntimeDown', traces: ({ host }) => runtimeTraces(host) },
  run: async ({ runtime, signal }) => outcomeOfPing(await runtime.probe('ping', signal)),
});

function outcomeOfPing(answer: RuntimeProbeAnswer): Outcome<Reason> {
  const tried = triedOrOutcome(answer);
  if ('status' in tried) return tried;
  const readings = phaseReadings(tried.phases, containerRuntime.readings);
  if (tried.kind === 'ok') return { status: 'ok', readings };
  const message = `${tried.runtime}: ${tried.message}.`;
  return { status: 'problem', problems: [{ reason: REASONS[tried.failure], message }], readings };
}
