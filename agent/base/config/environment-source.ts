/** Settings from the environment: every `MEERKAT_*` variable names a setting, or a mistake. */
import { ENV_PREFIX, type Leaf } from './leaves.ts';
import type { Given, Mistake, SourceResult } from './mistakes.ts';
import { hint, nearest } from './text.ts';
import { parseText } from './text-value.ts';

/** Names the configuration file; read by every command that takes one. */
export const CONFIG_FILE_VARIABLE = 'MEERKAT_CONFIG';

/**
 * Variables that Kubernetes puts into every pod for a Service called `meerkat` or `meerkat-…`.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const SERVICE_LINK =
  /^MEERKAT(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
/** The value of `MEERKAT_PORT`, and of `MEERKAT_HTTP_PORT` where a Service is called `meerkat-http`. */
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//;

export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  leaves: readonly Leaf[],
): SourceResult {
  const byName = new Map(leaves.map((leaf) => [leaf.env, leaf]));
  const given = new Map<string, Given>();
  const mistakes: Mistake[] = [];
  for (const [name, text] of Object.entries(env)) {
    // An empty variable is how a manifest or a unit file says "not given".
    if (!name.startsWith(ENV_PREFIX) || name === CONFIG_FILE_VARIABLE || text === undefined || text === '') continue;
    if (isServiceLink(name, text)) continue;
    const leaf = byName.get(name);
    if (leaf !== undefined) {
      given.set(leaf.key, { value: parseText(text, leaf.schema), where: name, origin: 'environment' });
      continue;
    }
    const meant = nearest(name, [...byName.keys(), CONFIG_FILE_VARIABLE]);
    mistakes.push({ where: name, origin: 'environment', message: `no setting has this name.${hint(meant)}` });
  }
  return { given, mistakes };
}

const isServiceLink = (name: string, text: string): boolean =>
  SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_LINK_VALUE.test(text));
