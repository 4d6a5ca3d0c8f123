/** Whether all is well in a virtual cluster, and whether all agents hold the same. */
import { authorOf, prefixOf } from '../../../agent/mesh/identity/peer-id.ts';
import type { VirtualAgent } from './agent.ts';
import { versionOf } from './agent.ts';
import type { Stage } from './faults/stage.ts';
import type { Invariant } from './monitor.ts';

/** What is not as it is when nothing is wrong; sentences. Looks no further than it is read: it is asked again and again. */
export function* unwell({ world }: Stage): Generator<string> {
  const nodes = [...world.homes.keys()].filter((node) => !world.removed.has(node));
  for (const agent of world.agents()) {
    const { mesh } = agent.mesh.state();
    const who = agent.host.name;
    if (!mesh.settled) {
      yield `${who} is not settled`;
      continue;
    }
    const states = new Map(mesh.members.map(({ name, state }) => [name, state]));
    const wrong = nodes.filter((node) => states.get(node) !== 'alive');
    const back = [...world.removed].filter((node) => states.has(node) && states.get(node) !== 'left');
    for (const node of [...wrong, ...back]) yield `${who} says that ${node} is ${states.get(node) ?? 'nobody'}`;
  }
}

/** What some hold and others do not, as {@link unwell}. Writes everybody's disk first. */
export function* differences(stage: Stage): Generator<Difference> {
  const agents = stage.world.agents();
  for (const agent of agents) agent.save();
  yield* reports(agents);
  yield* names(stage, agents);
  yield* events(stage, agents);
  yield* versions(stage, agents);
  yield* future(stage, agents);
}

type Difference = readonly [Invariant, string];

function reports(agents: readonly VirtualAgent[]): Difference[] {
  const digests = Map.groupBy(agents, ({ mesh }) => mesh.state().mesh.digest);
  if (digests.size <= 1) return [];
  const groups = [...digests.values()].map((group) => group.map(({ host }) => host.name).join());
  return [['reports-differ', `the digests of ${groups.join(' and ')}`]];
}

function names({ monitor, world }: Stage, agents: readonly VirtualAgent[]): Difference[] {
  const holders = new Map(
    agents.flatMap((agent) => {
      const peerId = agent.transport()?.peerId;
      return peerId !== undefined && world.agent(agent.node) === agent ? [[agent.node, peerId] as const] : [];
    }),
  );
  return agents.flatMap(({ host }) => {
    const held = monitor.holdings(host.kept).holders;
    const wrong = [...holders].filter(([node, peerId]) => held.get(node) !== peerId).map(([node]) => node);
    return wrong.length === 0 ? [] : [['names-differ', `${host.name} knows other keys of ${wrong.join()}`] as const];
  });
}

/** All that agents who live have said, and all that anybody has heard of the others. */
function events({ monitor }: Stage, agents: readonly VirtualAgent[]): Difference[] {
  const said = new Set(agents.flatMap((agent) => agent.said));
  return agents.flatMap(({ host, said: own }): Difference[] => {
    const missing = said.difference(monitor.holdings(host.kept).messages).difference(new Set(own));
    return missing.size === 0 ? [] : [['event-lost', `${host.name} lacks ${missing.size}, as ${[...missing][0]}`]];
  });
}

function versions({ world }: Stage, agents: readonly VirtualAgent[]): Difference[] {
  const nodes = new Set([...world.homes.keys()].filter((node) => !world.removed.has(node)));
  return agents.flatMap((agent): Difference[] => {
    const { peers } = agent.mesh.state();
    const late = peers.filter(({ report }) => {
      const truth = world.agent(report.node)?.version;
      return truth !== undefined && versionOf(report) !== truth;
    });
    const stale = peers.filter(({ report, freshness }) => freshness !== 'current' && nodes.has(report.node));
    if (stale.length > 0) {
      return stale.map(({ report, freshness }) => [
        'update-lost',
        `${agent.host.name} has a report of ${report.node} that is ${freshness}`,
      ]);
    }
    return late.map(({ report }) => [
      'update-lost',
      `${agent.host.name} has ${report.results[0]?.why} of ${report.node}, not ${world.agent(report.node)?.version}`,
    ]);
  });
}

function future({ monitor, world }: Stage, agents: readonly VirtualAgent[]): Difference[] {
  // Its author has not kept it, and may have told nobody.
  const isOwn = (agent: VirtualAgent, key: string): boolean => {
    const author = authorOf(agent.transport()?.peerId ?? '');
    return author !== undefined && key.startsWith(`${prefixOf(author)}/`);
  };
  const known = new Set([
    ...world.told,
    ...agents.flatMap((agent) => [...monitor.holdings(agent.host.kept).unknown].filter((key) => !isOwn(agent, key))),
  ]);
  return agents.flatMap((agent): Difference[] => {
    const { host } = agent;
    const lacking = known.difference(monitor.holdings(host.kept).unknown);
    const missing = new Set([...lacking].filter((key) => !isOwn(agent, key)));
    return missing.size === 0 ? [] : [['unknown-lost', `${host.name} lacks ${[...missing].join()}`]];
  });
}
