/**
 * `npm run soak [-- --agents 32 --minutes 30 --seed 7 --data DIR --snapshots]`: real agents under random kills, cuts and
 * restarts. Needs root, the bundle of `npm run build`, and a machine that does nothing else: it takes the CPU before all
 * others, because agents that do not get it are late and say so. After every heal all agents have to say within a bound that
 * all is well; whatever else they say is printed and counted, and the exit code is 1. At the end, or when it is
 * interrupted, it prints how fast memory, handles and disk grow. With `--data` samples and the output of agents in
 * trouble are kept there; `--snapshots` adds what grew on one agent's heap.
 */
import { existsSync } from 'node:fs';
import { createLab } from '../test/lab/lib/lab/lab.ts';
import { weigh } from '../test/lab/lib/lab/weight.ts';
import { BUNDLE } from '../tools/build/run.ts';
import { createAsk } from './mesh/ask.ts';
import { heal, runEpisodes } from './soak/episodes.ts';
import { createHeapWatch } from './soak/heap-watch.ts';
import { createHerd } from './soak/herd.ts';
import { createJournal } from './soak/journal.ts';
import { listen } from './soak/listener.ts';
import { createNetworkFaults } from './soak/network-faults.ts';
import { type SoakOptions, readOptions } from './soak/options.ts';
import { type Result, isClean, renderResult } from './soak/report.ts';
import { sampleAll } from './soak/sampler.ts';
import { createTruth } from './soak/truth.ts';

const HTTP_PORT = 7575;

const options = readOptions(process.argv.slice(2));
if (!existsSync(BUNDLE)) throw new Error('There is no bundle: run `npm run build` first.');
const abort = new AbortController();
const interrupt = (signal: NodeJS.Signals): void => {
  console.error(`${signal}: ends, and prints what there is.`);
  abort.abort(new Error('interrupted'));
};
process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
const result = await soak(options, abort.signal);
if (result !== undefined) {
  console.log(renderResult(result));
  if (!isClean(result)) process.exitCode = 1;
}
if (abort.signal.aborted) process.exitCode ||= 130;

/** Undefined when it was interrupted before there was anything to say. */
async function soak({ agents, ...rest }: SoakOptions, signal: AbortSignal): Promise<Result | undefined> {
  const journal = createJournal(rest.directory);
  const names = Array.from({ length: agents }, (_, index) => `s${index + 1}`);
  const lab = await createLab({ hosts: names, ipv6: false });
  const ask = createAsk(HTTP_PORT);
  const heapWatch = rest.snapshots ? createHeapWatch(rest.directory) : undefined;
  let [crashes, falseAccusations] = [0, 0];
  const herd = createHerd(lab, {
    onCrash({ name, what, output }) {
      crashes += 1;
      journal.say(`CRASH ${name} ${what}`);
      journal.output(name, output);
    },
    ...(heapWatch !== undefined && { env: heapWatch.env }),
  });
  try {
    weigh(lab.name, agents);
    const truth = createTruth();
    truth.down(names);
    const listener = listen(herd, truth, ask, ({ viewer, member, state, since }) => {
      falseAccusations += 1;
      journal.say(`FALSE ${viewer} calls ${member} ${state} since ${since}`);
    });
    const deps = { herd, network: createNetworkFaults(lab), truth, signal, listener, ask, journal };
    journal.say(`starting ${agents} agents in ${lab.name}, ${herd.spared.join(' ')} are never ended`);
    await heal(0, deps);
    const began = performance.now();
    const sampler = sampleAll(herd, (sample) => journal.sample(sample));
    const watched = heapWatch === undefined ? undefined : names.at(-1);
    heapWatch?.begin(() => herd.process(watched ?? '')?.pid, rest.minutes);
    const minutes = (): number => (performance.now() - began) / 60_000;
    const outcome = await runEpisodes({ seed: rest.seed, until: () => minutes() >= rest.minutes }, deps);
    await Promise.all([sampler.stop(), listener.stop()]);
    if (heapWatch !== undefined) for (const line of await heapWatch.growth()) journal.say(line);
    herd.close();
    // A heap snapshot leaves a process large.
    const samples = sampler.samples.filter(({ name }) => name !== watched);
    return { options, outcome, falseAccusations, crashes, samples, minutes: minutes() };
  } catch (error) {
    herd.close();
    if (!signal.aborted) throw error;
    console.error('Interrupted before there was anything to measure.');
    return undefined;
  } finally {
    ask.close();
    heapWatch?.remove();
    await lab.remove().catch((error: unknown) => console.error(String(error)));
  }
}
