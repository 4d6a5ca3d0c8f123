/** `meerkat runtime-probe`: the only process that touches the container runtime's socket. */
import { rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { AgentError, EXIT_CODES, messageOf } from '../base/errors.ts';
import { READY_LINE } from '../sidecars/runtime-probe/protocol.ts';
import { type RuntimeProbeOptions, createRuntimeProbe } from '../sidecars/runtime-probe/server.ts';
import { systemProbeDeps } from '../sidecars/runtime-probe/system.ts';

const USAGE = `usage: meerkat runtime-probe --socket PATH [options]
  --socket PATH          where to listen, for the agent only
  --runtime-socket PATH  the Docker Engine's socket; without it the usual places are searched
  --host-root PATH       where the host's files are, for that search; default /
  --instance NAME        names the agent, the same after a restart; default the host's name
  --with-parent          end when standard input does, and remove the socket's directory then`;

interface CommandLine {
  readonly probe: RuntimeProbeOptions;
  readonly withParent: boolean;
}

/** Serves until it is told to stop. Resolves with the exit code; rejects with {@link AgentError}. */
export async function run(args: readonly string[]): Promise<number> {
  const { probe: options, withParent } = parse(args);
  // The socket is nobody else's, not even for the moment before its mode is set.
  process.umask(0o077);
  const probe = createRuntimeProbe(options, systemProbeDeps());
  const stopped = untilStopped(withParent);
  await probe.listen();
  process.stdout.write(READY_LINE);
  await stopped;
  await probe.stop();
  if (withParent) await rmdir(dirname(options.socketPath)).catch(() => {});
  return EXIT_CODES.ok.code;
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
      },
    });
    const { socket, instance = hostname(), 'runtime-socket': runtimeSocket, 'host-root': hostRoot } = values;
    if (socket === undefined || socket === '') throw new Error('--socket is missing');
    const probe = { socketPath: socket, instance, runtimeSocket, hostRoot };
    return { probe, withParent: values['with-parent'] === true };
  } catch (error) {
    throw new AgentError('usage', `${messageOf(error)}\n${USAGE}`, { cause: error });
  }
}

function untilStopped(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    // The parent may be gone before it read the line that says ready.
    process.stdout.on('error', () => {});
    if (!withParent) return;
    for (const event of ['end', 'close', 'error'] as const) process.stdin.on(event, () => resolve());
    process.stdin.resume();
  });
}
