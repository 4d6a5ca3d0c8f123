/** Questions between agents over real connections: neighbours, others, older agents, and those that keep no rules. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { createLog } from '../../agent/base/log.ts';
import { createConduct } from '../../agent/mesh/conduct/conduct.ts';
import { ASK_PROTOCOL, FRAME_LIMITS, STREAM_LIMITS } from '../../agent/mesh/questions/protocol.ts';
import { type AskingPart, createQuestions } from '../../agent/mesh/questions/questions.ts';
import type { OpenResult, Transport } from '../../agent/mesh/transport/types.ts';
import { type AskResult, MAX_ANSWER_BYTES, type QuestionHandler } from '../../agent/model/questions.ts';
import { type TestCluster, createTestCluster } from './mesh-compose-support/cluster.ts';
import { makeLibp2p, until } from './mesh-transport-support/libp2p-harness.ts';

const never = new AbortController().signal;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Agent {
  readonly transport: Transport;
  readonly questions: AskingPart;
  readonly conduct: ReturnType<typeof createConduct>;
  readonly handlers: Map<string, QuestionHandler>;
}

const made: { readonly transport: Transport; readonly questions?: AskingPart }[] = [];
afterEach(async () => {
  for (const { questions } of made) questions?.stop();
  await Promise.all(made.splice(0).map(({ transport }) => transport.stop()));
});

/** They are named for their PeerIds, and know of each other where they listen. */
async function startAgent(): Promise<Agent> {
  const { transport } = await makeLibp2p();
  const conduct = createConduct(systemClock);
  const handlers = new Map<string, QuestionHandler>([['echo', async (question, { node }) => [question, node]]]);
  const questions = createQuestions({
    transport,
    clock: systemClock,
    log: createLog('silent', 'n'),
    self: { name: transport.peerId, peerId: transport.peerId },
    peerIdOf: (node) => node,
    nameOf: (peerId) => peerId,
    addressesOf: (peerId) => made.find((one) => one.transport.peerId === peerId)?.transport.listening() ?? [],
    isNeighbour: () => false,
    handlerOf: (subject) => handlers.get(subject),
    onMisdeed: (peerId, misdeed) => conduct.note(peerId, misdeed),
  });
  const agent = { transport, questions, conduct, handlers };
  made.push(agent);
  return agent;
}

const connect = async (from: Transport, to: Transport): Promise<void> => {
  await from.connect(to.listening(), to.peerId, never);
  await until(() => to.peers().some(({ peerId }) => peerId === from.peerId), 'connected');
};
const at = <T>(list: readonly T[], index: number): T => list[index] ?? expect.fail('nobody');
const whyOf = (result: AskResult): string => (result.kind === 'failed' ? result.why : 'answer');

describe('four agents in a row', () => {
  it('ask the next one and the last one, to whom nobody had a connection', async () => {
    const agents = [await startAgent(), await startAgent(), await startAgent(), await startAgent()];
    for (let index = 0; index < 3; index += 1)
      await connect(at(agents, index).transport, at(agents, index + 1).transport);
    const [first, next, last] = [at(agents, 0), at(agents, 1), at(agents, 3)];
    const text = 'x'.repeat(MAX_ANSWER_BYTES - 2);
    last.handlers.set('long', async () => text);
    const own = first.transport.peerId;

    const startedAt = performance.now();
    expect(await first.questions.ask(next.transport.peerId, 'echo', 1)).toMatchObject({ value: [1, own] });
    const nextMs = performance.now() - startedAt;
    expect(await first.questions.ask(last.transport.peerId, 'echo', 2)).toMatchObject({ value: [2, own] });
    const dialledMs = performance.now() - startedAt - nextMs;
    const long = await first.questions.ask(last.transport.peerId, 'long', 3);
    const longMs = performance.now() - startedAt - nextMs - dialledMs;
    print(`a neighbour ${nextMs.toFixed(0)} ms, dialled ${dialledMs.toFixed(0)} ms, a MiB ${longMs.toFixed(0)} ms`);

    expect(long).toMatchObject({ kind: 'answer', value: text });
    expect(first.questions.counts().visits).toBe(1);
    expect(agents.map(({ transport }) => transport.peers().length)).toEqual([2, 2, 2, 2]);
  });
});

describe('two whole agents', () => {
  let cluster: TestCluster;
  afterEach(() => cluster.stop());

  it('ask each other by name', async () => {
    cluster = await createTestCluster();
    const [one, two] = [await cluster.start(1), await cluster.start(2)];
    two.mesh.answer('feed', async (question, { node }) => ({ question, node }));
    await until(() => one.mesh.state().mesh.settled && one.mesh.members().length === 2, 'both know each other');

    expect(await one.mesh.ask('node-2', 'feed', [1, 2])).toEqual({
      kind: 'answer',
      node: 'node-2',
      value: { question: [1, 2], node: 'node-1' },
    });
    expect(whyOf(await two.mesh.ask('node-1', 'feed', 1))).toBe('unsupported');
    await one.kill();
    expect(whyOf(await two.mesh.ask('node-1', 'feed', 1))).toMatch(/^(not-connected|closed)$/);
  });
});

describe('an agent', () => {
  it('of before the protocol is told apart, and stays connected', async () => {
    const agent = await startAgent();
    const { transport } = await makeLibp2p();
    made.push({ transport });

    const result = await agent.questions.ask(transport.peerId, 'echo', 1);
    expect(whyOf(result)).toBe('unsupported');
    expect(agent.transport.peers()).toHaveLength(1);
  });

  it('goes on answering others while a peer opens a hundred streams, sends noise and asks without end', async () => {
    const [agent, good] = [await startAgent(), await startAgent()];
    const { transport: evil } = await makeLibp2p();
    made.push({ transport: evil });
    const { peerId } = agent.transport;
    let asked = 0;
    agent.handlers.set('echo', async (question) => ((asked += 1), question));
    await connect(evil, agent.transport);
    const opened: OpenResult[] = await Promise.all(
      Array.from({ length: 100 }, () => evil.open(peerId, ASK_PROTOCOL, FRAME_LIMITS, never)),
    );
    const streams = opened.flatMap((one) => (one.kind === 'open' ? one.stream : []));
    const startedAt = performance.now();
    expect(await good.questions.ask(peerId, 'echo', 'mine')).toMatchObject({ value: 'mine' });
    print(
      `${streams.length} of 100 streams open; another is answered after ${Math.round(performance.now() - startedAt)} ms`,
    );
    for (const stream of streams) void stream.send(new Uint8Array(1000).fill(9), never);
    await sleep(200);
    for (const stream of streams) stream.abort();

    expect(agent.conduct.isRefused(evil.peerId)).toBe(true);
    const before = asked;
    const question = Buffer.concat([Buffer.of(1), Buffer.from('["echo",1]')]);
    for (let round = 0; round < 300; round += 1) {
      const one = await evil.open(peerId, ASK_PROTOCOL, STREAM_LIMITS, never);
      if (one.kind !== 'open') continue;
      await one.stream.send(question, never);
      await one.stream.receive(AbortSignal.timeout(1000));
      one.stream.abort();
    }
    const seconds = (performance.now() - startedAt) / 1000;
    print(`300 questions: ${asked - before} answered in ${seconds.toFixed(1)} s`);
    expect(asked - before).toBeLessThanOrEqual(40 + 4 * seconds);
    expect(await good.questions.ask(peerId, 'echo', 'again')).toMatchObject({ value: 'again' });
  });
});
