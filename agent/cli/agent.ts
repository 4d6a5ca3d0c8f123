/** `meerkat agent`: runs the agent on this node until it is told to stop. */
import { fileURLToPath } from 'node:url';
import { CHECKS } from '../../checks/registry.ts';
import type { AnyCheck } from '../../checks/types.ts';
import { startAgent } from '../agent.ts';
import { systemClock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { settingsHelp } from '../base/config/help.ts';
import { redactConfig } from '../base/config/redact.ts';
import { EXIT_CODES } from '../base/errors.ts';
import { endProcess } from '../base/exit.ts';
import { createLog, flushLog } from '../base/log.ts';
import { VERSION } from '../base/version.ts';
import { configFrom, program } from './lib/config.ts';

/** Whatever hangs, the process ends this long after it was told to. */
const STOP_WITHIN_MS = 4500;
const LOG_FLUSH_MS = 200;

const USAGE = `Usage: meerkat agent [--config FILE] [--SETTING VALUE…]

Runs the agent on this node until SIGTERM or SIGINT.

`;

export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE + settingsHelp(CHECKS));
    return EXIT_CODES.ok.code;
  }
  return serve(configFrom(args));
}

/**
 * Runs an agent until SIGTERM or SIGINT and ends the process.
 *
 * @param checks instead of the registry's; for tests
 */
export async function serve(config: Config, checks?: readonly AnyCheck[]): Promise<number> {
  const log = createLog(config.log.level, config.node.name);
  log.info({ config: redactConfig(config, CHECKS) }, 'starting');
  const told = toldToStop();
  void told.then(() => systemClock.after(STOP_WITHIN_MS, () => endProcess(EXIT_CODES.ok.code)));
  const agent = await startAgent(
    {
      config,
      webDirectory: webDirectory(),
      program: program(),
      ...(checks !== undefined && { checks }),
    },
    { clock: systemClock, log },
  );
  process.stdout.write(greeting(config, agent.urls));
  log.info({ signal: await told }, 'stopping');
  await agent.stop();
  await Promise.race([flushLog(log), systemClock.sleep(LOG_FLUSH_MS)]);
  return endProcess(EXIT_CODES.ok.code);
}

/** Beside the sources it is built into `web/dist`; the bundle carries it along. */
const webDirectory = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../web/dist' : './web', import.meta.url));

function toldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

const greeting = (config: Config, urls: readonly string[]): string =>
  [
    `Meerkat ${VERSION} watches ${config.node.name}.`,
    ...urls.map((url, index) => `${index === 0 ? '  page    ' : '          '}${url}`),
    `  status  curl -s ${(urls[0] ?? '').replace(/\/$/, '')}/status`,
    `  data    ${config.dataDirectory}`,
    '',
  ].join('\n');
