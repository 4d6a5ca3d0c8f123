/** `meerkat key`: makes the cluster key, and says which keys a data directory holds. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AgentError, EXIT_CODES, codeOf, messageOf } from '../base/errors.ts';
import { parseClusterId } from '../mesh/identity/cluster-id.ts';
import {
  CLUSTER_ID_FILE,
  CLUSTER_KEY_BYTES,
  CLUSTER_KEY_FILE,
  type ClusterKey,
  MAX_CLUSTER_KEYS,
  clusterKeyFrom,
  formatClusterKeys,
  parseClusterKeys,
} from '../mesh/identity/cluster-key.ts';
import { systemFiles } from '../mesh/identity/durable-file.ts';
import { IDENTITY_FILE, type StoredIdentity, parseIdentity } from '../mesh/identity/identity-file.ts';
import { keyPairFromSeed } from '../mesh/identity/key-pair.ts';
import { mistake } from './lib/arguments.ts';
import { configFrom } from './lib/config.ts';
import { print } from './lib/output.ts';

const USAGE = `Usage: meerkat key new [--rotate] [--cluster-id UUID] [--print] [OPTION…]
       meerkat key status [OPTION…]
       meerkat key show-id [OPTION…]

  new        make a cluster key: ${CLUSTER_KEY_FILE} and ${CLUSTER_ID_FILE} in the data directory. Every agent of the
             cluster needs a copy of both; whoever has the key belongs to the cluster.
  status     which keys and which identity the data directory holds
  show-id    the id of the key in use: 8 hexadecimal digits, no secret

  --data-directory DIR  the agent's data directory (default: as configured, see meerkat agent --help)
  --rotate              put a new key before the one that is there; both are accepted. When every agent has restarted
                        with both, delete the second line of ${CLUSTER_KEY_FILE} everywhere and restart once more.
  --cluster-id UUID     of a cluster that has one (in Kubernetes the UID of the namespace kube-system)
  --print               also print the key itself
`;

interface Options {
  readonly directory: string;
  readonly rotate: boolean;
  readonly print: boolean;
  readonly clusterId: string | undefined;
}

const COMMANDS: Readonly<Record<string, (options: Options) => Promise<string>>> = {
  new: makeKey,
  status,
  'show-id': async ({ directory }) => `${(await readKeys(directory))[0]?.id ?? ''}\n`,
};

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    await print(USAGE);
    return EXIT_CODES.ok.code;
  }
  const [name, ...rest] = positionals;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined || rest.length > 0) {
    throw mistake(`Say new, status or show-id${name === undefined ? '' : `, not "${positionals.join(' ')}"`}.`, {
      usage: USAGE,
    });
  }
  const makes = name === 'new';
  if (!makes && (values.rotate === true || values.print === true || values['cluster-id'] !== undefined)) {
    throw mistake('--rotate, --print and --cluster-id belong to new.', { usage: USAGE });
  }
  const directory = values['data-directory'] ?? configFrom([]).dataDirectory;
  const clusterId = values['cluster-id'];
  await print(await command({ directory, clusterId, rotate: values.rotate === true, print: values.print === true }));
  return EXIT_CODES.ok.code;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'data-directory': { type: 'string' },
        rotate: { type: 'boolean' },
        'cluster-id': { type: 'string' },
        print: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw mistake(messageOf(error), { usage: USAGE });
  }
}

async function makeKey(options: Options): Promise<string> {
  const { directory, rotate } = options;
  const path = join(directory, CLUSTER_KEY_FILE);
  const held = (await exists(path)) ? await readKeys(directory) : [];
  if (held.length > 0 && !rotate) {
    throw new AgentError('config', `${path} already holds key ${idsOf(held)}. To change to a new one, add --rotate.`);
  }
  if (held.length === 0 && rotate) throw new AgentError('config', `${path} does not exist: there is no key to rotate.`);
  if (held.length === MAX_CLUSTER_KEYS) {
    throw new AgentError(
      'config',
      `${path} holds two keys (${idsOf(held)}): a change is under way. End it first: delete the second line.`,
    );
  }
  const clusterId = await clusterIdFor(options);
  const key = clusterKeyFrom(randomBytes(CLUSTER_KEY_BYTES));
  await write(join(directory, CLUSTER_ID_FILE), `${clusterId}\n`);
  await write(path, formatClusterKeys([key, ...held]));
  return [
    `Key ${key.id} of cluster ${clusterId} is in ${path}.`,
    held.length === 0
      ? `Copy ${CLUSTER_KEY_FILE} and ${CLUSTER_ID_FILE} to the data directory of every agent.`
      : `Key ${idsOf(held)} is still accepted. Copy ${CLUSTER_KEY_FILE} to every agent and restart them one by one.`,
    ...(options.print ? [Buffer.from(key.secret).toString('base64')] : []),
    '',
  ].join('\n');
}

/** The one that is there holds, because every signature of the cluster covers it. */
async function clusterIdFor({ directory, clusterId: wanted }: Options): Promise<string> {
  const path = join(directory, CLUSTER_ID_FILE);
  if (wanted !== undefined && parseClusterId(wanted) === undefined) {
    throw mistake(`--cluster-id is a UUID, not "${wanted}".`, { usage: USAGE });
  }
  const held = (await exists(path)) ? (await read(path)).trim().toLowerCase() : undefined;
  if (held === undefined) return wanted?.toLowerCase() ?? randomUUID();
  if (parseClusterId(held) === undefined) throw new AgentError('config', `${path} holds no UUID.`);
  if (wanted !== undefined && wanted.toLowerCase() !== held) {
    throw new AgentError('config', `${path} says cluster ${held}, not ${wanted}. Take another directory.`);
  }
  return held;
}

async function status({ directory }: Options): Promise<string> {
  const path = join(directory, CLUSTER_KEY_FILE);
  const keys = (await exists(path)) ? await readKeys(directory) : [];
  const idPath = join(directory, CLUSTER_ID_FILE);
  const cluster = (await exists(idPath)) ? (await read(idPath)).trim() : 'not known here';
  const mode = keys.length > 0 ? (await stat(path)).mode & 0o077 : 0;
  return [
    `cluster   ${cluster}`,
    `key       ${keys.length === 0 ? `none; there is no ${path}` : (keys[0]?.id ?? '')}`,
    ...(keys[1] === undefined
      ? []
      : [`accepted  ${keys[1].id} (the key of before; delete its line when all have changed)`]),
    ...(mode === 0 ? [] : [`warning   others than the owner may read ${path}: chmod 600 ${path}`]),
    `identity  ${await identityLine(directory)}`,
    '',
  ].join('\n');
}

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

const idsOf = (keys: readonly ClusterKey[]): string => keys.map(({ id }) => id).join(', ');

async function readKeys(directory: string): Promise<ClusterKey[]> {
  const path = join(directory, CLUSTER_KEY_FILE);
  const text = await read(path);
  try {
    return parseClusterKeys(text);
  } catch (error) {
    throw new AgentError('config', `${path} cannot be used. ${messageOf(error)}`, { cause: error });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw new AgentError('config', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
    },
  );

const read = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    const hint = codeOf(error) === 'ENOENT' ? ' Make a key with: meerkat key new' : '';
    throw new AgentError('config', `${path} cannot be read: ${messageOf(error)}.${hint}`, { cause: error });
  });

const write = (path: string, text: string): Promise<void> =>
  systemFiles.writeDurably(path, text).catch((error: unknown) => {
    throw new AgentError('config', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  });
