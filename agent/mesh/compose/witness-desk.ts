/** Asks witnesses when membership wants them, and remembers who was silent. */
import type { Clock } from '../../base/clock.ts';
import type { WitnessAnswer } from '../membership/isolation.ts';
import { type Witness, askWitnesses } from '../probes/witnesses.ts';

export interface WitnessDesk {
  /** Unless a question is under way. */
  ask(): void;
  /** Who was asked last and did not answer, for people: `gateway 10.0.0.1`. */
  silent(): readonly string[];
  stop(): void;
}

export interface WitnessDeskDeps {
  readonly clock: Clock;
  readonly ownAddresses: ReadonlySet<string>;
  readonly candidates: () => Promise<readonly Witness[]>;
  readonly carriers: () => Promise<readonly boolean[] | undefined>;
  readonly answered: (answer: WitnessAnswer) => void;
  readonly ask?: typeof askWitnesses;
}

export function createWitnessDesk(deps: WitnessDeskDeps): WitnessDesk {
  const { clock, ownAddresses, carriers, ask = askWitnesses } = deps;
  const controller = new AbortController();
  const { signal } = controller;
  let isAsking = false;
  let silent: readonly string[] = [];

  const run = async (): Promise<void> => {
    // Nobody to ask is an answer, too: membership then goes by what it has.
    const candidates = await deps.candidates().catch(() => []);
    const answer = await ask(candidates, { clock, signal, ownAddresses, carriers });
    if (signal.aborted) return;
    silent = answer.verdict === 'silent' ? answer.asked.map(({ kind, host }) => `${kind} ${host}`) : [];
    deps.answered(answer);
  };

  return {
    ask() {
      if (isAsking || signal.aborted) return;
      isAsking = true;
      void run()
        .catch(() => {})
        .finally(() => (isAsking = false));
    },
    silent: () => silent,
    stop: () => controller.abort(),
  };
}
