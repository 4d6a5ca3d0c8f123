/** What the agent that serves the page concluded at an earlier time. */
import { batch, signal, type Signal } from '@preact/signals';
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { Api } from './api.ts';
import type { Received } from './state.ts';

export interface Past {
  /** Why the log cannot be read. */
  readonly failure: Signal<string | undefined>;
  /** `at`: Unix ms; undefined: nothing is asked for any more. What was asked for before does not count then. */
  look(at: number | undefined): Promise<void>;
}

export interface PastDeps {
  readonly api: Pick<Api, 'status'>;
  readonly answer: Signal<Received<ApiStatus> | undefined>;
  /** Unix ms. */
  readonly now: () => number;
}

export function createPast({ api, answer, now }: PastDeps): Past {
  const failure = signal<string | undefined>(undefined);
  let asked: number | undefined;
  const settle = (value: Received<ApiStatus> | undefined, why: string | undefined): void =>
    batch(() => {
      answer.value = value;
      failure.value = why;
    });
  return {
    failure,
    async look(at) {
      asked = at;
      settle(undefined, undefined);
      if (at === undefined) return;
      try {
        const value = await api.status(at);
        if (asked === at) settle({ value, receivedAt: now() }, undefined);
      } catch (error) {
        if (asked === at) settle(undefined, error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** Instants at which the agent had concluded something else, before and after; undefined: its log tells of none. */
export interface Neighbours {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

const SECOND_MS = 1000;

/** From one conclusion to the next, and over the times of which nothing is known. Unix ms. */
export function neighboursOf({ past }: ApiStatus): Neighbours {
  const ms = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
  const before = ms(past?.gap?.from ?? past?.since);
  const after = ms(past?.gap?.to ?? past?.logBegins ?? past?.until);
  // A span holds at both of its ends. That of a gap belongs to the one before, and its end to the one after.
  const isGap = past?.gap !== undefined || past?.logBegins !== undefined;
  return {
    before: before === undefined ? undefined : before - (isGap ? 0 : SECOND_MS),
    after: after === undefined ? undefined : after + (isGap ? 0 : SECOND_MS),
  };
}
