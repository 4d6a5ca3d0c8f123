/** The steps of a probe: which one runs, how long each took, and the answer when one of them fails. */
import { EngineError } from '../../../checks/lib/engine-error.ts';
import type { RuntimeProbeAnswer } from '../../../checks/types.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';

export interface Phases {
  /** Runs one step and notes its duration, also when it fails. */
  run<T>(name: string, step: () => Promise<T>): Promise<T>;
  /** Notes the sum of all steps but these. */
  noteTotal(name: string, without: readonly string[]): void;
  succeeded(runtime: string): RuntimeProbeAnswer;
  failed(runtime: string, error: unknown): RuntimeProbeAnswer;
}

export function createPhases(clock: Clock): Phases {
  const durations: Record<string, number> = {};
  let phase = '';
  const note = (name: string, durationMs: number): void => {
    durations[name] = Math.round(durationMs * 1000) / 1000;
  };
  return {
    noteTotal(name, without) {
      const steps = Object.entries(durations).filter(([step]) => !without.includes(step));
      note(
        name,
        steps.reduce((sum, [, durationMs]) => sum + durationMs, 0),
      );
    },
    async run(name, step) {
      phase = name;
      const startedAt = clock.monotonic();
      try {
        return await step();
      } finally {
        note(name, clock.monotonic() - startedAt);
      }
    },
    succeeded: (runtime) => ({ kind: 'ok', runtime, phases: durations }),
    failed(runtime, error) {
      if (!(error instanceof EngineError)) return { kind: 'unavailable', message: messageOf(error) };
      const { failure, message } = error;
      // What this process may not do, or what it did to itself, says nothing about the runtime.
      if (failure === 'denied' || failure === 'foreign' || failure === 'aborted') {
        return { kind: 'unavailable', message };
      }
      const durationMs = durations[phase] ?? 0;
      // An engine whose queue is full hangs too, but says so at once.
      const after = failure === 'hung' && durationMs >= 1000 ? ` within ${(durationMs / 1000).toFixed(1)} s` : '';
      return { kind: 'failed', runtime, failure, phase, message: message + after, phases: durations };
    },
  };
}
