/** The configuration of this process: file, environment, flags. */
import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { CHECKS } from '../../../checks/registry.ts';
import { templateMistakes } from '../../alerts/receivers/alert-template.ts';
import { type Config, loadConfig } from '../../base/config.ts';

/** @throws {AgentError} `config` with everything that is wrong */
export const configFrom = (args: readonly string[]): Config =>
  loadConfig(
    CHECKS,
    {
      args,
      env: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
      hostname: hostname(),
      home: homedir(),
      uid: process.getuid?.() ?? 0,
    },
    templateMistakes,
  );

/** How this program is started, without the command's name: for the processes that it starts beside itself. */
export const program = (): readonly string[] => [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
