/** How each fault begins and ends in a virtual cluster, and by when everybody must know. */
import { beginRemoval, beginTwin } from './faults/names.ts';
import { beginLoss, beginReinstall, beginRestart } from './faults/losses.ts';
import { beginCut, beginPartition } from './faults/paths.ts';
import { beginFreeze, beginStarvation, beginStutter } from './faults/pauses.ts';
import { BACK_MS, type Running, STARTED_MS, type Stage } from './faults/stage.ts';
import { beginBurst, beginFuture, forge } from './faults/words.ts';
import type { Fault } from './schedule.ts';
import type { World } from './world.ts';

/** @param isAlone nothing else is wrong meanwhile */
export function beginFault(stage: Stage, named: Fault, isAlone: boolean): Running {
  const { world } = stage;
  const fault = atHome(world, named);
  switch (fault.kind) {
    case 'crash':
    case 'power-off':
      return beginLoss(stage, fault);
    case 'freeze':
      return beginFreeze(world, fault.hosts);
    case 'stutter':
      return beginStutter(stage, fault.hosts);
    case 'starve':
      return beginStarvation(stage, fault);
    case 'partition':
      return beginPartition(world, fault, isAlone);
    case 'cut':
      return beginCut(world, fault);
    case 'loss':
      world.network.setLoss(fault.ratio);
      return { healedAfterMs: BACK_MS, end: () => world.network.setLoss(0) };
    case 'slow':
      world.network.slow(fault.host, fault.byMs);
      return { healedAfterMs: BACK_MS, end: () => world.network.slow(fault.host, 0) };
    case 'clock':
      world.host(fault.host).aheadMs += fault.byMs;
      return { healedAfterMs: BACK_MS, end: () => {} };
    case 'restart':
      return beginRestart(stage, fault.hosts, isAlone);
    case 'join':
      world.start(fault.host);
      return { healedAfterMs: STARTED_MS, end: () => {} };
    default:
      return beginOddity(stage, fault, isAlone);
  }
}

/** Nodes that have moved are met where they are now. */
const atHome = (world: World, fault: Fault): Fault =>
  JSON.parse(JSON.stringify(fault), (_, value: unknown) =>
    typeof value === 'string' ? (world.homes.get(value) ?? value) : value,
  ) as Fault;

type Oddity = Exclude<
  Fault,
  {
    kind:
      | 'crash'
      | 'power-off'
      | 'freeze'
      | 'stutter'
      | 'partition'
      | 'cut'
      | 'loss'
      | 'slow'
      | 'clock'
      | 'restart'
      | 'join';
  }
>;

/** What is wrong with who somebody is, or with what is said. */
function beginOddity(stage: Stage, fault: Oddity, isAlone: boolean): Running {
  const { world } = stage;
  switch (fault.kind) {
    case 'reinstall':
      return beginReinstall(stage, fault);
    case 'impostor':
    case 'clone':
      return beginTwin(stage, fault);
    case 'copy': {
      const [original, copy] = [world.host(fault.host), world.host(fault.spare)];
      copy.files = new Map(original.files);
      world.start(fault.spare);
      return { healedAfterMs: STARTED_MS, end: () => {} };
    }
    case 'remove':
      return beginRemoval(world, fault);
    case 'forge':
      forge(world, fault);
      return { healedAfterMs: BACK_MS, end: () => {} };
    case 'burst':
      return beginBurst(world, fault);
    case 'future':
      return beginFuture(stage, fault.host, isAlone);
    default:
      throw new Error('no such fault');
  }
}
