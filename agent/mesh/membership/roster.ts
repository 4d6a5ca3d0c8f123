/** The record of every member: its state, since when, and what of it is worth telling. */
import {
  type Flapping,
  type LeavingReason,
  type Member,
  type MemberState,
  type Testimony,
  isDown,
} from '../../model/member.ts';
import { type FlappingWatch, WINDOW_MS, createFlappingWatch } from './flapping.ts';
import { type Leaving, isBack, leavingGraceUntil, leavingState, silentGraceUntil } from './leaving.ts';
import { createSharedLosses } from './shared-losses.ts';
import type { Weight } from './verdict.ts';

export interface ExpectedMember {
  readonly name: string;
  /** From disk: what it was when this agent ran last, and since when; monotonic, ms, so negative. */
  readonly last?: { readonly state: MemberState; readonly sinceMs: number };
}

export type MemberChange =
  | { readonly kind: 'state'; readonly member: string; readonly from: MemberState; readonly to: MemberState }
  /** `flapping` is absent when it is steady again. Its changes of state are not told in between. */
  | { readonly kind: 'flapping'; readonly member: string; readonly flapping?: Flapping };

/** What decides over a member at one moment. */
export interface MemberEvidence {
  readonly weight: Weight;
  /** The wait for further losses is over: `lost` becomes `unreachable`. */
  readonly isJudged: boolean;
  readonly inComponent: boolean;
  /** It answers this agent itself. */
  readonly isReached: boolean;
  readonly testimony: readonly Testimony[];
  /** Since when observers have not reached it, by their reports; monotonic, ms. */
  readonly downSinceMs?: number | undefined;
}

export interface Roster {
  expect(members: Iterable<ExpectedMember>, nowMs: number): void;
  isExpected(name: string): boolean;
  expected(): ReadonlySet<string>;
  all(): readonly Member[];
  /** The state without what the member itself said of leaving. */
  verdictOf(name: string): MemberState | undefined;
  /** Returns true when this is a newer life of a member than was known. */
  sawBoot(name: string, boot: number): boolean;
  leaves(name: string, boot: number, reason: LeavingReason, nowMs: number): void;
  /** @param isSettled false while nothing may be judged yet */
  update(name: string, evidence: MemberEvidence, isSettled: boolean, nowMs: number): readonly MemberChange[];
  /** True while the time alone may change something. */
  isRestless(): boolean;
}

interface Entry {
  member: Member;
  verdict: MemberState;
  readonly flapping: FlappingWatch;
  /** It has answered this agent, which knows by itself since when it is down from then on. */
  wasSeen: boolean;
  /** Somebody reached it since it went down last. Without that it has not come back, whatever is doubted meanwhile. */
  cameBack: boolean;
  boot: number;
  leaving?: Leaving;
  downSinceMs?: number;
  /** As it was in the run before, until it is alive: looked at anew it may be doubted for a moment in between. */
  gone?: { readonly state: MemberState; readonly sinceMs: number };
}

export function createRoster(self: string, startedAtMs: number): Roster {
  const entries = new Map<string, Entry>();
  let expected: ReadonlySet<string> = new Set();
  /** By name. */
  let sorted: readonly Entry[] = [];
  let members: readonly Member[] | undefined;
  const losses = createSharedLosses(WINDOW_MS);
  const put = (entry: Entry, member: Member): void => {
    entry.member = member;
    members = undefined;
  };
  return {
    expect(list, nowMs) {
      const all = [{ name: self }, ...[...list].filter(({ name }) => name !== self)];
      const names = new Set(all.map(({ name }) => name));
      for (const name of entries.keys()) if (!names.has(name)) entries.delete(name);
      for (const one of all) {
        if (!entries.has(one.name)) entries.set(one.name, createEntry(one, self, startedAtMs, nowMs));
      }
      expected = new Set(entries.keys());
      sorted = [...entries.values()].sort((a, b) => (a.member.name < b.member.name ? -1 : 1));
      members = undefined;
    },
    isExpected: (name) => entries.has(name),
    expected: () => expected,
    all() {
      members ??= sorted.map(({ member }) => member);
      return members;
    },
    verdictOf: (name) => entries.get(name)?.verdict,
    sawBoot(name, boot) {
      const entry = entries.get(name);
      if (entry === undefined || boot <= entry.boot) return false;
      entry.boot = boot;
      return true;
    },
    leaves(name, boot, reason, nowMs) {
      const entry = entries.get(name);
      // Word of an earlier life, or the same word again.
      if (entry === undefined || boot < entry.boot || entry.leaving?.boot === boot) return;
      entry.leaving = { reason, boot, atMs: nowMs };
    },
    update(name, evidence, isSettled, nowMs) {
      const entry = entries.get(name);
      if (entry === undefined || name === self) return [];
      entry.wasSeen ||= evidence.isReached;
      if (isQuiet(entry, evidence)) return [];
      const { member: before } = entry;
      const wasFlapping = before.flapping !== undefined;
      const state = nextState(entry, evidence, isSettled, nowMs);
      if (state === 'unreachable' && before.state !== state) losses.lost(name, nowMs);
      if (!isDown(state)) delete entry.downSinceMs;
      else if (!isDown(before.state) && entry.cameBack)
        // A host that answers is not behind a broken network.
        entry.flapping.fell(nowMs, () => state !== 'unreachable' || !losses.isShared(name, nowMs));
      entry.cameBack = !isDown(state) && (entry.cameBack || evidence.inComponent);
      if (isDown(state)) entry.downSinceMs ??= nowMs;
      // Before it is settled a peer's old report may lead to it.
      if (state === 'alive' && isSettled) delete entry.gone;
      const after = describe(entry, state, evidence, isSettled, nowMs);
      if (!isSameMember(before, after)) put(entry, after);
      if (wasFlapping !== (after.flapping !== undefined)) {
        return [{ kind: 'flapping', member: name, ...(after.flapping !== undefined && { flapping: after.flapping }) }];
      }
      if (wasFlapping || before.state === state) return [];
      return [{ kind: 'state', member: name, from: before.state, to: state }];
    },
    isRestless: () =>
      [...entries.values()].some(
        ({ member }) => !member.judged || member.state !== 'alive' || member.flapping !== undefined,
      ),
  };
}

function createEntry(one: ExpectedMember, self: string, startedAtMs: number, nowMs: number): Entry {
  const isSelf = one.name === self;
  const last = isSelf ? undefined : one.last;
  // That it was alive all the time since then is more than anybody here knows.
  const gone = last !== undefined && (isDown(last.state) || last.state === 'left') ? last : undefined;
  return {
    member: {
      name: one.name,
      // Somebody that nobody has looked at yet is not alive: unknown is never green.
      state: isSelf ? 'alive' : (last?.state ?? 'suspect'),
      sinceMs: isSelf ? startedAtMs : Math.min(gone?.sinceMs ?? nowMs, nowMs),
      judged: isSelf,
      inComponent: isSelf,
      testimony: [],
    },
    verdict: isSelf ? 'alive' : firstVerdict(last?.state),
    ...(gone !== undefined && { gone: { state: gone.state, sinceMs: Math.min(gone.sinceMs, nowMs) } }),
    ...(gone !== undefined && isDown(gone.state) && { downSinceMs: Math.min(gone.sinceMs, nowMs) }),
    flapping: createFlappingWatch(),
    wasSeen: isSelf,
    cameBack: true,
    boot: 0,
  };
}

/** Whether a member was leaving when this agent ran last says nothing of it now. */
const firstVerdict = (lastState: MemberState = 'suspect'): MemberState =>
  lastState === 'leaving' || lastState === 'left' ? 'suspect' : lastState;

function nextState(entry: Entry, evidence: MemberEvidence, isSettled: boolean, nowMs: number): MemberState {
  const verdict = nextVerdict(entry.verdict, evidence, isSettled);
  entry.verdict = verdict;
  if (entry.leaving !== undefined && isBack(entry.leaving, entry.boot, verdict, nowMs)) delete entry.leaving;
  return leavingState(entry.leaving, verdict, { inComponent: evidence.inComponent, nowMs });
}

function nextVerdict(
  before: MemberState,
  { weight, isJudged, inComponent }: MemberEvidence,
  isSettled: boolean,
): MemberState {
  if (!isSettled) return inComponent ? 'alive' : before;
  const undecided = isDown(before) ? before : 'suspect';
  switch (weight) {
    case 'agent-down':
    case 'agent-unresponsive':
      return weight;
    case 'lost':
      return isJudged || before === 'unreachable' ? 'unreachable' : undecided;
    case 'doubt':
      return 'suspect';
    case 'fine':
      return 'alive';
    default:
      return inComponent ? 'alive' : undecided;
  }
}

function describe(
  entry: Entry,
  state: MemberState,
  evidence: MemberEvidence,
  isSettled: boolean,
  nowMs: number,
): Member {
  const { name, state: before, sinceMs, judged, connectedSinceMs = nowMs } = entry.member;
  const graceUntilMs = graceUntil(entry, state);
  const flapping = entry.flapping.state(nowMs);
  const isLeaving = state === 'leaving' || state === 'left';
  return {
    name,
    state,
    sinceMs:
      state === before
        ? Math.min(sinceMs, beganAt(entry, state, evidence, sinceMs))
        : beganAt(entry, state, evidence, nowMs),
    judged: judged || evidence.inComponent || (isSettled && evidence.weight !== 'nothing'),
    inComponent: evidence.inComponent,
    ...(evidence.inComponent && { connectedSinceMs }),
    ...(graceUntilMs !== undefined && { graceUntilMs }),
    ...(isLeaving && entry.leaving !== undefined && { leaving: entry.leaving.reason }),
    ...(flapping !== undefined && { flapping }),
    testimony: evidence.testimony,
  };
}

/**
 * When a state began, by default at `elseMs`. Who has just started believes its own memory, and then the others, of how
 * long a member has been down.
 */
function beganAt(
  { gone, wasSeen }: Entry,
  state: MemberState,
  { downSinceMs }: MemberEvidence,
  elseMs: number,
): number {
  if (state === gone?.state) return gone.sinceMs;
  return isDown(state) && !wasSeen ? Math.min(elseMs, downSinceMs ?? elseMs) : elseMs;
}

function graceUntil({ leaving, downSinceMs }: Entry, state: MemberState): number | undefined {
  // Who announced that it goes gets the time for that, not the other grace after it.
  if (leaving !== undefined) return state === 'alive' ? undefined : leavingGraceUntil(leaving);
  return state === 'agent-down' && downSinceMs !== undefined ? silentGraceUntil(downSinceMs) : undefined;
}

/** Nearly all members nearly always: alive, and nobody says otherwise. */
const isQuiet = ({ member, leaving, gone }: Entry, { weight, inComponent }: MemberEvidence): boolean =>
  weight === 'nothing' &&
  inComponent &&
  leaving === undefined &&
  gone === undefined &&
  member.state === 'alive' &&
  member.judged &&
  member.inComponent &&
  member.flapping === undefined &&
  member.testimony.length === 0;

/** Keeps the old object, and with it everything that was derived from it, when nothing changed. */
const isSameMember = (one: Member, other: Member): boolean =>
  one.state === other.state &&
  one.sinceMs === other.sinceMs &&
  one.judged === other.judged &&
  one.inComponent === other.inComponent &&
  one.graceUntilMs === other.graceUntilMs &&
  one.leaving === other.leaving &&
  one.flapping?.falls === other.flapping?.falls &&
  one.flapping?.isOwn === other.flapping?.isOwn &&
  one.testimony.length === other.testimony.length &&
  one.testimony.every(({ observer, state }, index) => {
    const same = other.testimony[index];
    return same?.observer === observer && same.state === state;
  });
