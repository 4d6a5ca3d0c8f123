/** Responders and an agent with real datagrams on loopback; the time is the test's own. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeClock, createFakeClock } from '../../../test/lib/fake-clock.ts';
import type { OverlayPath, OverlayView } from '../../../checks/types.ts';
import { createLog } from '../../base/log.ts';
import type { KnockAt } from '../knock.ts';
import { encodeFrame } from './frame.ts';
import { createKeyring } from './keys.ts';
import { type OverlayPort, type OverlayTarget, createOverlayPort } from './port.ts';
import { ROUND_MS, type Responder, startResponder } from './responder.ts';

const keyOf = (byte: number) => ({ id: `0000000${byte}`, secret: new Uint8Array(32).fill(byte) });
const [OLD, NEW, FOREIGN] = [keyOf(1), keyOf(2), keyOf(3)];
/** The discard service. */
const NOBODY = 9;
const [HERE, THERE] = ['127.0.77.1', '127.0.77.2'];

let clock: FakeClock;
let agent: OverlayPort;
let agentPort: number;
let port: number;
let targets: readonly OverlayTarget[];
let moves: (readonly string[])[];
let knocked: string[];
let told: string[];
/** What there is to say of an address; undefined: somebody is there. */
let silence: string | undefined;
const running: { stop(): Promise<void> }[] = [];

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port: free } = socket.address();
  await new Promise<void>((resolve) => void socket.close(() => resolve()));
  return free;
};
const knockAt: KnockAt = async (address) => {
  knocked.push(address);
  return silence;
};
const tell = (line: string): void => void told.push(line);
const respond = async (address: string, keys = [OLD], mtu = 1450): Promise<Responder> => {
  const options = { addresses: [address], port, agent: { address: '127.0.0.1', port: agentPort } };
  const responder = await startResponder(options, {
    clock,
    keys: createKeyring(keys),
    mtuOf: () => mtu,
    knockAt,
    tell,
  });
  running.push(responder);
  return responder;
};
/** Of another node: it calls nobody here. */
const respondElsewhere = async (keys = [OLD], mtu = 1450): Promise<Responder> => {
  const options = { addresses: [THERE], port, agent: { address: '127.0.0.1', port: NOBODY } };
  const responder = await startResponder(options, {
    clock,
    keys: createKeyring(keys),
    mtuOf: () => mtu,
    knockAt,
    tell,
  });
  running.push(responder);
  return responder;
};
const startAgent = (): OverlayPort => {
  const started: OverlayPort = createOverlayPort(agentPort, {
    clock,
    log: createLog('error', 'test'),
    targets: () => targets,
    onMoved: () => moves.push(started.podAddresses()),
  });
  started.admit([OLD, NEW]);
  started.start();
  running.push(started);
  return started;
};
/** Datagrams arrive in real time. */
const until = (isSo: (view: OverlayView) => boolean): Promise<void> =>
  vi.waitFor(() => expect(isSo(agent.view()), JSON.stringify(agent.view())).toBe(true), { timeout: 5000, interval: 2 });
const pathIn = (view: OverlayView): OverlayPath | undefined => (view.kind === 'known' ? view.paths[0] : undefined);
/** Rounds, each with more than the time that its datagrams usually take. */
const rounds = async (count: number): Promise<void> => {
  for (let round = 0; round < count; round += 1) {
    await clock.advance(ROUND_MS);
    await sleep(10);
  }
};
const roundsUntil = async (isSo: (view: OverlayView) => boolean): Promise<void> => {
  for (let round = 0; round < 100 && !isSo(agent.view()); round += 1) await rounds(1);
  expect(isSo(agent.view()), JSON.stringify(agent.view())).toBe(true);
};

beforeEach(async () => {
  clock = createFakeClock();
  [agentPort, port, targets, moves] = [await freePort(), await freePort(), [], []];
  [knocked, told, silence] = [[], [], undefined];
  agent = startAgent();
  await sleep(5);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

it('there is none before one calls', () => {
  expect(agent.view()).toEqual({ kind: 'none', why: 'no overlay responder has called this agent' });
  expect(agent.podAddresses()).toEqual([]);
});

it('says once for people that its agent is silent, and that it answers again', async () => {
  await agent.stop();
  await respond(HERE);
  await rounds(13);
  expect(told).toEqual([]);
  await rounds(10);
  expect(told).toEqual([
    `the agent at 127.0.0.1:${agentPort}/udp has not answered for half a minute: where it runs, a firewall keeps its own pods from that port, or it has another key`,
  ]);

  agent = startAgent();
  await sleep(5);
  for (let round = 0; round < 100 && told.length < 2; round += 1) await rounds(1);
  expect(told[1]).toBe(`the agent at 127.0.0.1:${agentPort}/udp answers again`);
});

it('calls, is told whom to ping, and tells what it found', async () => {
  await respondElsewhere();
  await respond(HERE);
  await until(({ kind }) => kind === 'known');
  expect([agent.view(), moves]).toEqual([{ kind: 'known', reached: false, paths: [] }, [[HERE]]]);

  targets = [
    { node: 'b', addresses: [THERE] },
    { node: 'six', addresses: ['fd00::5'] },
  ];
  await roundsUntil((view) => pathIn(view)?.full?.misses === 0 && pathIn(view)?.short.misses === 0);
  expect(agent.view()).toMatchObject({
    kind: 'known',
    reached: true,
    paths: [{ node: 'b', address: THERE, short: { misses: 0 }, full: { bytes: 1450, misses: 0 } }],
  });
  expect(pathIn(agent.view())?.rttMs).toBeGreaterThanOrEqual(0);

  // Every answer counts, not the first alone.
  await roundsUntil((view) => {
    const { short, full } = pathIn(view) ?? {};
    return (short?.sent ?? 0) - (short?.lost ?? 0) >= 4 && (full?.sent ?? 0) - (full?.lost ?? 0) >= 2;
  });

  targets = [];
  await roundsUntil((view) => pathIn(view) === undefined);
});

it('pings no longer than the other end takes', async () => {
  await respondElsewhere([OLD], 1280);
  await respond(HERE, [OLD], 9000);
  targets = [{ node: 'b', addresses: [THERE] }];
  await roundsUntil((view) => pathIn(view)?.full?.bytes === 1280);
});

it('counts what the other end does not answer', async () => {
  const other = await respondElsewhere();
  await respond(HERE);
  targets = [{ node: 'b', addresses: [THERE] }];
  await roundsUntil((view) => view.kind === 'known' && view.reached);
  await other.stop();
  await roundsUntil((view) => (pathIn(view)?.short.misses ?? 0) >= 8);
  expect(pathIn(agent.view())).toMatchObject({ short: { lost: expect.any(Number) }, full: { bytes: 1450 } });
});

it('is known by either of two keys', async () => {
  await respondElsewhere([OLD]);
  await respond(HERE, [NEW, OLD]);
  targets = [{ node: 'b', addresses: [THERE] }];
  await roundsUntil((view) => view.kind === 'known' && view.reached);
});

it('with a key of others is said to have one', async () => {
  await respond(HERE, [FOREIGN]);
  await until(({ kind }) => kind === 'unknown');
  expect(agent.view()).toEqual({
    kind: 'unknown',
    why: 'an overlay responder calls with a key that this agent does not accept',
  });
  expect(agent.podAddresses()).toEqual([]);
});

it('without a key calls nobody', async () => {
  await respond(HERE, []);
  await rounds(4);
  expect(agent.view()).toMatchObject({ kind: 'none' });
});

/** What a pod with the key of the responders may send. */
const call = async (from: string, more: Readonly<Record<string, unknown>>): Promise<void> => {
  const signer = createKeyring([OLD]).signers[0];
  if (signer === undefined) throw new Error('a key');
  const message = { startedAt: clock.now(), addresses: [HERE], reached: 1, leaving: 0, paths: [], ...more };
  const socket = createSocket('udp4').bind(0, from);
  await once(socket, 'listening');
  const frame = { kind: 'call', nonce: '00'.repeat(8), body: Buffer.from(JSON.stringify(message)) } as const;
  await new Promise<void>((sent) => {
    socket.send(encodeFrame(frame, signer), agentPort, '127.0.0.1', () => sent());
  });
  socket.close();
};

it.each<[string, string, Readonly<Record<string, unknown>>]>([
  ['in the name of another', THERE, {}],
  ['from the future', HERE, { startedAt: 1e300 }],
])('is not believed %s', async (_, from, more) => {
  await call(from, more);
  await sleep(50);
  expect(agent.view()).toMatchObject({ kind: 'none' });
});

it('that is told whom to ping and pings nobody does not hear this agent', async () => {
  targets = [{ node: 'b', addresses: [THERE] }];
  for (let calls = 0; calls < 8; calls += 1) {
    await clock.advance(ROUND_MS);
    await call(HERE, {});
    await sleep(10);
  }
  await until(({ kind }) => kind === 'unknown');
  expect(agent.view()).toEqual({
    kind: 'unknown',
    why: 'the overlay responder of this node calls and does not hear the answers',
  });
});

it('that is started anew in the middle of a fault is not taken for one that never was answered', async () => {
  const other = await respondElsewhere();
  const own = await respond(HERE);
  targets = [{ node: 'b', addresses: [THERE] }];
  await roundsUntil((view) => view.kind === 'known' && view.reached);
  await Promise.all([other.stop(), own.stop()]);
  await clock.advance(ROUND_MS);
  await respond(HERE);
  await roundsUntil((view) => (pathIn(view)?.short.misses ?? 0) >= 3);
  expect(agent.view()).toMatchObject({ kind: 'known', reached: true });
});

it('that ends says so', async () => {
  const own = await respond(HERE);
  await until(({ kind }) => kind === 'known');
  await own.stop();
  await until(({ kind }) => kind === 'unknown');
  expect(agent.podAddresses()).toEqual([]);
  expect(moves).toEqual([[HERE], []]);
});

it('that is replaced is followed, whatever the older one still says', async () => {
  await respond(HERE);
  await until(({ kind }) => kind === 'known');
  await clock.advance(500);
  await respond(THERE);
  await vi.waitFor(() => expect(agent.podAddresses()).toEqual([THERE]));
  await rounds(3);
  expect(agent.podAddresses()).toEqual([THERE]);
});

it('that calls no more is told as unknown', async () => {
  await call(HERE, {});
  await until(({ kind }) => kind === 'known');
  await clock.advance(8000);
  expect(agent.view()).toEqual({ kind: 'unknown', why: 'the overlay responder of this node has not called for 8 s' });
  expect(moves).toEqual([[HERE], []]);
});

describe('a knock', () => {
  const never = new AbortController().signal;
  const POD = '10.244.1.9';
  /** The answer of the responder, or none in the time that there is. */
  const knock = async (addresses: readonly string[] = [POD], signal = never) => {
    const said = agent.knock(addresses, signal);
    await sleep(30);
    await clock.advance(1500);
    return said;
  };

  it('is made by the responder of this node, at the first address of a family of its own', async () => {
    await respond(HERE);
    await until(({ kind }) => kind === 'known');
    expect(await knock(['fd00::9', POD, '10.244.1.10'])).toBe('answered');
    expect(knocked).toEqual([POD]);
    await rounds(5);
    silence = 'no answer';
    expect(await knock()).toBe('silent');
  });

  it('is not made twice within ten seconds, nor at what no pod is', async () => {
    await respond(HERE);
    await until(({ kind }) => kind === 'known');
    expect(await knock(['169.254.169.254'])).toBeUndefined();
    await rounds(1);
    expect(await knock()).toBe('answered');
    await rounds(1);
    expect(await knock()).toBeUndefined();
    expect(knocked).toEqual([POD]);
  });

  it('is asked for of nobody where there is no responder, none of the family, or no time', async () => {
    expect(await knock()).toBeUndefined();
    const own = await respond(HERE);
    await until(({ kind }) => kind === 'known');
    expect(await knock(['fd00::9'])).toBeUndefined();
    expect(await knock([POD], AbortSignal.abort())).toBeUndefined();
    await own.stop();
    await until(({ kind }) => kind === 'unknown');
    expect(await knock()).toBeUndefined();
    expect(knocked).toEqual([]);
  });

  it('ends with its signal', async () => {
    await call(HERE, {});
    await until(({ kind }) => kind === 'known');
    const gone = new AbortController();
    const said = agent.knock([POD], gone.signal);
    gone.abort();
    expect(await said).toBeUndefined();
  });

  /** Sends a frame to the responder at HERE, with what an agent, or anybody with the key, may know. */
  const request = async (nonce: string, from = '127.0.0.1'): Promise<void> => {
    const signer = createKeyring([OLD]).signers[0];
    if (signer === undefined) throw new Error('a key');
    const socket = createSocket('udp4').bind(0, from);
    await once(socket, 'listening');
    const body = Buffer.from(JSON.stringify({ address: POD }));
    await new Promise<void>((sent) => {
      socket.send(encodeFrame({ kind: 'knock', nonce, body }, signer), port, HERE, () => sent());
    });
    socket.close();
    await sleep(30);
  };

  it('is made for the agent of this node alone: who has the key and was not called is not heard', async () => {
    await respond(HERE);
    await until(({ kind }) => kind === 'known');
    await request('00'.repeat(8));
    await request('ab'.repeat(8), THERE);
    expect(knocked).toEqual([]);
  });

  it('is made once for a call, however often it is repeated', async () => {
    const calls: string[] = [];
    await agent.stop();
    const ears = createSocket('udp4').bind(agentPort, '127.0.0.1');
    await once(ears, 'listening');
    ears.on('message', (message) => calls.push(message.toString('hex', 8, 16)));
    await respond(HERE);
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await request(calls[0] ?? '');
    expect(knocked).toEqual([POD]);
    for (let round = 0; round < 6; round += 1) {
      await clock.advance(ROUND_MS);
      await sleep(5);
    }
    await request(calls[0] ?? '');
    expect(knocked).toEqual([POD]);
    await request(calls.at(-2) ?? '');
    expect(knocked).toEqual([POD, POD]);
    await new Promise<void>((resolve) => void ears.close(() => resolve()));
  });
});

it('cannot call where the port is taken, which is said, and tried again', async () => {
  await agent.stop();
  const other = createSocket('udp4').bind(agentPort, '0.0.0.0');
  await once(other, 'listening');
  agent = startAgent();
  await until(({ kind }) => kind === 'unknown');
  expect(agent.view()).toEqual({ kind: 'unknown', why: `cannot listen on 0.0.0.0:${agentPort}/udp: EADDRINUSE` });
  await new Promise<void>((resolve) => void other.close(() => resolve()));
  await clock.advance(30_000);
  await until(({ kind }) => kind === 'none');
});
