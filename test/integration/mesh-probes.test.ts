import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { Answered, Missed, Observation } from '../../agent/mesh/probes/observation.ts';
import { followUp, type Place, startTestAgent, targetAt, type TestAgent } from './mesh-probes-support/agents.ts';
import { killAll, startChild, startScript } from './mesh-probes-support/process.ts';

const PORT = 17_576;
const place = (last: number): Place => ({ name: `node-${last}`, host: `127.0.76.${last}`, port: PORT });
const agents: TestAgent[] = [];
const closers: (() => void)[] = [];

const start = async (at: Place, key?: Uint8Array): Promise<TestAgent> => {
  const agent = await startTestAgent(at, key);
  agents.push(agent);
  return agent;
};

/** The first observation that fits, from `since` on; fails the test after 10 s. */
async function waitFor<Kind extends Observation>(
  agent: TestAgent,
  fits: (observation: Observation) => observation is Kind,
  since = 0,
): Promise<Kind> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const found = agent.seen.slice(since).find(fits);
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error(`not seen in 10 s; seen: ${JSON.stringify(agent.seen.slice(since))}`);
}
const isMissed = (observation: Observation): observation is Missed => observation.kind === 'missed';
const isAnswered = (observation: Observation): observation is Answered => observation.kind === 'answered';
const isLook = (observation: Observation) => observation.kind === 'tcp-look';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await Promise.all(agents.splice(0).map(({ probes }) => probes.stop()));
  await killAll();
});

it('eight agents that probe each other for 20 s miss nothing', async () => {
  const places = Array.from({ length: 8 }, (_, index) => place(index + 1));
  const all = await Promise.all(places.map((at) => start(at)));
  all.forEach((agent, index) => followUp(agent, places.toSpliced(index, 1)));
  await sleep(20_000);
  const answers = all.flatMap(({ seen }) => seen.filter(isAnswered));
  const rtts = answers.flatMap(({ rttMs }) => rttMs ?? []).toSorted((a, b) => a - b);
  print(
    `8 agents, 20 s: ${answers.length} answers, round trip median ${rtts[rtts.length >> 1]?.toFixed(2)} ms, worst ${rtts.at(-1)?.toFixed(1)} ms`,
  );
  expect(answers.length).toBeGreaterThan(8 * 7 * 15);
  expect(all.flatMap(({ seen }) => seen.filter(isMissed))).toEqual([]);
  expect(all.flatMap(({ seen }) => seen.filter(isLook))).toEqual([]);
  for (const { loss, clock } of answers) {
    expect(loss.roundTrip.lost + loss.toPeer.lost + loss.fromPeer.lost).toBe(0);
    // All share one clock.
    if (clock !== undefined) expect(Math.abs(clock.offsetMs)).toBeLessThan(clock.uncertaintyMs + 1);
  }
  // Every agent also hears that its peers' pings arrive.
  expect(all.every(({ seen }) => seen.some(({ kind }) => kind === 'pinged'))).toBe(true);
});

it('knows that a killed agent is gone with the next ping', async () => {
  const victim = await startChild(place(1));
  const observer = await start(place(2));
  followUp(observer, [place(1)]);
  await waitFor(observer, isAnswered);
  const since = observer.seen.length;
  victim.signal('SIGKILL');
  await once(victim.child, 'exit');
  const missed = await waitFor(observer, isMissed, since);
  const look = await waitFor(observer, isLook, since);
  print(`killed: refused ${(missed.at - missed.sentAt).toFixed(2)} ms after the ping`);
  expect(missed.cause).toBe('refused');
  expect(missed.at - missed.sentAt).toBeLessThan(100);
  expect(look).toMatchObject({ result: 'refused' });
});

it('sees a stopped agent as unresponsive, which itself blames nobody when it goes on', async () => {
  const victim = await startChild(place(1), [place(2)]);
  const observer = await start(place(2));
  followUp(observer, [place(1)]);
  await waitFor(observer, isAnswered);
  const since = observer.seen.length;
  victim.signal('SIGSTOP');
  const missed = await waitFor(observer, isMissed, since);
  const look = await waitFor(observer, isLook, since);
  print(`stopped: ${(look.at - missed.sentAt).toFixed(0)} ms from the first lost ping to the look's result`);
  expect(missed.cause).toBe('timeout');
  expect(look).toMatchObject({ result: 'unresponsive' });
  await sleep(1500);
  const stoppedUntil = observer.seen.length;
  victim.signal('SIGCONT');
  await waitFor(observer, (one): one is Answered => isAnswered(one) && !one.isLate, stoppedUntil);
  await sleep(1000);
  const report = await victim.report();
  expect(report).toMatchObject({ missed: 0 });
  expect(report.aways).toBeGreaterThan(0);
});

it('sees by TCP that only the probes are blocked', async () => {
  const silent = createSocket('udp4');
  silent.bind(PORT, place(1).host);
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => socket.write(chunk));
  });
  server.listen(PORT, place(1).host);
  closers.push(
    () => silent.close(),
    () => server.close(),
  );
  const observer = await start(place(2));
  followUp(observer, [place(1)]);
  const look = await waitFor(observer, isLook);
  expect(look).toMatchObject({ result: 'answered' });
  expect(observer.seen.filter(isMissed).map(({ cause }) => cause)).toEqual(['timeout', 'timeout']);
  expect(observer.seen.filter(isMissed)[1]?.loss.roundTrip).toEqual({ lost: 2, of: 2 });
});

it.each(['toPeer', 'fromPeer'] as const)(
  'tells in which direction half of all datagrams is lost: %s',
  async (lossy) => {
    const [observer, target] = [await start(place(2)), await start(place(1))];
    const front = createSocket('udp4').bind(PORT, place(3).host);
    const back = createSocket('udp4').bind(0, place(3).host);
    await Promise.all([once(front, 'listening'), once(back, 'listening')]);
    closers.push(
      () => front.close(),
      () => back.close(),
    );
    let [pings, acks, askedFrom] = [0, 0, 0];
    front.on('message', (ping, { port }) => {
      askedFrom = port;
      pings += 1;
      if (lossy !== 'toPeer' || pings % 2 === 0) back.send(ping, PORT, place(1).host);
    });
    back.on('message', (ack) => {
      acks += 1;
      if (lossy !== 'fromPeer' || acks % 2 === 0) front.send(ack, askedFrom, place(2).host);
    });
    observer.probes.setPlan([{ ...targetAt(place(1), 100), addresses: [{ host: place(3).host, port: PORT }] }]);
    // Forty pings, so that the last ten that are settled were all lost or not by the relay alone.
    await sleep(4000);
    const { loss } = observer.seen.findLast(isMissed) ?? {};
    expect(target.probes.counters().acksSent).toBeGreaterThan(10);
    expect(loss?.[lossy].lost).toBeGreaterThanOrEqual(3);
    expect(loss?.[lossy === 'toPeer' ? 'fromPeer' : 'toPeer'].lost).toBe(0);
  },
);

it('neither answers nor believes an agent of another cluster, and counts it', async () => {
  const [ours, theirs] = [await start(place(1)), await start(place(2), Buffer.alloc(32, 0x11))];
  ours.probes.setPlan([targetAt(place(2), 250)]);
  theirs.probes.setPlan([targetAt(place(1), 250)]);
  await sleep(2500);
  for (const { seen, probes } of [ours, theirs]) {
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.every((one) => isMissed(one) && one.cause === 'timeout')).toBe(true);
    expect(probes.counters()).toMatchObject({ acksSent: 0, acksReceived: 0, pingsReceived: 0 });
    expect(probes.counters().unknownKey).toBeGreaterThan(3);
  }
});

it('blames itself when it cannot send', async () => {
  // An address that is not of this machine: nothing leaves it.
  const observer = await startTestAgent(place(2), undefined, '192.0.2.250');
  agents.push(observer);
  observer.probes.setPlan([targetAt(place(1), 250)]);
  const missed = await waitFor(observer, isMissed);
  expect(missed).toMatchObject({ cause: 'own-fault', detail: 'EADDRNOTAVAIL' });
  observer.probes.look(place(1).name);
  expect(await waitFor(observer, isLook)).toMatchObject({ result: 'own-fault', code: 'EADDRNOTAVAIL' });
  expect(missed.loss.roundTrip.of).toBe(0);
});

it('misses nothing while its own event loop is busy', async () => {
  await start(place(1));
  const busy = await startChild(place(2), [place(1)]);
  // Each begins with a ping. Some last longer than an answer may take while the timers are late by less than 200 ms: only
  // reading before judging helps. Others are pauses.
  for (const forMs of [560, 600, 640, 660, 1500, 620, 680]) await busy.block(forMs);
  await sleep(700);
  const report = await busy.report();
  expect(report.answered).toBeGreaterThanOrEqual(7);
  expect(report).toMatchObject({ missed: 0 });
  expect(report.aways).toBeGreaterThan(0);
});

it('stands 10,000 datagrams of junk a second', async () => {
  const flooded = await startChild(place(1), [place(2)], 250);
  const other = await start(place(2));
  other.probes.setPlan([targetAt(place(1), 250)]);
  await waitFor(other, isAnswered);
  const before = await flooded.report();
  const flood = await startScript('flood.ts', [place(1), 10_000, 3000]);
  await once(flood.child, 'exit');
  await sleep(600);
  const after = await flooded.report();
  const junk = after.counters['junk'] ?? 0;
  const checked = (after.counters['forged'] ?? 0) + (after.counters['overRate'] ?? 0);
  print(
    `flood: ${junk} junk and ${checked} forged datagrams read in 3 s, ${((after.cpuMs - before.cpuMs) / 30).toFixed(0)} % of a core`,
  );
  expect(junk + checked).toBeGreaterThan(5000);
  expect(after.missed).toBe(0);
  expect(other.seen.filter(isMissed)).toEqual([]);
  expect(after.counters['acksSent']).toBe(after.counters['pingsReceived']);
  expect(after.cpuMs - before.cpuMs).toBeLessThan(3000 * 0.6);
});
