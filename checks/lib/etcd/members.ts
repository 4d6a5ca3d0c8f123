/** What the members of etcd's cluster say of each other, asked by one of them: whether all are what it takes them for. */
import { isIP } from 'node:net';
import { Type } from 'typebox';
import { Check } from 'typebox/schema';
import type { FetchRequest, FetchResult } from '../../types.ts';
import { parseJson } from './answers.ts';
import { hostnameOf, isLoopbackUrl, isRefused } from './client-url.ts';

/** As the member's own list has it. */
export interface EtcdMember {
  readonly id: string;
  /** Empty until it has started once. */
  readonly name: string;
  /** Where it tells clients to ask it. */
  readonly clientUrls: readonly string[];
  /** Where it tells the other members to find it. */
  readonly peerUrls: readonly string[];
}

export type Misfit =
  /** What answers where a member should be is one of another cluster. */
  | {
      readonly kind: 'foreign';
      readonly member: EtcdMember;
      readonly url: string;
      readonly ids: readonly [string, string];
    }
  /** It lives, and does not answer where it says that its peers find it. */
  | {
      readonly kind: 'peer-address';
      readonly member: EtcdMember;
      readonly url: string;
      readonly said: string;
      /** Nobody refused: packets may have got lost, or it had no time. */
      readonly isSilent: boolean;
    }
  /** Nobody listens where clients and peers are to find it. */
  | { readonly kind: 'gone'; readonly member: EtcdMember; readonly url: string }
  /** This member itself is not where it says that it is. */
  | { readonly kind: 'own-address'; readonly url: string; readonly said: string };

export type Ask = (url: string, path: string, more?: Partial<FetchRequest>) => Promise<FetchResult>;

/** Of more no cluster of etcd has members. */
const MOST_MEMBERS = 16;
const MOST_URLS = 4;
const SILENT_MS = 400;

const Header = Type.Object({ cluster_id: Type.String(), member_id: Type.String() });
const AnyAnswer = Type.Object({ header: Header });
const ListAnswer = Type.Object({
  header: Header,
  members: Type.Array(
    Type.Object({
      ID: Type.String(),
      name: Type.Optional(Type.String()),
      peerURLs: Type.Optional(Type.Array(Type.String())),
      clientURLs: Type.Optional(Type.Array(Type.String())),
    }),
  ),
});

/** Ports for peers that want another certificate. They are there, and are not asked again. */
export type KnownPorts = Set<string>;

/** Undefined: this member does not tell who the others are. Whom nothing is heard of, on whatever way, is no misfit. */
export async function findMisfits(ask: Ask, url: string, known: KnownPorts): Promise<readonly Misfit[] | undefined> {
  const list = await askForList(ask, url);
  if (list === undefined) return undefined;
  const { cluster_id: clusterId, member_id: ownId } = list.header;
  const members = list.members.slice(0, MOST_MEMBERS).map(memberOf);
  const looks = members.map((member) =>
    member.id === ownId ? lookAtOwn(ask, member, known) : lookAt(ask, member, clusterId, known),
  );
  return (await Promise.all(looks)).flat();
}

/** From the member's own data: it asks the majority only where that is wished for. */
async function askForList(ask: Ask, url: string) {
  const result = await ask(url, '/v3/cluster/member/list', { method: 'POST', body: '{}' });
  const answer = result.kind === 'response' && result.status === 200 ? parseJson(result.body) : undefined;
  return Check(ListAnswer, answer) ? answer : undefined;
}

async function lookAt(ask: Ask, member: EtcdMember, clusterId: string, known: KnownPorts): Promise<Misfit[]> {
  // From here loopback leads to this member, whoever says it.
  const url = member.clientUrls.find((one) => !isLoopbackUrl(one));
  if (url === undefined) return [];
  const status = await ask(url, '/v3/maintenance/status', { method: 'POST', body: '{}' });
  if (isRefused(status)) return (await isGone(ask, member)) ? [{ kind: 'gone', member, url }] : [];
  const answer = status.kind === 'response' && status.status === 200 ? parseJson(status.body) : undefined;
  if (!Check(AnyAnswer, answer)) return [];
  const { cluster_id: otherId, member_id: whoAnswers } = answer.header;
  if (otherId !== clusterId) return [{ kind: 'foreign', member, url, ids: [otherId, clusterId] }];
  // An address that several share, in front of which somebody chooses: nothing is known of this one.
  if (whoAnswers !== member.id) return [];
  return (await askAll(ask, member.peerUrls, known))
    .filter(({ url: at, result }) => isRefused(result) || isSilent(at, result))
    .map(({ url: at, result }) => ({
      kind: 'peer-address',
      member,
      url: at,
      said: messageOf(result),
      isSilent: !isRefused(result),
    }));
}

/** A firewall may refuse clients, and lets peers pass: both ports have to say so. */
async function isGone(ask: Ask, { peerUrls }: EtcdMember): Promise<boolean> {
  const results = await Promise.all(peerUrls.slice(0, MOST_URLS).map((url) => ask(url, '/version')));
  return results.length > 0 && results.every(isRefused);
}

/** Silence proves nothing here: what leads to a node from outside need not lead back to it from itself. */
const lookAtOwn = async (ask: Ask, { clientUrls, peerUrls }: EtcdMember, known: KnownPorts): Promise<Misfit[]> =>
  (await askAll(ask, [...clientUrls, ...peerUrls], known))
    .filter(({ result }) => isRefused(result))
    .map(({ url, result }) => ({ kind: 'own-address', url, said: messageOf(result) }));

/** Also the port for peers tells its version, or wants another certificate: then somebody is there, and logs every visit. */
async function askAll(ask: Ask, urls: readonly string[], known: KnownPorts) {
  const asked = urls.slice(0, MOST_URLS).filter((url) => !known.has(url));
  const all = await Promise.all(asked.map(async (url) => ({ url, result: await ask(url, '/version') })));
  for (const { url, result } of all) if (wantsAnother(result)) known.add(url);
  return all;
}

const wantsAnother = (result: FetchResult): boolean =>
  result.kind === 'failure' && (result.failure === 'tls' || result.failure === 'reset');

/** A name that is not found says nothing of the member, nor does an answer for which there was no time. */
const isSilent = (url: string, result: FetchResult): boolean =>
  result.kind === 'failure' &&
  (result.failure === 'timeout' || result.failure === 'unreachable') &&
  isIP(hostnameOf(url)) !== 0 &&
  result.durationMs >= SILENT_MS;

const messageOf = (result: FetchResult): string => (result.kind === 'failure' ? result.message : '');

const memberOf = (one: {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly clientURLs?: readonly string[];
}): EtcdMember => ({
  id: one.ID,
  name: one.name ?? '',
  clientUrls: (one.clientURLs ?? []).filter((url) => URL.canParse(url)).map(trimmed),
  peerUrls: (one.peerURLs ?? []).filter((url) => URL.canParse(url)).map(trimmed),
});

const trimmed = (url: string): string => url.replace(/\/+$/, '');
