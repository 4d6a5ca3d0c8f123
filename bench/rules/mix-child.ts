/**
 * Prints what rules cost: ten minutes of a hundred observations a second through two hundred rules, in virtual time, by the
 * CPU time of this process and its heap after a collection: `node --expose-gc mix-child.ts MIX`.
 */
import process from 'node:process';
import { createRuleEngine } from '../../agent/alerts/rules/engine.ts';
import { readRules } from '../../agent/alerts/rules/read-rules.ts';
import { LOOK_MS, type Observation } from '../../agent/alerts/rules/types.ts';
import { createRandom } from '../../test/lib/random.ts';
import { MIXES, PER_SECOND, RULES, SECONDS, type Measured, type Mix } from './mix.ts';

const WARM_UP_SECONDS = 60;
const START = Date.UTC(2026, 0, 1);
const MIB = 1024 * 1024;

const REASONS = ['BackOff', 'Unhealthy', 'FailedMount', 'FailedScheduling', 'Killing', 'Pulled', 'Created', 'Started'];
const COMPONENTS = ['kubelet', 'default-scheduler', 'deployment-controller', 'horizontal-pod-autoscaler'];
const KEYS = ['object', ['namespace', 'reason'], ['kind', 'object'], 'node', []];
const PATTERNS = [
  (n: number) => `upstream (timeout|refused) .*svc-${n}`,
  (n: number) => `(?i)back-off restarting failed container app-${n}\\b`,
  (n: number) => `^Readiness probe failed: HTTP probe failed with statuscode: 5[0-9]{2} ${n}`,
  (n: number) => `exit code ${n}[0-9]*$`,
  (n: number) => `volume "pvc-${n}[a-f0-9-]+" (not found|timed out)`,
];
/** Nothing in them has to be in the text as it stands. */
const VAGUE = [
  (n: number) => `[a-z]+-[0-9]{${1 + (n % 9)}}-[a-f]+x`,
  (n: number) => `(?i)(warn|err|fatal|oops${n})[a-z]* (probe|mount)$`,
  (n: number) => `^[A-Z][a-z]+(-[a-z]+)* .*[0-9]{${2 + (n % 7)}}q$`,
  (n: number) => `(\\d+\\.){3}\\d+:${n}`,
  (n: number) => `\\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-${n}`,
];

function rulesOf(mix: Mix) {
  const settings = Array.from({ length: RULES }, (_, index) => {
    const patterns = mix === 'vague' ? VAGUE : PATTERNS;
    const message = { regex: patterns[index % patterns.length]?.(index) ?? '' };
    const where =
      mix === 'realistic'
        ? {
            ...(index % 3 !== 2 && { reason: REASONS[index % REASONS.length] }),
            ...(index % 4 === 0 && { namespace: `ns-${index % 20}` }),
            ...(index % 3 === 2 && { type: 'Warning' }),
            ...(index % 10 < 3 && { message }),
          }
        : { message };
    const type = (['frequency', 'any', 'cardinality', 'frequency'] as const)[index % 4];
    const queryKey = KEYS[index % KEYS.length] ?? [];
    return {
      name: `rule-${index}`,
      type,
      source: 'events',
      where,
      not: { kind: 'Node' },
      queryKey,
      ...(type === 'frequency' && { numEvents: 5 + (index % 20), timeframeMinutes: 5 }),
      ...(type === 'cardinality' && { cardinalityField: 'name', maxCardinality: 20, timeframeMinutes: 5 }),
      exponentialRealertHours: 1,
    };
  });
  const read = readRules(JSON.stringify({ rules: settings }), 'bench');
  if ('mistakes' in read) throw new Error(read.mistakes.join('\n'));
  return read.rules;
}

/** Of ten, three say what was said before, as Events that are counted up do. */
function createStream(): (at: number) => Observation[] {
  const random = createRandom(7);
  const said: Observation[] = [];
  const one = (at: number): Observation => {
    if (said.length > 50 && random.chance(0.3)) return { ...random.pick(said), at };
    const number = random.integer(3000);
    const [namespace, reason] = [`ns-${number % 40}`, random.pick(REASONS)];
    const name = `app-${number % 400}-7d9f8c6b5-${number.toString(36)}`;
    const node = `node-${number % 200}`;
    const message = [
      `Back-off restarting failed container app-${number} in pod ${name}_${namespace}(5f1c2b9e-0d5c-4b3e-9f51-${at % 65_536})`,
      `Readiness probe failed: HTTP probe failed with statuscode: 503, upstream 10.0.${number % 250}.17:8080 took ${at % 997} ms`,
      `MountVolume.SetUp failed for volume "pvc-${number}-${at % 4093}" : timed out waiting for the condition`,
      `Successfully assigned ${namespace}/${name} to ${node}`,
    ][random.integer(4)];
    const type = random.chance(0.6) ? 'Warning' : 'Normal';
    const facts = { namespace, name, kind: 'Pod', reason, type, message: message ?? '', node };
    const observation: Observation = {
      source: 'events',
      at,
      count: 1,
      facts: { ...facts, component: random.pick(COMPONENTS) },
      nodes: [node],
    };
    said[said.length < 500 ? said.length : random.integer(500)] = observation;
    return observation;
  };
  return (at) => {
    return Array.from({ length: PER_SECOND }, () => one(at));
  };
}

/** What the stream costs itself is measured before, and taken off. */
function measure(mix: Mix): Measured {
  const heapBefore = heapMib();
  const time = { ms: 0 };
  const clock = { now: () => START + time.ms, monotonic: () => time.ms };
  const engine = createRuleEngine({ clock, source: () => ({ completeSince: START }) });
  engine.setRules(rulesOf(mix));
  const spend = (
    seconds: number,
    stream: (at: number) => Observation[],
    take: (those: Observation[]) => void,
  ): number => {
    const before = process.cpuUsage();
    for (let second = 0; second < seconds; second += 1) {
      time.ms += 1000;
      take(stream(START + time.ms));
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  const judge = (those: Observation[]): void => {
    // As they come: ten batches a second.
    for (let index = 0; index < those.length; index += 10) engine.take(those.slice(index, index + 10));
    if (time.ms % LOOK_MS === 0) engine.look();
    if (time.ms % 5000 === 0) engine.alerts();
  };
  const stream = createStream();
  spend(WARM_UP_SECONDS, stream, judge);
  const alone = spend(SECONDS, createStream(), () => {});
  time.ms -= SECONDS * 1000;
  const all = spend(SECONDS, stream, judge);
  const heap = heapMib() - heapBefore;
  const { keys, skippedPatterns } = engine.figures();
  const firing = engine.alerts().filter(({ endedAt }) => endedAt === undefined).length;
  return { percent: (100 * (all - alone)) / SECONDS, heapMib: heap, keys, firing, skipped: skippedPatterns };
}

function heapMib(): number {
  for (let round = 0; round < 4; round += 1) global.gc?.();
  return process.memoryUsage().heapUsed / MIB;
}

const mix = MIXES.find((one) => one === process.argv[2]);
if (mix === undefined) throw new Error(`one of ${MIXES.join(', ')}, not "${process.argv[2]}"`);
console.log(JSON.stringify(measure(mix)));
