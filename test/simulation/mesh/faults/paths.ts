/** What becomes of the paths between hosts. */
import type { Fault } from '../schedule.ts';
import type { World } from '../world.ts';
import { BACK_MS, FEW_LEFT_MS, PARTED_MS, type Running } from './stage.ts';

/** @param isAlone nothing else is wrong meanwhile */
export function beginPartition(
  world: World,
  { groups, withoutGateway }: Extract<Fault, { kind: 'partition' }>,
  isAlone: boolean,
): Running {
  const { network } = world;
  const all = [...world.hosts.keys()];
  // Hosts that came later are with the first.
  const rest = all.filter((host) => !groups.flat().includes(host));
  const sides = groups.map((group, index) => (index === 0 ? [...group, ...rest] : group));
  const paths = all.flatMap((from) =>
    all.flatMap((to) => (sides.some((side) => side.includes(from) && side.includes(to)) ? [] : [[from, to] as const])),
  );
  for (const [from, to] of paths) network.cut(from, to);
  for (const host of withoutGateway) network.host(host).hasGateway = false;
  if (isAlone) world.sides = sides;
  return {
    knownAfterMs: world.names.length <= 8 ? PARTED_MS : FEW_LEFT_MS,
    healedAfterMs: BACK_MS,
    end() {
      for (const [from, to] of paths) network.mend(from, to);
      for (const host of withoutGateway) network.host(host).hasGateway = true;
    },
  };
}

export function beginCut({ network }: World, { pairs, oneWay }: Extract<Fault, { kind: 'cut' }>): Running {
  const paths = pairs.flatMap(([from, to]) => [[from, to] as const, ...(oneWay ? [] : [[to, from] as const])]);
  for (const [from, to] of paths) network.cut(from, to);
  return {
    healedAfterMs: BACK_MS,
    end: () => paths.forEach(([from, to]) => network.mend(from, to)),
  };
}
