/** How each rule stands, as far as this agent knows: by its own judgement, or by what those say who judge it. */
import type { RuleState } from '../../model/rule-alert.ts';
import { type RuleSet, isLocal } from './rule-set.ts';
import { type HeardNote, isJudging } from './word.ts';

export interface StatesSight {
  readonly set: RuleSet;
  /** Of all, this agent's own first. */
  readonly notes: readonly HeardNote[];
  /** Name of the node whose agent judges what is about the whole cluster; undefined: that is not settled. */
  readonly judge: string | undefined;
  /** Rule → how many of its alerts fire. */
  readonly firing: ReadonlyMap<string, number>;
}

const NOBODY = 'no agent is known yet that judges it';
const NOWHERE = 'no container that it is about runs on any node whose agent is heard';

export function statesOf({ set, notes, judge, firing }: StatesSight): readonly RuleState[] {
  const current = notes.filter(({ isCurrent }) => isCurrent);
  const judging = judgeAmong(current, judge);
  const [locally, whys] = [localWhys(set, current), judging && whysIn(judging)];
  return set.all.map((rule, place): RuleState => {
    const { name, type, source, severity, place: written } = rule;
    const count = firing.get(name) ?? 0;
    const why = isLocal(rule)
      ? locally.get(place)
      : judging === undefined
        ? NOBODY
        : judging.head.set === set.digest
          ? whys?.get(place)
          : `${judging.node}, whose agent judges it, has other rules than this node`;
    return {
      name,
      type,
      source,
      severity,
      state: count > 0 ? 'firing' : why === undefined ? 'ok' : 'unknown',
      ...(why !== undefined && { why }),
      firing: count,
      place: written,
      ...(!isLocal(rule) && judge !== undefined && { judge }),
    };
  });
}

/** Where two judge for a moment, the one that is to. */
const judgeAmong = (current: readonly HeardNote[], judge: string | undefined): HeardNote | undefined => {
  const judges = current.filter(isJudging);
  return judges.find(({ node }) => node === judge) ?? judges[0];
};

const whysIn = ({ head }: HeardNote): ReadonlyMap<number, string> =>
  new Map(head.unknown.flatMap(({ why, rules }) => rules.map((place) => [place, why] as const)));

/** Nobody knows all of it; where nobody has anything of the kind, nobody knows anything. */
function localWhys({ digest, all }: RuleSet, current: readonly HeardNote[]): ReadonlyMap<number, string> {
  const whys = new Map<number, string>();
  const [own, ...others] = current.filter(({ head }) => head.set === digest);
  if (own === undefined) return whys;
  for (const [place, why] of whysIn(own)) whys.set(place, why);
  for (const note of others)
    for (const [place, why] of whysIn(note)) if (!whys.has(place)) whys.set(place, `on ${note.node}: ${why}`);
  const present = new Set(all.keys());
  for (const place of own.head.absent)
    if (others.every(({ head }) => head.absent.includes(place))) present.delete(place);
  for (const place of all.keys()) if (!present.has(place) && !whys.has(place)) whys.set(place, NOWHERE);
  return whys;
}
