/** Asks every agent all the time what it says of itself and of all members, and notes who is accused without a reason. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiMembers, ApiStatus } from '../../agent/http/contract.ts';
import type { Ask } from '../mesh/ask.ts';
import type { Herd } from './herd.ts';
import type { Truth } from './truth.ts';

export interface Heard {
  readonly status: ApiStatus;
  readonly members: ApiMembers;
  /** By performance.now(), when it was asked. */
  readonly askedAt: number;
}

export interface Accusation {
  readonly viewer: string;
  readonly member: string;
  readonly state: string;
  /** RFC 3339, as the viewer says it. */
  readonly since: string;
}

export interface Listener {
  /** The last answer of every agent that ever gave one. */
  readonly latest: ReadonlyMap<string, Heard>;
  stop(): Promise<void>;
}

/** States that call a member's host or its agent dead. A busy agent may well be called unresponsive. */
const ACCUSING: readonly string[] = ['unreachable', 'agent-down'];
/** Asking must not be what keeps the agents busy. */
const MANY = 16;

/** @param onAccusation once for each verdict of a viewer */
export function listen(herd: Herd, truth: Truth, ask: Ask, onAccusation: (one: Accusation) => void): Listener {
  const over = new AbortController();
  const everyMs = herd.names.length > MANY ? 3000 : 1000;
  const latest = new Map<string, Heard>();
  const follow = async (viewer: string): Promise<void> => {
    let said = new Set<string>();
    while (!over.signal.aborted) {
      await sleep(everyMs);
      const host = herd.awake().find(({ name }) => name === viewer);
      if (host === undefined) continue;
      const askedAt = performance.now();
      const [status, members] = await Promise.all([
        ask<ApiStatus>(host.address, '/api/v1/status'),
        ask<ApiMembers>(host.address, '/api/v1/members'),
      ]);
      if (status === undefined || members === undefined) continue;
      latest.set(viewer, { status, members, askedAt });
      const accusations = accusationsIn(viewer, members).filter(({ member }) => !truth.allows(viewer, member));
      for (const one of accusations) if (!said.has(keyOf(one))) onAccusation(one);
      said = new Set(accusations.map(keyOf));
    }
  };
  const following = herd.names.map(follow);
  return {
    latest,
    async stop() {
      over.abort();
      await Promise.all(following);
    },
  };
}

/** What it only remembers from before its start is no verdict of its own. */
const accusationsIn = (viewer: string, { members }: ApiMembers): Accusation[] =>
  members
    .filter(({ state, judged }) => judged && ACCUSING.includes(state))
    .map(({ node, state, since }) => ({ viewer, member: node, state, since }));

const keyOf = ({ member, state, since }: Accusation): string => `${member} ${state} ${since}`;
