/** Several agents to ask: `--from HOST,HOST`. */
import { parseEndpoint } from '../../base/endpoint.ts';
import { type CommandSpec, type Target, mistake } from './arguments.ts';

/** More are not asked at once: what the twentieth says, one of the others has said. */
const MOST = 20;

export const FROM_USAGE = `  --from HOST,HOST    ask these agents, as HOST or HOST:PORT`;

/**
 * The agents that `from` names, each once; only `target` where it names none. Port, token and authority are those of
 * `target`.
 *
 * @throws {AgentError} `usage` for what is no host
 */
export function targetsOf(
  from: string | undefined,
  target: Target,
  spec: Pick<CommandSpec, 'usage'>,
): readonly Target[] {
  if (from === undefined) return [target];
  const targets = new Map<string, Target>();
  for (const text of from.split(',')) {
    const endpoint = parseEndpoint(text.trim());
    if (endpoint === undefined) throw mistake(`--from is HOST or HOST:PORT, more with commas, not "${from}".`, spec);
    const { host, port = target.port } = endpoint;
    targets.set(`${host} ${port}`, { ...target, host, port });
  }
  if (targets.size > MOST) throw mistake(`--from names ${targets.size} agents; ${MOST} at most.`, spec);
  return [...targets.values()];
}
