/** `meerkat overlay`: the overlay responder, a pod on every node, which pings those of the others. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { systemClock } from '../base/clock.ts';
import { parseEndpoint } from '../base/endpoint.ts';
import { AgentError, EXIT_CODES, messageOf } from '../base/errors.ts';
import { endProcess } from '../base/exit.ts';
import { createMtuOf } from '../base/mtu.ts';
import { parseClusterKeys } from '../mesh/identity/cluster-key.ts';
import { knockAt } from '../sidecars/knock.ts';
import { createKeyring } from '../sidecars/overlay/keys.ts';
import { type ResponderOptions, startResponder } from '../sidecars/overlay/responder.ts';

const DEFAULT_PORT = 7577;
const USAGE = `Usage: meerkat overlay --agent ADDRESS[:PORT] --key-file PATH --address IP[,IP] [OPTION…]

Pings the responders of other nodes over the network of the pods, and tells the agent of its own node what it found.
At that agent's request it tries one connection to the address of a new pod, once in ten seconds at most.

  --agent ADDRESS[:PORT]  the agent of this node: status.hostIP of the pod; its port is ${DEFAULT_PORT}
  --address IP[,IP]       of this pod, one of each family: status.podIPs
  --key-file PATH         the entry overlay.key of the agents' Secret, or what \`meerkat key overlay\` prints; read again
                          when it changes
  --port PORT             of all responders, UDP; default ${DEFAULT_PORT}
`;
/** A Secret that is mounted changes without a sign. */
const KEY_EVERY_MS = 5000;

/** `help`: print the usage and nothing else. */
type CommandLine = 'help' | { readonly responder: ResponderOptions; readonly keyFile: string };

/** Runs until it is told to stop, then ends the process. Rejects with {@link AgentError}. */
export async function run(args: readonly string[]): Promise<number> {
  const line = parse(args);
  if (line === 'help') {
    process.stdout.write(USAGE);
    return EXIT_CODES.ok.code;
  }
  const keys = createKeyring();
  const told = new Set<string>();
  const readKeys = async (): Promise<void> => {
    try {
      keys.replace(parseClusterKeys(await readFile(line.keyFile, 'utf8')));
      told.clear();
    } catch (error) {
      // The first agent of a cluster fills the Secret: before that there is nothing to call with.
      const why = `${line.keyFile} cannot be used: ${messageOf(error)}`;
      if (!told.has(why)) process.stderr.write(`${why}\n`);
      told.add(why);
    }
  };
  await readKeys();
  systemClock.every(KEY_EVERY_MS, () => void readKeys());
  const responder = await startResponder(line.responder, {
    clock: systemClock,
    keys,
    mtuOf: createMtuOf(systemClock),
    knockAt,
    tell: (text) => void process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`pinging from ${line.responder.addresses.join(' and ')}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  await responder.stop();
  return endProcess(EXIT_CODES.ok.code);
}

function parse(args: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        agent: { type: 'string' },
        address: { type: 'string' },
        'key-file': { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) return 'help';
    const { agent = '', address = '', 'key-file': keyFile = '', port = String(DEFAULT_PORT) } = values;
    const place = parseEndpoint(agent);
    if (place === undefined || isIP(place.host) === 0)
      throw new Error('--agent is an address: 10.0.0.7, 10.0.0.7:7577');
    const addresses = address.split(',').filter((one) => one !== '');
    if (addresses.length === 0 || addresses.length > 2 || addresses.some((one) => isIP(one) === 0))
      throw new Error('--address is the address of this pod, or one of each family: 10.244.1.5,fd00:244:1::5');
    if (!addresses.some((one) => isIP(one) === isIP(place.host)))
      throw new Error(
        '--agent and --address have no family in common: give the address of the node that is of the pod’s family',
      );
    if (keyFile === '') throw new Error('--key-file is missing');
    if (!(Number(port) > 0 && Number(port) < 65_536)) throw new Error(`--port is a number of 1 to 65535, not ${port}`);
    const responder = {
      addresses,
      port: Number(port),
      agent: { address: place.host, port: place.port ?? DEFAULT_PORT },
    };
    return { responder, keyFile };
  } catch (error) {
    throw new AgentError('usage', `${messageOf(error)}\n${USAGE}`, { cause: error });
  }
}
