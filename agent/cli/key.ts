/** `meerkat key`: makes the cluster key, changes it, and says who has which. */
import { randomBytes } from 'node:crypto';
import { AgentError, EXIT_CODES, messageOf } from '../base/errors.ts';
import { parseClusterId } from '../mesh/identity/cluster-id.ts';
import {
  CLUSTER_ID_FILE,
  CLUSTER_KEY_BYTES,
  CLUSTER_KEY_FILE,
  type ClusterKey,
  MAX_CLUSTER_KEYS,
  clusterKeyFrom,
  formatClusterKeys,
  overlayKeyOf,
} from '../mesh/identity/cluster-key.ts';
import { type CommandLine, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { configFrom } from './lib/config.ts';
import {
  clusterIdFor,
  heldKeys,
  idsOf,
  keyPath,
  originOf,
  readKeys,
  writeClusterId,
  writeKeys,
} from './lib/key-disk.ts';
import { type AskMembers, askMembers, describeKeys, namesOf, without } from './lib/key-status.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat key new [--cluster-id UUID] [--print] [OPTION…]
       meerkat key rotate [--print] [OPTION…]
       meerkat key status [OPTION…]
       meerkat key finish [--force] [OPTION…]
       meerkat key show-id [OPTION…]
       meerkat key overlay [OPTION…]

  new        make a cluster key: ${CLUSTER_KEY_FILE} and ${CLUSTER_ID_FILE} in the data directory. Every agent of the
             cluster needs a copy of both; whoever has the key belongs to the cluster.
  rotate     put a new key before the one that is there; agents that have both accept both
  status     which keys and which identity the data directory holds, and which keys the members accept
  finish     end a change: drop the key of before, once every member accepts the new one
  show-id    the id of the key in use: 8 hexadecimal digits, no secret
  overlay    the key for the overlay responders, derived from this one: what meerkat overlay reads from its --key-file

To change the key: rotate on one node and copy ${CLUSTER_KEY_FILE} to the others, see with status that all have it, finish
and copy again. Running agents notice each copy within 5 s; none has to be restarted.

  --data-directory DIR  the agent's data directory (default: as configured, see meerkat agent --help)
  --cluster-id UUID     of a cluster that has one (in Kubernetes the UID of the namespace kube-system)
  --print               also print the key itself
  --force               finish although members lack the new key, or nobody could be asked
${TARGET_USAGE}`;

const SPEC = {
  usage: USAGE,
  options: ['data-directory', 'cluster-id'],
  flags: ['print', 'force'],
  maxPositionals: Infinity,
};

interface Options {
  readonly directory: string;
  readonly print: boolean;
  readonly force: boolean;
  readonly clusterId: string | undefined;
  readonly ask: AskMembers;
}

/** With the options that belong to no other. */
const COMMANDS: Readonly<
  Record<string, { readonly run: (options: Options) => Promise<string>; readonly own: readonly string[] }>
> = {
  new: { run: makeKey, own: ['cluster-id', 'print'] },
  rotate: { run: rotate, own: ['print'] },
  status: { run: ({ directory, ask }) => describeKeys(directory, ask), own: [] },
  finish: { run: finish, own: ['force'] },
  overlay: { run: showOverlayKeys, own: [] },
  'show-id': { run: async ({ directory }) => `${(await readKeys(directory))[0]?.id ?? ''}\n`, own: [] },
};

/** @param askThem for tests */
export async function run(args: readonly string[], askThem = askMembers): Promise<number> {
  const line = parseCommandLine(args, SPEC);
  if (line === undefined) return EXIT_CODES.ok.code;
  const [name, ...rest] = line.positionals;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined || rest.length > 0) {
    const given = name === undefined ? '' : `, not "${line.positionals.join(' ')}"`;
    throw mistake(`Say new, rotate, status, finish, show-id or overlay${given}.`, SPEC);
  }
  const foreign = givenOptions(line).filter((option) => !command.own.includes(option));
  if (foreign.length > 0) throw mistake(`--${foreign[0]} does not belong to ${name}.`, SPEC);
  const options = {
    directory: line.text['data-directory'] ?? configFrom([]).dataDirectory,
    print: line.flags.has('print'),
    force: line.flags.has('force'),
    clusterId: line.text['cluster-id'],
    ask: () => askThem(line.target),
  };
  await print(await command.run(options));
  return EXIT_CODES.ok.code;
}

const givenOptions = ({ text, flags, json }: CommandLine): string[] => [
  ...flags,
  ...(text['cluster-id'] === undefined ? [] : ['cluster-id']),
  ...(json ? ['json'] : []),
];

/** The responders are pods: they must not have the cluster key itself. */
async function showOverlayKeys({ directory }: Options): Promise<string> {
  return formatClusterKeys((await readKeys(directory)).map(overlayKeyOf));
}

async function makeKey({ directory, clusterId: wanted, print: isShown }: Options): Promise<string> {
  const held = await heldKeys(directory);
  if (held.length > 0) {
    throw new AgentError(
      'config',
      `${keyPath(directory)} already holds key ${idsOf(held)}. To change to a new one: meerkat key rotate`,
    );
  }
  if (wanted !== undefined && parseClusterId(wanted) === undefined) {
    throw mistake(`--cluster-id is a UUID, not "${wanted}".`, SPEC);
  }
  const clusterId = await clusterIdFor(directory, wanted);
  const key = freshKey();
  await writeClusterId(directory, clusterId);
  await writeKeys(directory, [key]);
  return [
    `Key ${key.id} of cluster ${clusterId} is in ${keyPath(directory)}.`,
    `Copy ${CLUSTER_KEY_FILE} and ${CLUSTER_ID_FILE} to the data directory of every agent.`,
    ...secretLine(key, isShown),
    '',
  ].join('\n');
}

/** What is changed in a copy is undone when the agent looks again. */
async function refuseCopy(directory: string): Promise<void> {
  const origin = await originOf(directory);
  if (origin === undefined) return;
  throw new AgentError(
    'config',
    `${keyPath(directory)} is a copy of ${origin}: change it there. Its entry ${CLUSTER_KEY_FILE} has the same form, newest key first.`,
  );
}

async function rotate({ directory, print: isShown }: Options): Promise<string> {
  await refuseCopy(directory);
  const path = keyPath(directory);
  const held = await heldKeys(directory);
  if (held.length === 0) throw new AgentError('config', `${path} does not exist: there is no key to rotate.`);
  if (held.length === MAX_CLUSTER_KEYS) {
    throw new AgentError(
      'config',
      `${path} holds two keys (${idsOf(held)}): a change is under way. End it first: meerkat key finish`,
    );
  }
  const key = freshKey();
  await writeKeys(directory, [key, ...held]);
  return [
    `Key ${key.id} is in ${path}; key ${idsOf(held)} is still accepted.`,
    `Next: copy ${CLUSTER_KEY_FILE} to the data directory of every other agent; they notice within 5 s, none is restarted.`,
    'Then: meerkat key status, until all members accept the new key.',
    ...secretLine(key, isShown),
    '',
  ].join('\n');
}

async function finish({ directory, ask, force }: Options): Promise<string> {
  await refuseCopy(directory);
  const [key, old] = await readKeys(directory);
  const path = keyPath(directory);
  if (key === undefined || old === undefined) {
    throw new AgentError('config', `${path} holds one key (${key?.id ?? ''}): no change is under way.`);
  }
  if (!force) await assertAllHave(key, ask);
  await writeKeys(directory, [key]);
  return [
    `Key ${old.id} is dropped; ${path} holds ${key.id} only.`,
    `Next: copy ${CLUSTER_KEY_FILE} to the data directory of every other agent; whoever has only the old key is refused then.`,
    'Then: meerkat key status, until no member accepts the old key.',
    '',
  ].join('\n');
}

async function assertAllHave(key: ClusterKey, ask: AskMembers): Promise<void> {
  const members = await ask().catch((error: unknown) => {
    const why = `Nobody says whether all members accept key ${key.id}: ${messageOf(error)}`;
    throw new AgentError('unavailable', `${why}\n--force finishes all the same.`, { cause: error });
  });
  const missing = without(key, members);
  if (missing.length === 0) return;
  throw new AgentError(
    'unavailable',
    `${missing.length} of ${members.length} members do not accept key ${key.id} yet, and would be cut off: ${namesOf(missing)}.\n` +
      `Copy ${CLUSTER_KEY_FILE} to them first; --force leaves them behind.`,
  );
}

const freshKey = (): ClusterKey => clusterKeyFrom(randomBytes(CLUSTER_KEY_BYTES));

const secretLine = ({ secret }: ClusterKey, isShown: boolean): string[] =>
  isShown ? [Buffer.from(secret).toString('base64')] : [];
