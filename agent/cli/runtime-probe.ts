/** `meerkat runtime-probe`: the only process that touches the container runtime's socket. */
import { rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { AgentError, EXIT_CODES, messageOf } from '../base/errors.ts';
import { endProcess } from '../base/exit.ts';
import { READY_LINE } from '../sidecars/runtime-probe/protocol.ts';
import { type RuntimeProbeOptions, createRuntimeProbe } from '../sidecars/runtime-probe/server.ts';
import { systemProbeDeps } from '../sidecars/runtime-probe/system.ts';

const USAGE = `Usage: meerkat runtime-probe --socket PATH [OPTION…]

Answers the agent's questions about the container runtime on a unix socket. It never listens on the network.

  --socket PATH          where to listen, for the agent only
  --runtime-socket PATH  the runtime's socket, of a Docker Engine or of CRI; without it the usual places are searched
  --host-root PATH       where the host's files are, for that search; default /
  --instance NAME        names the agent, the same after a restart; default the host's name
  --with-parent          end when standard input does, and remove the socket's directory then
`;

/** `help`: print the usage and nothing else. */
type CommandLine = 'help' | { readonly probe: RuntimeProbeOptions; readonly withParent: boolean };

/** Serves until it is told to stop, then ends the process. Rejects with {@link AgentError}. */
export async function run(args: readonly string[]): Promise<number> {
  const commandLine = parse(args);
  if (commandLine === 'help') {
    process.stdout.write(USAGE);
    return EXIT_CODES.ok.code;
  }
  const { probe: options, withParent } = commandLine;
  // The socket is nobody else's, not even for the moment before its mode is set.
  process.umask(0o077);
  const probe = createRuntimeProbe(options, systemProbeDeps(options.hostRoot));
  await probe.listen();
  // The parent may be gone before it reads the line.
  process.stdout.on('error', () => {});
  process.stdout.write(READY_LINE);
  await untilStopped(withParent);
  await probe.stop();
  if (withParent) await rmdir(dirname(options.socketPath)).catch(() => {});
  // Its parent's pipe, or an engine that still hangs, would keep the process alive.
  return endProcess(EXIT_CODES.ok.code);
}

function parse(args: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        socket: { type: 'string' },
        'runtime-socket': { type: 'string' },
        'host-root': { type: 'string' },
        instance: { type: 'string' },
        'with-parent': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const { socket, instance = hostname(), 'runtime-socket': runtimeSocket, 'host-root': hostRoot } = values;
    if (values.help === true) return 'help';
    if (socket === undefined || socket === '') throw new Error('--socket is missing');
    const probe = { socketPath: socket, instance, hostRoot, ...(runtimeSocket !== '' && { runtimeSocket }) };
    return { probe, withParent: values['with-parent'] === true };
  } catch (error) {
    throw new AgentError('usage', `${messageOf(error)}\n${USAGE}`, { cause: error });
  }
}

function untilStopped(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    if (!withParent) return;
    for (const event of ['end', 'close', 'error'] as const) process.stdin.on(event, () => resolve());
    process.stdin.resume();
  });
}
