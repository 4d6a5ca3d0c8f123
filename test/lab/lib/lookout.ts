/** Watches what the agents of a lab say, for what nobody expects of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { membersOf, statusOf } from './agents.ts';
import type { LabHost } from './lab/types.ts';

export interface Lookout {
  /** Everything that was not expected, as `n1 says AgentDown: …`, each once. */
  stop(): Promise<readonly string[]>;
}

/**
 * Asks all hosts twice a second for findings that are more than an info, and for members that are not alive.
 *
 * @param isExpected what may be said: a reason, or a state with its member as `n3 suspect`
 */
export function watchOver(hosts: readonly LabHost[], isExpected: (what: string) => boolean): Lookout {
  const strays = new Set<string>();
  const over = new AbortController();
  const look = async (host: LabHost): Promise<void> => {
    const [status, members] = await Promise.all([statusOf(host), membersOf(host)]);
    for (const { reason, severity, sentence } of status.findings)
      if (severity !== 'info' && !isExpected(reason)) strays.add(`${host.name} says ${reason}: ${sentence}`);
    for (const { node, state } of members.members)
      if (state !== 'alive' && !isExpected(`${node} ${state}`)) strays.add(`${host.name} says: ${node} ${state}`);
  };
  const follow = async (host: LabHost): Promise<void> => {
    while (!over.signal.aborted) {
      // An agent that does not answer is a fault of its own; whoever waits for it says so.
      await look(host).catch(() => {});
      await sleep(500);
    }
  };
  const following = hosts.map(follow);
  return {
    async stop() {
      over.abort();
      await Promise.all(following);
      return [...strays];
    },
  };
}
