/** What lies on this machine: the configuration as an agent here would read it, and what an agent here knew last. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKS } from '../../../checks/registry.ts';
import type { Config } from '../../base/config.ts';
import { redactConfig } from '../../base/config/redact.ts';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import { configFrom } from '../lib/config.ts';
import { exists, keyPath, read } from '../lib/key-disk.ts';
import type { BundleFile, Collected, LeftOut } from './collect.ts';

export interface Local extends Collected {
  /** What must not be in the bundle. */
  readonly secrets: readonly string[];
}

const LAST_STATUS = ['status.txt', 'status.json'] as const;
const LOG = {
  name: 'log',
  why: 'the agent writes it to standard error: add `kubectl -n meerkat logs POD --previous` or `journalctl -u meerkat`',
};

/** @param args of `--config`, as the agent takes them. Never throws: what cannot be read is left out. */
export async function collectLocal(args: readonly string[]): Promise<Local> {
  const files: BundleFile[] = [];
  const leftOut: LeftOut[] = [LOG];
  let config: Config;
  try {
    config = configFrom(args);
  } catch (error) {
    leftOut.push({ name: 'local/config.json', why: messageOf(error) });
    return { files, leftOut, secrets: [] };
  }
  const text = `${JSON.stringify(redactConfig(config, CHECKS), withoutArguments, 2)}\n`;
  files.push({ name: 'local/config.json', text, what: 'the configuration of this machine, without its secrets' });
  for (const name of LAST_STATUS) {
    const path = join(config.dataDirectory, name);
    try {
      const what = 'what the agent of this machine knew last, with the time; readable when it is dead';
      files.push({ name: `local/last-${name}`, text: await readFile(path, 'utf8'), what });
    } catch (error) {
      const why = codeOf(error) === 'ENOENT' ? `there is no ${path}: no agent has run here` : messageOf(error);
      leftOut.push({ name: `local/last-${name}`, why });
    }
  }
  return { files, leftOut, secrets: await secretsOf(config, leftOut) };
}

/** Of a program of the operator's its arguments may be anything. */
const withoutArguments = (key: string, value: unknown): unknown =>
  key === 'command' && Array.isArray(value) && value.length > 1 ? [value[0], `${value.length - 1} arguments`] : value;

/** The key itself is nowhere in what is collected; a message that holds it would be a defect, and must not get out. */
async function secretsOf({ dataDirectory }: Config, leftOut: LeftOut[]): Promise<readonly string[]> {
  try {
    if (!(await exists(keyPath(dataDirectory)))) return [];
    return (await read(keyPath(dataDirectory))).split(/\s+/);
  } catch (error) {
    // Who may not read the key cannot look for it either; no answer of an agent holds it.
    if (error instanceof AgentError) leftOut.push({ name: 'search for the cluster key', why: error.message });
    return [];
  }
}
