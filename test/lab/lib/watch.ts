/** Listens to all agents all the time, so that a test can tell what they said, how soon, and that they said nothing else. */
import type { ApiMember, ApiStatus } from '../../../agent/http/contract.ts';
import { membersOf, statesOf, statusOf } from './agents.ts';
import { startDue } from './due.ts';
import type { LabHost } from './lab/types.ts';

/** One answer of one agent. */
export interface Said {
  readonly status: ApiStatus;
  readonly members: readonly ApiMember[];
  /** Name → state. */
  readonly states: Readonly<Record<string, ApiMember['state']>>;
  /** Agents with the same one know the same of every node. */
  readonly digest: string;
}

export interface Saying extends Said {
  readonly host: string;
  /** Since `begin`. */
  readonly tookMs: number;
}

export interface Watch {
  /** A new scenario: what was said before is forgotten. */
  begin(): void;
  /** Waits until the last answer of each of the hosts is so; prints and returns when each came to it. */
  until(
    hosts: readonly LabHost[],
    what: string,
    isSo: (said: Said) => boolean,
    withinMs?: number,
  ): Promise<readonly Saying[]>;
  /** Waits until the last answers of all of them have one digest; prints and returns the ms since `begin`. */
  untilSameDigest(hosts: readonly LabHost[], what: string, withinMs?: number): Promise<number>;
  /**
   * All that was said since `begin` and matches none of the patterns, with when. Facts read `n1: status degraded`,
   * `n1: n3 is suspect`, `n1: LinkDown n2+n3 warning`, `n1: no answer`, and of a host that is on and was never heard
   * `n1: nothing`.
   */
  others(expected: readonly RegExp[]): readonly string[];
  /** What may be asserted of a bound that runs since `begin`, ms: twice that, and the time that agents had no processor. */
  dueMs(boundMs: number): number;
  /** The first time since `begin` at which the host said it, in ms. */
  firstSaid(fact: RegExp): number | undefined;
  stop(): Promise<void>;
}

interface Heard {
  /** The finding's sentence, as it was first said. */
  readonly sentence?: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly times: number;
}

/** Said where nothing is wrong; the last one on a machine that is busy with other things for seconds. */
const CALM: readonly RegExp[] = [/: status healthy$/, /: \S+ is alive$/, /: status unknown, it was paused$/];

/** Asks every host that is powered on, again after so many ms; where there are many, more would keep them busy. */
export function createWatch(hosts: readonly LabHost[], everyMs = 200): Watch {
  let beganAt = performance.now();
  let due = startDue(hosts);
  const controller = new AbortController();
  const heard = new Map<string, Heard>();
  const latest = new Map<string, Said & { readonly at: number }>();
  const note = (fact: string, sentence?: string): void => {
    const nowMs = Math.round(performance.now() - beganAt);
    const before = heard.get(fact) ?? { firstMs: nowMs, times: 0, ...(sentence !== undefined && { sentence }) };
    heard.set(fact, { ...before, lastMs: nowMs, times: before.times + 1 });
  };
  const listen = async (host: LabHost): Promise<void> => {
    while (!controller.signal.aborted) {
      const askedAt = performance.now();
      const said = host.poweredOn ? await ask(host, note) : undefined;
      if (said !== undefined) {
        latest.set(host.name, { ...said, at: performance.now() });
        for (const { fact, sentence } of factsOf(host.name, said)) note(fact, sentence);
      }
      await sleep(Math.max(20, everyMs - (performance.now() - askedAt)));
    }
  };
  const listeners = hosts.map(listen);

  const untilOne = async (host: LabHost, isSo: (said: Said) => boolean, withinMs: number): Promise<Saying> => {
    const end = performance.now() + withinMs;
    while (performance.now() < end) {
      const said = latest.get(host.name);
      if (said !== undefined && said.at > beganAt && isSo(said)) {
        return { ...said, host: host.name, tookMs: Math.round(said.at - beganAt) };
      }
      await sleep(20);
    }
    const said = latest.get(host.name);
    throw new Error(`${host.name} not within ${withinMs} ms; at last: ${said && listOf(host.name, said)}`);
  };

  return {
    begin() {
      beganAt = performance.now();
      due = startDue(hosts);
      heard.clear();
    },
    async until(which, what, isSo, withinMs = 60_000) {
      const sayings = await Promise.all(which.map((host) => untilOne(host, isSo, withinMs)));
      const times = sayings.map(({ host, tookMs }) => `${host} ${tookMs}`).join(', ');
      process.stdout.write(`${what}, after ms: ${times}\n`);
      return sayings;
    },
    async untilSameDigest(which, what, withinMs = 60_000) {
      const end = performance.now() + withinMs;
      for (;;) {
        const said = which.map(({ name }) => latest.get(name));
        const digests = new Set(said.map((one) => (one !== undefined && one.at > beganAt ? one.digest : undefined)));
        if (digests.size === 1 && !digests.has(undefined)) break;
        if (performance.now() > end) throw new Error(`${digests.size} digests after ${withinMs} ms`);
        await sleep(20);
      }
      const tookMs = Math.round(performance.now() - beganAt);
      process.stdout.write(`${what}: one digest after ${tookMs} ms\n`);
      return tookMs;
    },
    others(expected) {
      const isOther = (fact: string): boolean => ![...CALM, ...expected].some((pattern) => pattern.test(fact));
      const mute = hosts.filter(
        ({ name, poweredOn }) => poweredOn && ![...heard.keys()].some((fact) => fact.startsWith(`${name}:`)),
      );
      const said = [...heard].map(([fact, { firstMs, lastMs, times, sentence }]) => ({
        fact,
        when: ` (${times} times, ${firstMs} to ${lastMs} ms)${sentence === undefined ? '' : `: ${sentence}`}`,
      }));
      return [...said, ...mute.map(({ name }) => ({ fact: `${name}: nothing`, when: '' }))]
        .filter(({ fact }) => isOther(fact))
        .map(({ fact, when }) => fact + when);
    },
    dueMs: (boundMs) => due(boundMs),
    firstSaid: (fact) => [...heard].find(([text]) => fact.test(text))?.[1].firstMs,
    async stop() {
      controller.abort();
      await Promise.all(listeners);
    },
  };
}

/** When the last of them came to it. */
export const worst = (sayings: readonly Saying[]): number => Math.max(...sayings.map(({ tookMs }) => tookMs));

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Undefined: nobody listens there. An agent that listens and says nothing is worth noting. */
async function ask(host: LabHost, note: (fact: string) => void): Promise<Said | undefined> {
  try {
    const [status, members] = await Promise.all([statusOf(host), membersOf(host)]);
    return { status, members: members.members, states: statesOf(members), digest: members.digest };
  } catch (error) {
    if (host.poweredOn && String(error).includes('did not answer within')) note(`${host.name}: no answer`);
    return undefined;
  }
}

interface Fact {
  readonly fact: string;
  readonly sentence?: string;
}

const factsOf = (host: string, { status: { status, sentence, findings }, states }: Said): Fact[] => [
  { fact: `${host}: status ${status}${sentence.includes('was paused') ? ', it was paused' : ''}` },
  ...Object.entries(states).map(([name, state]) => ({ fact: `${host}: ${name} is ${state}` })),
  ...findings.map((one) => ({
    fact: `${host}: ${one.reason} ${(one.nodes ?? [one.node]).join('+')} ${one.severity}`,
    sentence: one.sentence,
  })),
];

const listOf = (host: string, said: Said): string =>
  factsOf(host, said)
    .map(({ fact, sentence }) => (sentence === undefined ? fact : `${fact}: ${sentence}`))
    .join('; ');
