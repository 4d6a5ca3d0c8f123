/** Runs a program as node-problem-detector runs a custom plugin. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const NPD_DIRECTORY = resolve(import.meta.dirname, '../../deploy/npd');

export interface PluginResult {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** The timeout that node-problem-detector has by default, and that our configuration says. */
const TIMEOUT_MS = 5000;

/**
 * In a process group of its own, which is killed with SIGKILL when the time is over, and done only when both pipes are
 * closed, as pkg/custompluginmonitor/plugin/plugin.go does it. Without a PATH no other program is found.
 */
export function runPlugin(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  path = join(NPD_DIRECTORY, 'meerkat-health.sh'),
): Promise<PluginResult> {
  return new Promise((done, fail) => {
    const child = spawn(path, args, {
      env: { PATH: '/nonexistent', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let [stdout, stderr, timedOut] = ['', '', false];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, TIMEOUT_MS);
    child.once('error', fail);
    child.once('close', (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr, timedOut });
    });
  });
}
