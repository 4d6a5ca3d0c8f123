/** What `meerkat key status` says: which keys lie here, and which keys the members of the cluster accept. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { ApiMember, ApiMembers } from '../../http/contract.ts';
import type { ClusterKey } from '../../mesh/identity/cluster-key.ts';
import { IDENTITY_FILE, type StoredIdentity, parseIdentity } from '../../mesh/identity/identity-file.ts';
import { keyPairFromSeed } from '../../mesh/identity/key-pair.ts';
import type { Target } from './arguments.ts';
import { askFor } from './client.ts';
import { exists, heldClusterId, heldKeys, keyPath, read } from './key-disk.ts';

/** Members that have not left. */
export type Members = readonly ApiMember[];

/** @throws {AgentError} `unavailable` when no agent answers */
export type AskMembers = () => Promise<Members>;

export async function askMembers(target: Target): Promise<Members> {
  const answer = JSON.parse(await askFor(target, '/api/v1/members?format=json')) as ApiMembers;
  return answer.members.filter(({ state }) => state !== 'left');
}

/** Members that have not said that they accept the key. */
export const without = (key: ClusterKey, members: Members): Members =>
  members.filter(({ keys = [] }) => !keys.includes(key.id));

/** `node-b (accepts 1a2b3c4d), node-c (agent-down, did not say)` */
export const namesOf = (members: Members): string =>
  members
    .map(({ node, state, keys }) => {
      const said = keys === undefined ? 'did not say' : `accepts ${keys.join(', ')}`;
      return `${node} (${state === 'alive' ? '' : `${state}, `}${said})`;
    })
    .join(', ');

/** Never a secret. */
export async function describeKeys(directory: string, ask: AskMembers): Promise<string> {
  const path = keyPath(directory);
  const keys = await heldKeys(directory);
  const [first, second] = keys;
  const mode = keys.length > 0 ? (await stat(path)).mode & 0o077 : 0;
  return [
    `cluster   ${(await heldClusterId(directory)) ?? 'not known here'}`,
    `key       ${first === undefined ? `none; there is no ${path}` : first.id}`,
    ...(second === undefined ? [] : [`accepted  ${second.id} (the key of before, until: meerkat key finish)`]),
    ...(mode === 0 ? [] : [`warning   others than the owner may read ${path}: chmod 600 ${path}`]),
    `identity  ${await identityLine(directory)}`,
    ...(first === undefined ? [] : await memberLines(keys, ask)),
    '',
  ].join('\n');
}

async function memberLines(keys: readonly ClusterKey[], ask: AskMembers): Promise<string[]> {
  let members: Members;
  try {
    members = await ask();
  } catch (error) {
    return [`members   not known: ${messageOf(error)}`];
  }
  const [first, second] = keys;
  if (first === undefined) return [];
  const missing = without(first, members);
  const lines = [`members   ${members.length - missing.length} of ${members.length} accept ${first.id}`];
  if (missing.length > 0) lines.push(`missing   ${namesOf(missing)}`);
  lines.push(`next      ${nextStep(keys, members, missing)}`);
  return second === undefined && missing.length === 0 && withOthers(first, members).length === 0
    ? lines.slice(0, -1)
    : lines;
}

function nextStep(keys: readonly ClusterKey[], members: Members, missing: Members): string {
  const [first, second] = keys;
  if (first === undefined) return '';
  const nodes = missing.map(({ node }) => node).join(', ');
  if (missing.length > 0) return `copy cluster.key to ${nodes}; their agents notice within 5 s`;
  if (second !== undefined) return 'all members know the new key: meerkat key finish';
  const others = withOthers(first, members);
  return `${others.map(({ node }) => node).join(', ')} still ${others.length === 1 ? 'accepts' : 'accept'} an older key: copy cluster.key there`;
}

/** Members that accept another key besides. */
const withOthers = (key: ClusterKey, members: Members): Members =>
  members.filter(({ keys = [] }) => keys.some((id) => id !== key.id));

async function identityLine(directory: string): Promise<string> {
  const path = join(directory, IDENTITY_FILE);
  if (!(await exists(path))) return 'none; the agent makes one at its first start';
  let identity: StoredIdentity;
  try {
    identity = parseIdentity(await read(path));
  } catch (error) {
    return `${path} cannot be used: ${messageOf(error)}`;
  }
  return `${keyPairFromSeed(identity.seed).peerId}, node ${identity.nodeName}, boot ${identity.boot}`;
}
