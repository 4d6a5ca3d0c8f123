/** Which agents the demo starts, and with which settings. */
import { join } from 'node:path';

export interface DemoNode {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly meshPort: number;
  readonly url: string;
  /** The agent's data directory; its configuration and its log are in it. */
  readonly directory: string;
  readonly configFile: string;
  readonly logFile: string;
}

/** 127.0.0.11 is the first: what listens on 127.0.0.1 is not in the way. */
const FIRST_ADDRESS = 11;
const MAX_MASTERS = 3;

/** Loopback addresses for so many agents. */
export const demoAddresses = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `127.0.0.${FIRST_ADDRESS + index}`);

/** m1, m2 and m3 first, then w1, w2, … The names alone: there is no control plane unless this machine has one. */
export function planNodes(count: number, portBase: number, directory: string): readonly DemoNode[] {
  return demoAddresses(count).map((address, index) => {
    const name = index < MAX_MASTERS ? `m${index + 1}` : `w${index + 1 - MAX_MASTERS}`;
    const own = join(directory, name);
    return {
      name,
      address,
      port: portBase,
      meshPort: portBase + 1,
      url: `http://${address}:${portBase}`,
      directory: own,
      configFile: join(own, 'config.yaml'),
      logFile: join(own, 'agent.log'),
    };
  });
}

/** The agent's configuration file. Whoever is started again finds the others by any of three. */
export function configOf(node: DemoNode, all: readonly DemoNode[]): string {
  const seeds = all.filter(({ name }) => name !== node.name).slice(0, MAX_MASTERS);
  return [
    `# Agent ${node.name} of a Meerkat demo.`,
    `node: { name: ${node.name} }`,
    `dataDirectory: ${JSON.stringify(node.directory)}`,
    `http: { address: ${node.address}, port: ${node.port} }`,
    'mesh:',
    `  addresses: [${node.address}]`,
    `  port: ${node.meshPort}`,
    `  seeds: [${seeds.map(({ address, meshPort }) => JSON.stringify(`${address}:${meshPort}`)).join(', ')}]`,
    '',
  ].join('\n');
}
