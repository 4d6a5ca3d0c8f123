/** Asks witnesses when membership wants them, and remembers who was silent. */
import type { Clock } from '../../base/clock.ts';
import type { WitnessAnswer } from '../membership/isolation.ts';
import type { Witness } from '../probes/witnesses.ts';
import type { MeshParts } from './parts.ts';

export interface WitnessDesk {
  /** Unless a question is under way. */
  ask(): void;
  /** Who was asked last and did not answer, for people: `gateway 10.0.0.1`. */
  silent(): readonly string[];
  stop(): void;
}

export interface WitnessDeskDeps {
  readonly clock: Clock;
  /** Addresses of this node, which witness nothing. */
  readonly ownAddresses: () => ReadonlySet<string>;
  /** Hosts of peers, asked for anew each time. */
  readonly peers: () => readonly Witness[];
  readonly ask: MeshParts['askWitnesses'];
  readonly answered: (answer: WitnessAnswer) => void;
}

export function createWitnessDesk({ clock, ownAddresses, peers, ask, answered }: WitnessDeskDeps): WitnessDesk {
  const controller = new AbortController();
  const { signal } = controller;
  let isAsking = false;
  let silent: readonly string[] = [];

  const run = async (): Promise<void> => {
    const answer = await ask({ clock, signal, ownAddresses: ownAddresses(), peers: peers() });
    if (signal.aborted) return;
    const asked = new Set(answer.asked.map(({ kind, host }) => `${kind} ${host}`));
    silent = answer.verdict === 'silent' ? [...asked] : [];
    answered(answer);
  };

  return {
    ask() {
      if (isAsking || signal.aborted) return;
      isAsking = true;
      // Without an answer membership goes by what it has, and asks again.
      void run()
        .catch(() => {})
        .finally(() => (isAsking = false));
    },
    silent: () => silent,
    stop: () => controller.abort(),
  };
}
