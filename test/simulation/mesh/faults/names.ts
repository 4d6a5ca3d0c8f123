/** Two agents of one name or one key, and members that are taken from the cluster. */
import type { ForgetOutcome } from '../../../../agent/model/forget-outcome.ts';
import type { VirtualAgent } from '../agent.ts';
import type { Fault } from '../schedule.ts';
import type { World } from '../world.ts';
import { BACK_MS, RENAMED_MS, type Running, type Stage } from './stage.ts';

/** How an agent tells that it is one of two. */
const isTold = ({ mesh }: VirtualAgent, name: string): boolean =>
  mesh.state().mesh.conflicts.some((conflict) => conflict.kind === 'name' && conflict.name === name);

export function beginTwin(
  { world, truth, monitor }: Stage,
  { kind, host, spare }: Extract<Fault, { kind: 'impostor' | 'clone' }>,
): Running {
  const [original, twin] = [world.host(host), world.host(spare)];
  const node = world.nodeAt(host);
  const holder = original.agent?.transport()?.peerId;
  truth.dispute(node);
  if (kind === 'clone') {
    twin.files = new Map(original.files);
    twin.machineId = original.machineId;
  }
  world.start(spare, node);
  return {
    healedAfterMs: RENAMED_MS,
    check() {
      const others = world.agents().filter(({ host: at }) => at !== original && at !== twin);
      const silent = others.filter((agent) => !isTold(agent, node));
      const robbed = world
        .agents()
        .filter(({ host: at }) => kind === 'impostor' && at !== twin)
        .filter(({ host: at }) => at !== original)
        .filter(({ host: at }) => monitor.holdings(at.kept).holders.get(node) !== holder);
      return [
        ...silent.map((agent) => `${agent.host.name} does not tell of the conflict over ${node}`),
        ...robbed.map((agent) => `${agent.host.name} has taken ${node} from who lives`),
      ];
    },
    end: () => world.crash(spare),
  };
}

/** A person says to one of the others that it does not come back, once that one knows that it is down. */
export function beginRemoval(world: World, { host, forGood, absent }: Extract<Fault, { kind: 'remove' }>): Running {
  const node = world.nodeAt(host);
  const asked = world.agents().find((one) => one.host.name !== host && one.host.name !== absent);
  if (world.agent(node) === undefined || asked === undefined) return { healedAfterMs: BACK_MS, end() {} };
  world.crash(host);
  if (absent !== undefined) world.crash(absent);
  let outcome: ForgetOutcome | undefined;
  world.queue.after(4000, () => {
    world.removed.add(node);
    asked.process.run(() => void (outcome = asked.mesh.forget(node)));
  });
  return {
    healedAfterMs: RENAMED_MS,
    check() {
      const others = world.agents().filter(({ host: at }) => at.name !== host);
      const late = others.filter(({ mesh }) =>
        mesh.state().mesh.members.some(({ name, state }) => name === node && state !== 'left'),
      );
      const refusal = outcome?.kind === 'forgotten' ? [] : [`${asked.host.name} forgets ${node}: ${outcome?.kind}`];
      return [...refusal, ...late.map(({ host: at }) => `${at.name} still expects ${node}`)];
    },
    end() {
      if (absent !== undefined) world.start(absent);
      if (forGood) return;
      world.removed.delete(node);
      world.start(host);
    },
  };
}
