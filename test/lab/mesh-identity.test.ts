/**
 * What happens to an identity: the database or the key is lost, a data directory is copied to another machine, the
 * clock was set back. The others must know the node by its name again within seconds, and hear all that it says.
 */
import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiNode, ApiStatus } from '../../agent/http/contract.ts';
import { eventually } from '../lib/agent-process.ts';
import { type AgentCluster, createAgentCluster, membersOf, statesOf, statusOf } from './lib/agents.ts';
import { startDue } from './lib/due.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { watchOver } from './lib/lookout.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`mesh-identity: skipped, ${missing}\n`);

/** After the start; asserted at twice that, as all times here. */
const CONVERGED_BOUND_MS = 10_000;
/** interval + 2 × deadline + 1 s of the kubelet's check, and a second for the way. */
const NEWS_BOUND_MS = 5000 + 2 * 1000 + 1000 + 1000;
/** An agent without a name is present until it was not heard of for so long. */
const FORGOTTEN_BOUND_MS = 60_000;
/** Of two agents with one key only one is connected at a time: they are told apart when both were heard in turn. */
const TWIN_BOUND_MS = 60_000;
const NAMES = ['n1', 'n2', 'n3', 'n4'];
const VICTIM = 'n3';
/** On a machine of its own; named n2 as the one whose disk was copied. */
const CLONE = 'x1';
/** What this machine is too busy for is not the subject here. */
const UNWATCHED = ['etcd', 'container-runtime', 'container-start', 'disk-latency', 'cpu-pressure', 'memory-pressure'];

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const msSince = (began: number): number => Math.round(performance.now() - began);
const isConnected = ({ view }: ApiStatus): boolean =>
  view.settled && view.component === NAMES.length && view.current === NAMES.length;

interface IdentityFile {
  readonly nodeName: string;
  readonly machineId: string;
  readonly privateKey: string;
  readonly boot: number;
}

const identityOf = ({ directory }: LabHost): IdentityFile =>
  JSON.parse(readFileSync(join(directory, 'identity.json'), 'utf8')) as IdentityFile;
const remove = ({ directory }: LabHost, isMeant: (name: string) => boolean): void => {
  const names = readdirSync(directory).filter(isMeant);
  expect(names).not.toEqual([]);
  for (const name of names) rmSync(join(directory, name), { recursive: true });
};
/** All but what belongs to the file system itself. */
const cloneDisk = (from: LabHost, to: LabHost): void => {
  for (const name of readdirSync(to.directory).filter((one) => one !== 'lost+found'))
    rmSync(join(to.directory, name), { recursive: true });
  for (const name of readdirSync(from.directory).filter((one) => one !== 'lost+found'))
    cpSync(join(from.directory, name), join(to.directory, name), { recursive: true });
};

interface Case {
  readonly title: string;
  readonly end: 'kill' | 'stop';
  /** To the disk, while the agent is down. */
  readonly change?: (victim: LabHost, others: Lab) => void;
  readonly clockShiftSeconds?: number;
  /** Whether it is the same agent as before for the others. */
  readonly keepsKey: boolean;
  /** What everybody has to say in the end, too. */
  readonly named?: readonly string[];
  /** What may be said of it, besides the update; of another key only until the name is accepted. */
  readonly isTrue?: string;
}

const CASES: readonly Case[] = [
  {
    title: 'the database is deleted',
    end: 'kill',
    change: (victim) => remove(victim, (name) => name.startsWith('history.db')),
    keepsKey: true,
  },
  {
    title: 'the key is deleted',
    end: 'kill',
    change: (victim) => remove(victim, (name) => name === 'identity.json'),
    keepsKey: false,
    isTrue: 'AddressConflict',
  },
  {
    title: 'it gets a copy of the disk of n2, which runs on',
    end: 'stop',
    change: (victim, lab) => cloneDisk(lab.host('n2'), victim),
    keepsKey: false,
    isTrue: 'AddressConflict',
  },
  {
    title: 'the clock is set back by an hour',
    end: 'kill',
    clockShiftSeconds: -3600,
    keepsKey: true,
    isTrue: 'ClockSkew',
    named: ['ClockSkew'],
  },
  { title: 'the clock is right again', end: 'stop', keepsKey: true, isTrue: 'ClockSkew' },
];

describe.skipIf(missing !== undefined)('identities', () => {
  let lab: Lab;
  let agents: AgentCluster;
  let args: readonly string[];
  const running = new Map<string, LabProcess>();
  let cloneEndedAt = 0;
  /** Hosts whose kubelet answers that it is not well. */
  const unwell = new Set<string>();
  const kubelets = createServer(({ url = '' }, response) => {
    response.statusCode = unwell.has(url.slice(1)) ? 500 : 200;
    response.end(response.statusCode === 200 ? 'ok' : 'not well');
  });

  const members = (): LabHost[] => NAMES.map((name) => lab.host(name));
  const start = async (host: LabHost, options: Parameters<AgentCluster['start']>[2] = {}): Promise<void> => {
    const kubelet = ['--checks.kubelet.endpoint', `${args[0] ?? ''}/${host.name}`];
    running.set(host.name, await agents.start(host, [...args.slice(1), ...kubelet], options));
  };
  const kubeletOf = async (asked: LabHost, node: string): Promise<string | undefined> => {
    const { checks, freshness = 'current' } = await asked.json<ApiNode>(`/api/v1/nodes/${node}`);
    return freshness === 'current' ? checks.find(({ check }) => check === 'kubelet')?.status : undefined;
  };
  /** Milliseconds from `began` until all hosts say it. */
  const allSay = async (what: string, says: (host: LabHost) => Promise<boolean>, began: number): Promise<number> => {
    const hosts = members();
    const times = await Promise.all(
      hosts.map((host) =>
        eventually(
          () => says(host),
          (said) => said,
          60_000,
        ).then(() => msSince(began)),
      ),
    );
    print(`  ${what}: ${hosts.map(({ name }, index) => `${name} ${times[index]}`).join(', ')} ms`);
    return Math.max(...times);
  };
  const allConnected = (began: number): Promise<number> =>
    allSay(
      'all alive and current',
      async (host) => {
        const [status, seen] = await Promise.all([statusOf(host), membersOf(host)]);
        const states = statesOf(seen);
        return isConnected(status) && NAMES.every((name) => states[name] === 'alive') && seen.members.length === 4;
      },
      began,
    );
  const sameDigest = async (began: number): Promise<number> => {
    await eventually(
      () => Promise.all(members().map(async (host) => (await membersOf(host)).digest)),
      (digests) => new Set(digests).size === 1,
      60_000,
    );
    print(`  the same digest everywhere: ${msSince(began)} ms`);
    return msSince(began);
  };
  const allHearKubelet = (node: string, status: 'ok' | 'problem', began: number): Promise<number> =>
    allSay(`kubelet of ${node} ${status}`, async (host) => (await kubeletOf(host, node)) === status, began);

  const warningsOf = async (host: LabHost): Promise<string> => {
    const { findings } = await statusOf(host);
    const warnings = findings.filter(({ severity }) => severity !== 'info').map(({ reason }) => reason);
    return [...new Set(warnings)].sort().join();
  };

  beforeAll(async () => {
    lab = await createLab({ hosts: [...NAMES, CLONE] });
    agents = createAgentCluster(members());
    const address = lab.gateway.replace(/1$/, '2');
    await new Promise<void>((done) => kubelets.listen(0, address, done));
    const place = kubelets.address();
    const port = typeof place === 'object' && place !== null ? place.port : 0;
    args = [`http://${address}:${port}`, ...UNWATCHED.flatMap((check) => [`--checks.${check}.enabled`, 'false'])];
    await Promise.all(members().map((host) => start(host)));
    await allConnected(performance.now());
    // What n2 suffers from must never be said of who gets a copy of its disk.
    unwell.add('n2');
    await allHearKubelet('n2', 'problem', performance.now());
  });
  afterAll(async () => {
    kubelets.close();
    await lab.remove();
  });

  it('a copy of n2 under its name on another machine: the conflict is named everywhere, n2 keeps its name', async () => {
    const [n2, clone] = [lab.host('n2'), lab.host(CLONE)];
    const before = identityOf(n2);
    cloneDisk(n2, clone);
    const lookout = watchOver(members(), (what) => ['KubeletUnhealthy', 'NameConflict'].includes(what));
    await start(clone, { name: 'n2' });
    const began = performance.now();
    const due = startDue(lab.hosts);
    const conflict = async (host: LabHost): Promise<string | undefined> =>
      (await statusOf(host)).findings.find(({ reason }) => reason === 'NameConflict')?.sentence;
    const [namedMs, atCloneMs] = await Promise.all([
      allSay('conflict named', async (host) => (await conflict(host)) !== undefined, began),
      eventually(
        () => conflict(clone),
        (sentence) => sentence !== undefined,
        60_000,
      ).then(() => msSince(began)),
    ]);
    print(`  the copy itself after ${atCloneMs} ms: ${await conflict(clone)}`);
    const sentences = await Promise.all(members().map(conflict));

    // The copy's kubelet is well; what is told of n2 is what the real one says.
    unwell.delete('n2');
    await allHearKubelet('n2', 'ok', performance.now());
    unwell.add('n2');
    const heardMs = await allHearKubelet('n2', 'problem', performance.now());
    const strays = await lookout.stop();
    running.get(CLONE)?.kill('SIGKILL');
    cloneEndedAt = performance.now();

    for (const sentence of sentences) expect(sentence).toContain('Two agents claim to be n2');
    expect(Math.max(namedMs, atCloneMs)).toBeLessThan(due(CONVERGED_BOUND_MS));
    expect(heardMs).toBeLessThan(due(NEWS_BOUND_MS));
    expect(strays).toEqual([]);
    expect(identityOf(clone).privateKey).not.toBe(before.privateKey);
    expect(identityOf(n2).privateKey).toBe(before.privateKey);
    expect(identityOf(n2).boot).toBe(before.boot);
  });

  it.each(CASES)('$title', async ({ end, change, clockShiftSeconds, keepsKey, isTrue = '', named = [] }) => {
    const victim = lab.host(VICTIM);
    const others = members().filter((host) => host !== victim);
    const before = identityOf(victim);
    const isExpected = (what: string): boolean =>
      ['KubeletUnhealthy', 'NameConflict', isTrue, `${VICTIM} `].some((one) => one !== '' && what.startsWith(one));
    const lookout = watchOver(others, isExpected);
    if (end === 'kill') running.get(VICTIM)?.kill('SIGKILL');
    await (end === 'kill' ? running.get(VICTIM)?.ended : running.get(VICTIM)?.stop());
    change?.(victim, lab);

    await start(victim, clockShiftSeconds === undefined ? {} : { clockShiftSeconds });
    const began = performance.now();
    const due = startDue(lab.hosts);
    // Its first seconds are no time to be sure of others.
    const own = watchOver([victim], (what) => isExpected(what) || what.endsWith(' suspect'));
    const update = unwell.has(VICTIM) ? 'ok' : 'problem';
    if (update === 'ok') unwell.delete(VICTIM);
    else unwell.add(VICTIM);
    const inTheEnd = ['KubeletUnhealthy', ...named].sort().join();
    const connected = allConnected(began);
    const [connectedMs, heardMs, digestMs] = await Promise.all([
      connected,
      allHearKubelet(VICTIM, update, began),
      // With another key only then is there anything new to know.
      connected.then(() => sameDigest(began)),
      allSay(inTheEnd, async (host) => (await warningsOf(host)).replace(/,?NameConflict/, '') === inTheEnd, began),
    ]);
    const strays = [...(await lookout.stop()), ...(await own.stop())];
    const after = identityOf(victim);

    print(`  ${connectedMs} ms (bound ${CONVERGED_BOUND_MS}), update ${heardMs} ms (bound ${NEWS_BOUND_MS})`);
    expect(connectedMs).toBeLessThan(due(CONVERGED_BOUND_MS));
    expect(heardMs).toBeLessThan(due(NEWS_BOUND_MS));
    expect(digestMs).toBeLessThan(due(CONVERGED_BOUND_MS));
    expect(strays).toEqual([]);
    expect(after.nodeName).toBe(VICTIM);
    expect(after.privateKey === before.privateKey).toBe(keepsKey);
    if (keepsKey) expect(after.boot).toBeGreaterThan(before.boot);
    // Nothing of n2 has become its own, and the other way round.
    for (const host of members()) expect(await kubeletOf(host, 'n2')).toBe('problem');
  });

  it('the conflict is over a minute after the copy has gone', async () => {
    const overMs = await allSay(
      'conflict over',
      async (host) => (await warningsOf(host)) === 'KubeletUnhealthy',
      cloneEndedAt,
    );
    expect(overMs).toBeLessThan(2 * FORGOTTEN_BOUND_MS);
  });

  it('a copy of the whole machine of n2, with its key: the conflict is named everywhere', async () => {
    const [n2, twin] = [lab.host('n2'), lab.host(CLONE)];
    cloneDisk(n2, twin);
    const machineId = await n2.exec('cat', ['/etc/machine-id']);
    await twin.exec('sh', ['-c', 'echo "$0" >/etc/machine-id', machineId.trim()]);
    await start(twin, { name: 'n2' });
    const began = performance.now();
    const saidMs = async (host: LabHost): Promise<number> => {
      const conflict = async (): Promise<string | undefined> =>
        (await statusOf(host)).findings.find(({ reason }) => reason === 'NameConflict')?.sentence;
      const sentence = await eventually(conflict, (one) => one !== undefined, 2 * TWIN_BOUND_MS);
      expect(sentence).toContain('another agent with the same key');
      return msSince(began);
    };
    const [others, twins] = await Promise.all([
      Promise.all(['n1', 'n3', 'n4'].map((name) => saidMs(lab.host(name)))),
      Promise.all([n2, twin].map(saidMs)),
    ]);
    print(`  the others after ${others.join(', ')} ms, the two themselves after ${twins.join(', ')} ms`);
    expect(identityOf(twin).privateKey).toBe(identityOf(n2).privateKey);
    expect(Math.max(...others, ...twins)).toBeLessThan(2 * TWIN_BOUND_MS);
  });
});
