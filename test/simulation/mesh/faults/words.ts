/** What is said: much at once, of a later version, or in another's name. */
import { encodePayload } from '../../../../agent/mesh/codec/payload.ts';
import { REPORT, encodeReport } from '../../../../agent/mesh/codec/report.ts';
import { encodeEnvelope, signEnvelope } from '../../../../agent/mesh/envelope/envelope.ts';
import { authorOf, prefixOf } from '../../../../agent/mesh/identity/peer-id.ts';
import { aReport, aResult } from '../../../lib/fixtures.ts';
import { versionText } from '../agent.ts';
import type { Fault } from '../schedule.ts';
import type { World } from '../world.ts';
import { clusterId, inject } from './inject.ts';
import { BACK_MS, type Running, type Stage } from './stage.ts';

/** No version of any report is this high. */
const NEVER = 999_999;

export function beginBurst(world: World, { host, count }: Extract<Fault, { kind: 'burst' }>): Running {
  const agent = world.agent(world.nodeAt(host));
  if (agent === undefined) return { healedAfterMs: BACK_MS, end() {} };
  for (let at = 0; at < count; at += 1) world.say(agent, `burst ${at} of ${host} at ${world.queue.now()}`);
  return { knownAfterMs: 0, healedAfterMs: BACK_MS, end() {} };
}

export function beginFuture({ world, monitor }: Stage, host: string, isAlone: boolean): Running {
  const agent = world.agent(world.nodeAt(host));
  if (agent !== undefined) {
    inject(agent, (keys) => signEnvelope('future', encodePayload([1, 1, 1, agent.node, 'x']), keys, clusterId()));
    // It went past the writer's own book.
    const key = authorOf(agent.transport()?.peerId ?? '');
    if (key !== undefined) monitor.holdings(agent.host.kept).unknown.add(`${prefixOf(key)}/future`);
    if (key !== undefined && isAlone) world.told.add(`${prefixOf(key)}/future`);
  }
  return { healedAfterMs: BACK_MS, end() {} };
}

/** Under the next sequence of the victim, signed by somebody else. */
export function forge(world: World, { host, victim }: Extract<Fault, { kind: 'forge' }>): void {
  const [agent, of] = [world.agent(world.nodeAt(host)), world.agent(world.nodeAt(victim))];
  const author = of === undefined ? undefined : authorOf(of.transport()?.peerId ?? '');
  if (agent === undefined || of === undefined || author === undefined) return;
  const { boot, sequence } = of.mesh.counts()?.position ?? { boot: 1, sequence: 1 };
  const report = aReport([aResult({ status: 'unknown', why: versionText(NEVER) })], { node: of.node });
  const payload = encodeReport(
    { boot, sequence: sequence + 1, contentSequence: sequence + 1 },
    { report, madeAt: 1, edges: [], store: { state: 'ok', since: 1, message: '' }, addresses: [] },
  );
  world.forgeries += 1;
  inject(agent, (keys) => {
    const signed = signEnvelope(REPORT, payload, keys, clusterId());
    return encodeEnvelope({
      type: REPORT,
      author,
      signature: signed.subarray(2 + REPORT.length + 32, 2 + REPORT.length + 96),
      payload,
    });
  });
}
