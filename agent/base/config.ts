/**
 * The agent's configuration: defaults, then a YAML file, then `MEERKAT_*` variables, then flags. It is read once,
 * complete, valid and frozen, or it is refused with everything that is wrong with it.
 */
import { CONFIG_FILE_VARIABLE, readEnvironment } from './config/environment-source.ts';
import { readFileSource } from './config/file-source.ts';
import { readFlags } from './config/flag-source.ts';
import { type Leaf, leavesOf } from './config/leaves.ts';
import { type Given, type Mistake, type SourceResult, configError } from './config/mistakes.ts';
import { checkMistakes, notificationMistakes, rulesFor } from './config/rules.ts';
import { type Config, type ConfigurableCheck, configSchema } from './config/schema.ts';
import { validate } from './config/validate.ts';
import { codeOf, messageOf } from './errors.ts';

export type { Config, ConfigurableCheck } from './config/schema.ts';

/** All that the configuration is read from. */
export interface ConfigSources {
  /** The command line after the command's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws the system's error. */
  readonly readFile: (path: string) => string;
  readonly hostname: string;
  /** The user's home directory. */
  readonly home: string;
  /** The effective user; 0 is root. */
  readonly uid: number;
}

/** What else is wrong with a configuration that is right so far: `where` begins with the key of a setting, `key[name]`. */
export type ConfigJudge = (config: Config) => readonly { readonly where: string; readonly message: string }[];

/** Read where no file is named; it need not exist. */
export const DEFAULT_CONFIG_FILE = '/etc/meerkat/config.yaml';

/**
 * @param judge what those know who work with it
 * @throws AgentError `config`, listing every mistake: where it is, what was given, what is allowed and what was
 *   probably meant.
 */
export function loadConfig(
  checks: readonly ConfigurableCheck[],
  sources: ConfigSources,
  judge: ConfigJudge = () => [],
): Config {
  const schema = configSchema(checks);
  const leaves = leavesOf(schema);
  const flags = readFlags(sources.args, leaves);
  const named = flags.configFile ?? sources.env[CONFIG_FILE_VARIABLE];
  const text = readText(named, sources.readFile);
  const file = typeof text === 'string' ? readFileSource(text, named || DEFAULT_CONFIG_FILE, schema) : text;
  const merged = merge(leaves, [file, readEnvironment(sources.env, leaves), flags]);
  merged.mistakes.push(...checks.flatMap((check) => idleSettings(check, leaves, merged)));
  const config = complete(build(merged.values), sources, merged.mistakes);
  for (const { keys, fault } of rulesFor(checks)) {
    if (keys.some((key) => merged.wrong.has(key))) continue;
    const message = fault(config);
    if (message !== undefined) merged.mistakes.push({ where: keys[0] ?? '', origin: merged.originOf(keys), message });
  }
  const isWrong = (key: string): boolean => merged.wrong.has(key);
  for (const { where, message } of [
    ...checkMistakes(checks, config, isWrong),
    ...notificationMistakes(config, isWrong),
    ...(merged.wrong.size === 0 ? judge(config) : []),
  ]) {
    merged.mistakes.push({ where, origin: merged.originOf([where.replace(/\[.*/, '')]), message });
  }
  if (merged.mistakes.length > 0) throw configError(merged.mistakes);
  return freeze(config);
}

/** Who says what a check is to look at wants it to look, or says that it is to stay off. */
function idleSettings({ id, isOffByDefault }: ConfigurableCheck, leaves: readonly Leaf[], merged: Merged): Mistake[] {
  const enabled = `checks.${id}.enabled`;
  if (isOffByDefault !== true || merged.isGiven(enabled)) return [];
  const given = leaves.find(({ key }) => key.startsWith(`checks.${id}.`) && merged.isGiven(key));
  if (given === undefined) return [];
  const message = `is given, but the check is off: set ${enabled} to true, or to false to leave it off.`;
  return [{ where: given.key, origin: merged.originOf([given.key]), message }];
}

const NOTHING: SourceResult = { given: new Map(), mistakes: [] };

/** The file's text, or what it means that there is none. */
function readText(named: string | undefined, readFile: (path: string) => string): string | SourceResult {
  // An empty variable means "not given", as everywhere.
  const path = named || DEFAULT_CONFIG_FILE;
  try {
    return readFile(path);
  } catch (error) {
    if (!named && (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR')) return NOTHING;
    return { ...NOTHING, mistakes: [{ where: path, origin: '', message: `cannot be read: ${messageOf(error)}.` }] };
  }
}

interface Merged {
  readonly values: ReadonlyMap<Leaf, unknown>;
  readonly mistakes: Mistake[];
  /** Keys that were given something wrong. */
  readonly wrong: ReadonlySet<string>;
  readonly isGiven: (key: string) => boolean;
  /** Where the first of these settings that was given at all comes from. */
  readonly originOf: (keys: readonly string[]) => string;
}

/** Later sources win; what any of them gives wrong is a mistake even where a later one overrides it. */
function merge(leaves: readonly Leaf[], sources: readonly SourceResult[]): Merged {
  const mistakes = sources.flatMap((source) => source.mistakes);
  const values = new Map<Leaf, unknown>();
  const wrong = new Set<string>();
  const winners = new Map<string, Given>();
  for (const leaf of leaves) {
    if (leaf.default !== undefined) values.set(leaf, structuredClone(leaf.default));
    for (const { given } of sources) {
      const one = given.get(leaf.key);
      if (one === undefined) continue;
      const { value, faults } = validate(leaf.schema, one.value);
      mistakes.push(...faults.map(({ at, message }) => ({ where: one.where + at, origin: one.origin, message })));
      if (faults.length > 0) wrong.add(leaf.key);
      else values.set(leaf, value);
      winners.set(leaf.key, one);
    }
  }
  const originOf = (keys: readonly string[]): string => {
    const winner = keys.map((key) => winners.get(key)).find((one) => one !== undefined);
    return winner === undefined ? '' : winner.origin === 'environment' ? `${winner.where}, environment` : winner.origin;
  };
  return { values, mistakes, wrong, isGiven: (key) => winners.has(key), originOf };
}

function build(values: ReadonlyMap<Leaf, unknown>): Config {
  const root: Record<string, unknown> = { checks: {} };
  for (const [{ path }, value] of values) {
    let section = root;
    for (const name of path.slice(0, -1)) section = (section[name] ??= {}) as Record<string, unknown>;
    section[path.at(-1) ?? ''] = value;
  }
  // Every setting of the schema is there and valid, or a mistake was noted and this is never returned.
  return root as unknown as Config;
}

/** Fills in what depends on the machine. */
function complete(config: Config, { hostname, home, uid, env }: ConfigSources, mistakes: Mistake[]): Config {
  // The kubelet registers the host name trimmed and in lower case.
  const name = config.node.name || hostname.trim().toLowerCase();
  if (!/^[a-z0-9]([\w.-]*[a-z0-9])?$/i.test(name)) {
    mistakes.push({ where: 'node.name', origin: '', message: `the host name "${name}" is no node name; give one.` });
  }
  const stateHome = env['XDG_STATE_HOME']?.startsWith('/') === true ? env['XDG_STATE_HOME'] : `${home}/.local/state`;
  const dataDirectory = config.dataDirectory || (uid === 0 ? '/var/lib/meerkat' : `${stateHome}/meerkat`);
  const apiServers = config.kubernetes.apiServers.length > 0 ? config.kubernetes.apiServers : apiOfPod(env);
  const kubernetes = { ...config.kubernetes, apiServers };
  return { ...config, node: { ...config.node, name }, dataDirectory, kubernetes };
}

/** Source: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
function apiOfPod(env: ConfigSources['env']): readonly string[] {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT'] || '443'];
  const url = `https://${host?.includes(':') === true ? `[${host}]` : (host ?? '')}:${port}`;
  return host === undefined || host === '' || !URL.canParse(url) ? [] : [url];
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
