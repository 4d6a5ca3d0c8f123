import { living } from '../instances.ts';
import { mergedDraft } from '../merged-draft.ts';
import { isAlone } from '../mesh-evidence.ts';
import { type Draft, type Evidence, type Rule, type SeenProblem, claimed } from '../rule.ts';
import { ADDRESS_CLAIMS, type ServerSight, serverSights, wasReadSince } from '../server-sights.ts';
import { formatNames, plural } from '../words.ts';
import { asCheckSays } from './unclaimed.ts';

const REASON = 'ApiserverAddressBroken';
/** The addresses of a control plane that is somebody else's come and go; they are read anew every five minutes. */
const READ_ANEW_MS = 6 * 60_000;
/** Of one alone nobody knows whether it is not the node's own trouble with that one. */
const FEWEST_OF_ALL = 2;

export const apiserverAddressBroken: Rule = {
  reason: REASON,
  severity: 'critical',
  concludes:
    'An API server is not reached at its own address: by some nodes while others reach it, by nobody but its own node, or, where the address is on no node, by none at all. Critical only where a control plane that is on no node of the cluster answers nobody.',
  from: 'Each node asks each API server at its own address. What lasts a minute on one node is put together with what all others see, and with what the node that has the address says of its server.',
  sound:
    'That some reach it tells the server from the way to it. Who has not had the time to look since does not count as reaching it.',
  silentWhen:
    'The server is down or not ready by its own node’s word, or nobody reaches it and that node’s agent says nothing: that is ApiserverDown. Its node is lost, has just come back, leaves, or says that it has no API server. Nobody ever reached it, or one node alone says so that does not reach its host. An end of the way is lost or was a moment ago. This node is isolated. An address on no node fails for less than 6 min while others answer.',
  claims: ADDRESS_CLAIMS,
  find(evidence) {
    if (evidence.mesh === undefined || isAlone(evidence.mesh)) return asOneSays(evidence);
    const sights = serverSights(evidence);
    const partly = sights.filter(({ verdict, home }) => verdict === 'some' && isTold(home));
    const cutOff = reachingNone(evidence, partly);
    const rest = partly.flatMap((sight): ServerSight[] => {
      const failing = sight.failing.filter(({ node }) => !cutOff.has(node));
      return failing.length === 0 ? [] : [{ ...sight, failing }];
    });
    const areAllGone = isNoneReached(evidence, sights);
    return [
      ...(cutOff.size > 0 ? [draftOfNodes(evidence, partly, cutOff)] : []),
      ...rest.map((sight) => draftOfSome(evidence, sight)),
      ...sights.flatMap((sight) => draftOfAll(evidence, sight, areAllGone)),
      ...sights.flatMap((sight) => draftOfApart(evidence, sight)),
    ];
  },
};

/** What the only agent sees, in the words of its check; of its own node its own check of the API server knows better. */
function asOneSays(evidence: Evidence): Draft[] {
  const { state, mesh } = evidence;
  if (mesh?.state.isolated !== undefined) return [];
  const own = new Set(state.kube?.apiServers.flatMap(({ address, node }) => (node === state.self ? [address] : [])));
  return living(claimed(evidence, ADDRESS_CLAIMS))
    .filter(({ problem: { subject = '' } }) => !own.has(subject))
    .map((seen) => ({ ...asCheckSays(evidence, seen), reason: REASON }));
}

/** Otherwise something else is said of that server, or rightly nothing. */
const isTold = (home: ServerSight['home']): boolean => home !== 'fails' && home !== 'absent';

/** Nodes that reach no API server at all where others reach them: the trouble is theirs. */
function reachingNone({ state }: Evidence, partly: readonly ServerSight[]): ReadonlySet<string> {
  const known = state.kube?.apiServers.length ?? 0;
  const counts = new Map<string, number>();
  for (const { node } of partly.flatMap(({ failing }) => failing)) counts.set(node, (counts.get(node) ?? 0) + 1);
  const isAll = (name: string, count: number): boolean => {
    const own = state.kube?.apiServers.filter(({ node }) => node === name).length ?? 0;
    return count >= FEWEST_OF_ALL && count >= known - own;
  };
  return new Set([...counts].flatMap(([name, count]) => (isAll(name, count) ? [name] : [])));
}

/** None of the servers is reached by anybody. */
const isNoneReached = ({ state }: Evidence, sights: readonly ServerSight[]): boolean =>
  sights.length >= (state.kube?.apiServers.length ?? 0) && sights.every(({ verdict }) => verdict === 'all');

const draft = (evidence: Evidence, seen: readonly SeenProblem[], sentence: string): Draft =>
  mergedDraft(evidence, seen, REASON, () => sentence);

const namesOf = (seen: readonly SeenProblem[]): readonly string[] => seen.map(({ node }) => node);

function draftOfNodes(evidence: Evidence, partly: readonly ServerSight[], cutOff: ReadonlySet<string>): Draft {
  const names = [...cutOff].sort();
  const seen = partly.flatMap(({ failing }) => failing).filter(({ node }) => cutOff.has(node));
  const addresses = partly.map(({ address }) => address);
  const dissent = [...new Set(partly.flatMap(({ reaching }) => reaching))].sort();
  const does = plural(names.length, 'reaches', 'reach');
  const { subject: _subject, ...whole } = draft(
    evidence,
    seen,
    `${formatNames(names)} ${does} no API server at its own address (${formatNames(addresses)}), ${formatNames(dissent)} ${plural(dissent.length, 'does', 'do')}`,
  );
  return { ...whole, node: names[0] ?? whole.node, nodes: names, dissent };
}

function draftOfSome(evidence: Evidence, { address, node, failing, reaching }: ServerSight): Draft {
  const names = namesOf(failing);
  const others = `${formatNames(reaching)} ${plural(reaching.length, 'does', 'do')}`;
  const who = `${formatNames(names)} ${plural(names.length, 'does', 'do')} not reach`;
  const what = node === undefined ? `the Kubernetes API at ${address}` : `the API server on ${node} at ${address}`;
  return {
    ...draft(evidence, failing, `${who} ${what}, ${others}`),
    nodes: node === undefined ? names : [node, ...names],
    node: node ?? names[0] ?? '',
    dissent: reaching,
  };
}

/** Nobody reaches it: of an address that no node has, and of a server whose node knows better. */
function draftOfAll(evidence: Evidence, sight: ServerSight, areAllGone: boolean): Draft[] {
  const { address, node, home, failing, failsAtHome, verdict } = sight;
  if (verdict !== 'all' || !isTold(home) || home === 'silent') return [];
  const count = `${failing.length} ${plural(failing.length, 'node', 'nodes')}`;
  if (node === undefined) {
    const whole = draft(
      evidence,
      failing,
      `The Kubernetes API at ${address} does not answer any of the ${count} that ask`,
    );
    const isRead = wasReadSince(evidence, whole.since);
    // Who reads the Nodes reaches an API: at an address that is not known yet.
    if ((!areAllGone || isRead) && evidence.now - whole.since < READ_ANEW_MS) return [];
    const isCritical = areAllGone && !isRead;
    return [{ ...whole, severity: isCritical ? 'critical' : 'warning', nodes: namesOf(failing) }];
  }
  const why = 'a firewall, or it listens on another address';
  const sentence =
    home === 'unknown'
      ? `The API server on ${node} is reached by nobody at ${address}, and its own agent cannot tell how it is`
      : failsAtHome
        ? `The API server on ${node} answers on ${node} itself, and to nobody at ${address}, not even there`
        : `The API server on ${node} answers on ${node} itself and to nobody else at ${address}: ${why}`;
  const whole = draft(evidence, failing, sentence);
  return [
    {
      ...whole,
      node,
      nodes: [node, ...namesOf(failing)],
      dissent: home === 'works' ? [node] : [],
      ...(home === 'works' && { alternatives: failsAtHome ? ['it listens on another address'] : why.split(', or ') }),
    },
  ];
}

/** The way is broken as a whole, which is a finding of its own: this follows from it. */
function draftOfApart(evidence: Evidence, { address, node, home, apart }: ServerSight): Draft[] {
  if (node === undefined || !isTold(home)) return [];
  return apart.map((seen) => ({
    ...draft(evidence, [seen], `${seen.node} does not reach the API server on ${node} at ${address}`),
    nodes: [node, seen.node],
  }));
}
