/** What the members of etcd's cluster say of each other, asked by one of them: whether all are what it takes them for. */
import { Type } from 'typebox';
import { Check } from 'typebox/schema';
import type { FetchRequest, FetchResult } from '../../types.ts';
import { parseJson } from './answers.ts';
import { isRefused } from './client-url.ts';

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
  | { readonly kind: 'peer-address'; readonly member: EtcdMember; readonly url: string; readonly said: string }
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

/** Undefined: this member does not tell who the others are. What does not answer at all is down, and no misfit. */
export async function findMisfits(ask: Ask, url: string): Promise<readonly Misfit[] | undefined> {
  const list = await askForList(ask, url);
  if (list === undefined) return undefined;
  const { cluster_id: clusterId, member_id: ownId } = list.header;
  const members = list.members.slice(0, MOST_MEMBERS).map(memberOf);
  const looks = members.map((member) =>
    member.id === ownId ? lookAtOwn(ask, member) : lookAt(ask, member, clusterId),
  );
  return (await Promise.all(looks)).flat();
}

/** From its own data: from 3.5 on it would ask the majority otherwise, and before it knows no such field. */
async function askForList(ask: Ask, url: string) {
  for (const body of ['{"linearizable":false}', '{}']) {
    const result = await ask(url, '/v3/cluster/member/list', { method: 'POST', body });
    const answer = result.kind === 'response' && result.status === 200 ? parseJson(result.body) : undefined;
    if (Check(ListAnswer, answer)) return answer;
    if (result.kind === 'failure') return undefined;
  }
  return undefined;
}

async function lookAt(ask: Ask, member: EtcdMember, clusterId: string): Promise<Misfit[]> {
  const [url] = member.clientUrls;
  if (url === undefined) return [];
  const status = await ask(url, '/v3/maintenance/status', { method: 'POST', body: '{}' });
  const answer = status.kind === 'response' && status.status === 200 ? parseJson(status.body) : undefined;
  if (!Check(AnyAnswer, answer)) return [];
  const { cluster_id: otherId } = answer.header;
  if (otherId !== clusterId) return [{ kind: 'foreign', member, url, ids: [otherId, clusterId] }];
  return (await askAll(ask, member.peerUrls))
    .filter(({ result }) => isNobody(result) || isSilent(result))
    .map(({ url: at, result }) => ({ kind: 'peer-address', member, url: at, said: messageOf(result) }));
}

/** Silence proves nothing here: what leads to a node from outside need not lead back to it from itself. */
const lookAtOwn = async (ask: Ask, { clientUrls, peerUrls }: EtcdMember): Promise<Misfit[]> =>
  (await askAll(ask, [...clientUrls, ...peerUrls]))
    .filter(({ result }) => isNobody(result))
    .map(({ url, result }) => ({ kind: 'own-address', url, said: messageOf(result) }));

/** Also the port for peers tells its version to anybody, or refuses a certificate: then somebody is there. */
const askAll = (ask: Ask, urls: readonly string[]) =>
  Promise.all(urls.slice(0, MOST_URLS).map(async (url) => ({ url, result: await ask(url, '/version') })));

const isNobody = (result: FetchResult): boolean =>
  isRefused(result) || (result.kind === 'failure' && result.failure === 'unreachable');

/** With less time than that nothing is said of anybody. */
const isSilent = (result: FetchResult): boolean =>
  result.kind === 'failure' && result.failure === 'timeout' && result.durationMs >= SILENT_MS;

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
