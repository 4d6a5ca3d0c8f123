/**
 * etcd, on masters: etcd.
 *
 * - A leader is elected anew now and then, at times five times in five minutes: for 1 to 2 s, the time-out of an
 *   election, the member has none, and reads through the majority wait for the next one.
 * - For a moment now and then all or some reads are silent, cut off or answered 503 and 504; answers take up to 0.7 s.
 * - Syncs and commits take up to half a second; two within a minute take seconds (three are a problem). The
 *   database has up to 79 % of its quota (a warning from 80 % on). Once the member starts anew, and counts from 0.
 * - Its data change ten times a second; for a moment now and then they are 900 changes older (a problem from 1,000 on).
 * - Another member does not answer its peers for up to 25 s (a problem after 30 s), refuses them for a moment, or is away.
 */
import { gatewayError, leaderless, rangeAnswer, statusAnswer } from '../../../checks/lib/etcd/testing.ts';
import { fetchResponse } from '../../../checks/lib/testing.ts';
import type { FetchRequest, FetchResult } from '../../../checks/types.ts';
import { type Counters, createCounters, metricsText } from './etcd-metrics.ts';
import type { Noise, Singles, Spell } from './noise.ts';
import { type Answer, HOUR, MINUTE, type Part, SECOND } from './part.ts';
import { REFUSED, RESET, SILENT, lasting } from './servers.ts';

export interface Etcd extends Part {
  /** It has no leader. */
  readonly election: Spell;
  /** From now on all that it is asked is answered so. */
  force(answer: FetchResult): void;
  /** The same for reads through the majority. */
  forceMajority(answer: FetchResult): void;
  /** From now on its status has these. */
  forceStatus(fields: object): void;
  /** From now on nobody answers where this member tells the others to find it. */
  moveAway(): void;
  /** Nobody listens where the others are. */
  loseOthers(): void;
  /** From now on its data are older. */
  restore(): void;
  readonly counters: Counters;
}

const CLIENT = 'https://127.0.0.1:2379';
const METRICS = 'http://127.0.0.1:2381';
const QUOTA_BYTES = 2 ** 31;
const FIRST_REVISION = 5_000_000;
/** Runs that an election makes fail are confirmed within that time. */
const APART_MS = 5 * SECOND;
const TROUBLE = [
  SILENT,
  RESET,
  gatewayError(503, 'etcdserver: request timed out'),
  gatewayError(504, 'context deadline exceeded'),
];

export function createEtcd(noise: Noise): Etcd {
  const tookMs = noise.tail(2, 700);
  const usedQuota = noise.wander(0.4, 0.79);
  const elections = createElections(noise);
  const single = noise.singles(() => elections.isNear(APART_MS));
  const [isMoment, isOlder] = [single(0.01), single(0.01)];
  let isRestored = false;
  const lacking = (): number => (isRestored ? 1100 : isOlder() ? 900 : 0);
  const revision = (): number => FIRST_REVISION + Math.floor(noise.now() / 100) - lacking();
  const counters = createCounters(noise, () => elections.count());
  let forced: FetchResult | undefined;
  let forcedMajority: FetchResult | undefined;
  let fields: object = {};
  let isMoved = false;
  let isGone = false;
  const asked =
    (well: (request: FetchRequest) => FetchResult): Answer =>
    (request) => {
      if (forced !== undefined) return forced;
      if (isMoment() && noise.random.chance(0.7)) return noise.random.pick(TROUBLE);
      const answer = well(request);
      return lasting(answer, Math.max(answer.durationMs, tookMs()));
    };
  const dbSizeBytes = (): number => Math.round(usedQuota() * QUOTA_BYTES);
  const status = (): FetchResult =>
    elections.isOn() ? leaderless() : statusAnswer({ dbSize: String(dbSizeBytes()), ...fields });
  const range = ({ body }: FetchRequest): FetchResult =>
    String(body).includes('serializable')
      ? rangeAnswer()
      : (forcedMajority ?? rangeAnswer(1 + elections.leftMs(), revision()));
  const metrics = (): FetchResult =>
    fetchResponse(200, metricsText(counters, !elections.isOn(), dbSizeBytes(), QUOTA_BYTES));
  return {
    counters,
    election: elections,
    answers: {
      [`${CLIENT}/version`]: asked(() => fetchResponse(200, '{"etcdserver":"3.5.21"}')),
      [`${CLIENT}/v3/maintenance/status`]: asked(status),
      [`${CLIENT}/v3/kv/range`]: asked(range),
      [`${METRICS}/`]: asked(() => fetchResponse(404)),
      [`${METRICS}/health`]: asked(() => fetchResponse(200, '{"health":"true","reason":""}')),
      [`${METRICS}/livez`]: asked(() => fetchResponse(200, 'ok')),
      [`${METRICS}/metrics`]: asked(metrics),
      ...createMembers(noise, single, { isMoved: () => isMoved, isGone: () => isGone }),
    },
    force: (answer) => void (forced = answer),
    forceMajority: (answer) => void (forcedMajority = answer),
    forceStatus: (more) => void (fields = more),
    moveAway: () => void (isMoved = true),
    loseOthers: () => void (isGone = true),
    restore: () => void (isRestored = true),
  };
}

/** One after the other, and now and then five of them that follow each other in less than five minutes. */
function createElections({ between, random, now }: Noise): Spell & { count(): number } {
  let [endedMs, startMs, endMs, more, count] = [0, 40 * MINUTE, 40 * MINUTE + 2 * SECOND, 4, 0];
  const follow = (): void => {
    while (now() >= endMs) {
      count += 1;
      endedMs = endMs;
      startMs = endMs + (more > 0 ? 50 * SECOND : between(HOUR / 2, 2 * HOUR));
      if (more === 0 && random.chance(0.2)) more = 5;
      more = Math.max(0, more - 1);
      endMs = startMs + between(SECOND, 2 * SECOND);
    }
  };
  const leftMs = (): number => {
    follow();
    return now() < startMs ? 0 : endMs - now();
  };
  return {
    leftMs,
    isOn: () => leftMs() > 0,
    isNear: (withinMs) => leftMs() > 0 || startMs - now() < withinMs || now() - endedMs < withinMs,
    count() {
      follow();
      return count;
    },
  };
}

const IDS = { cluster_id: '11894470811451714410' };
const [OWN, SECOND_ID, THIRD] = ['14720799474854129801', '2', '3'];

/** Three, of which the others have their ups and downs. */
interface Troubles {
  readonly isMoved: () => boolean;
  readonly isGone: () => boolean;
}

function createMembers(noise: Noise, single: Singles, { isMoved, isGone }: Troubles): Record<string, Answer> {
  const members = [
    { ID: OWN, name: 'm1', peerURLs: ['https://10.0.0.1:2380'], clientURLs: ['https://10.0.0.1:2379'] },
    { ID: SECOND_ID, name: 'm2', peerURLs: ['https://10.0.0.2:2380'], clientURLs: ['https://10.0.0.2:2379'] },
    { ID: THIRD, name: 'm3', peerURLs: ['https://10.0.0.3:2380'], clientURLs: ['https://10.0.0.3:2379'] },
  ];
  const version = fetchResponse(200, '{"etcdserver":"3.5.21"}');
  const list = fetchResponse(200, JSON.stringify({ header: { ...IDS, member_id: OWN }, members }));
  const other = (id: string, address: string): Record<string, Answer> => {
    const silent = noise.spells({ everyMs: HOUR, lastsMs: [5 * SECOND, 25 * SECOND] });
    const away = noise.spells({ everyMs: HOUR, lastsMs: [5 * SECOND, MINUTE] });
    const isMoment = single(0.02);
    const header = { ...IDS, member_id: id };
    return {
      [`https://${address}:2379/v3/maintenance/status`]: () =>
        away.isOn() || isGone() ? REFUSED : statusAnswer({ header }),
      [`https://${address}:2380/version`]: () =>
        silent.isOn() ? SILENT : isMoment() || away.isOn() || isGone() ? REFUSED : version,
    };
  };
  const own: Answer = () => (isMoved() ? REFUSED : version);
  return {
    [`${CLIENT}/v3/cluster/member/list`]: () => list,
    'https://10.0.0.1:2379/version': own,
    'https://10.0.0.1:2380/version': own,
    ...other(SECOND_ID, '10.0.0.2'),
    ...other(THIRD, '10.0.0.3'),
  };
}
