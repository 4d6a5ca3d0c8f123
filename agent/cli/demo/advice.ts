/** What the demo prints for people. */
import { VERSION } from '../../base/version.ts';
import type { DemoNode } from './plan.ts';

/**
 * The pages and what to try.
 *
 * @param meerkat how this program is started
 * @param directory the one that is removed at the end
 */
export function adviceFor(
  nodes: readonly DemoNode[],
  pidOf: (node: DemoNode) => number | undefined,
  meerkat: string,
  directory: string,
): string {
  const first = nodes[0];
  const last = nodes.at(-1);
  if (first === undefined || last === undefined) return '';
  const pid = pidOf(last) ?? 0;
  const command = (text: string): string => text.padEnd(22);
  const others = nodes.slice(0, -1).map((node) => pidOf(node) ?? 0);
  const ask = `--host ${first.address} --port ${first.port}`;
  const pages = nodes.map((node) => `  ${node.name.padEnd(4)}${node.url}   pid ${pidOf(node) ?? '-'}`);
  return `Pages
${pages.join('\n')}

Every page shows the whole cluster. All agents look at this one machine, so what is wrong with it is said ${nodes.length} times.

Try
  curl -s ${first.url}/status
  ${meerkat} status ${ask}
  ${meerkat} timeline ${ask}
  ${command(`kill -9 ${pid}`)}${last.name} dies: within seconds the others say that its agent does not run,
  ${command('')}as information for a minute (it may be a restart), then as a warning
  ${command(`kill -STOP ${pid}`)}${last.name} freezes: the others say that it does not answer
  ${command(`kill -CONT ${pid}`)}${last.name} goes on: the others take it back within seconds
  kill -9 ${others.join(' ')}
  ${command('')}${last.name} alone is left, says so, and calls nothing healthy

What the agents say appears here. Enter starts again what was killed, Ctrl-C ends the demo.
Data and logs are in ${directory} until then. Meerkat ${VERSION}.
`;
}

/** 14:02:11 */
export const formatTimeOfDay = (at: number): string => `${new Date(at).toISOString().slice(11, 19)}Z`;
