import { formatInstant } from '../../model/text.ts';
import type { Outage } from '../../model/mesh-state.ts';
import type { Draft, Evidence, Rule } from '../rule.ts';
import { firstLines, formatNames, plural } from '../words.ts';

/** Both ends of one cut are seen within this time by all, also where machines have no time. */
const TOGETHER_MS = 60_000;
/** A cut that was over for longer and came back is another one. */
const APART_MS = 5000;
/** Long enough for somebody to read it; the timeline keeps it. */
const SHOWN_MS = 15 * 60_000;

export const partition: Rule = {
  reason: 'Partition',
  severity: 'info',
  concludes: 'Nodes that were lost are back, and were cut off meanwhile: they ran on, on the other side.',
  from: 'The event logs of the nodes that were lost: they lost members of this side at the same time.',
  sound: 'A host that is off writes no log; each entry is signed by its author.',
  silentWhen: 'The nodes have not come back: then it cannot be told. Their own logs name nobody: they were down.',
  claims: [],
  find(evidence) {
    const { mesh, now } = evidence;
    const cut = (mesh?.outages ?? []).filter(
      ({ node, to, lostByItself }) => node !== evidence.state.self && lostByItself.length > 0 && now - to < SHOWN_MS,
    );
    return grouped(cut).map((group) => toDraft(evidence, group));
  },
};

function grouped(outages: readonly Outage[]): Outage[][] {
  const groups: Outage[][] = [];
  for (const outage of [...outages].sort((a, b) => a.from - b.from || (a.node < b.node ? -1 : 1))) {
    const group = groups.at(-1);
    if (group !== undefined && belongsTo(group, outage)) group.push(outage);
    else groups.push([outage]);
  }
  return groups;
}

function belongsTo(group: readonly Outage[], { from }: Outage): boolean {
  const last = group.at(-1)?.from ?? -Infinity;
  return from - last <= TOGETHER_MS && from - Math.max(...group.map(({ to }) => to)) <= APART_MS;
}

function toDraft({ now }: Evidence, group: readonly Outage[]): Draft {
  const nodes = [...new Set(group.map(({ node }) => node))].sort();
  const others = [...new Set(group.flatMap(({ lostByItself }) => lostByItself))].sort();
  const since = Math.min(...group.map(({ from }) => from));
  const observers = [...new Set(group.flatMap((one) => one.observers))].sort();
  const until = Math.max(...group.map(({ to }) => to));
  return {
    reason: 'Partition',
    severity: 'info',
    nodeSeverity: 'info',
    node: nodes[0] ?? '',
    nodes,
    subject: new Date(since).toISOString().slice(0, 19),
    sentence: `${formatNames(nodes)} ${plural(nodes.length, 'was', 'were')} cut off from ${formatNames(others)} until ${formatInstant(until, now)} and ran on: it was a partition`,
    since,
    // Their own logs say so, if nobody here had lost them.
    observers: observers.length > 0 ? observers : nodes,
    dissent: [],
    evidence: firstLines(
      group.map(
        ({ node, lostByItself }) => `the log of ${node} says that it lost ${formatNames(lostByItself)} meanwhile`,
      ),
    ),
    alternatives: [],
    next: ['Look at what lies between the two sides: switches, routes, firewall changes at that time'],
    intervalMs: 1000,
  };
}
