/** Checks and sources for the configuration's tests. */
import { Type } from 'typebox';
import { AgentError } from '../errors.ts';
import { type Config, type ConfigSources, DEFAULT_CONFIG_FILE, loadConfig } from '../config.ts';
import type { ConfigurableCheck } from './schema.ts';

export const CHECKS: readonly ConfigurableCheck[] = [
  {
    id: 'disk-space',
    title: 'Disk space',
    intervalMs: 15_000,
    timeoutMs: 2000,
    config: Type.Object({
      minFreeRatio: Type.Number({ default: 0.1, minimum: 0, maximum: 1, description: 'Least free part.' }),
      ignored: Type.Array(Type.String(), { default: ['tmpfs'], uniqueItems: true, description: 'Types left out.' }),
    }),
  },
  {
    id: 'etcd',
    intervalMs: 3000,
    timeoutMs: 1000,
    presence: {},
    config: Type.Object({
      endpoint: Type.Optional(Type.String({ description: 'Client URL.' })),
      password: Type.String({ default: '', writeOnly: true, maxLength: 20, description: 'Of the user.' }),
    }),
  },
  {
    id: 'tcp',
    intervalMs: 10_000,
    timeoutMs: 1000,
    config: Type.Object({
      targets: Type.Array(
        Type.Object({
          host: Type.String({ minLength: 1 }),
          port: Type.Integer({ minimum: 1, maximum: 65_535 }),
          timeoutMs: Type.Integer({ default: 500 }),
        }),
        { default: [], maxItems: 3, description: 'What is asked.' },
      ),
      labels: Type.Record(Type.String(), Type.String(), { default: {}, description: 'Free names.' }),
    }),
  },
];

export interface TestSources extends Partial<Omit<ConfigSources, 'readFile'>> {
  /** Text of the default configuration file. */
  readonly file?: string;
  readonly files?: Readonly<Record<string, string>>;
}

export function load({ file, files, ...sources }: TestSources = {}, checks = CHECKS): Config {
  const all: Readonly<Record<string, string>> = {
    ...(file !== undefined && { [DEFAULT_CONFIG_FILE]: file }),
    ...files,
  };
  return loadConfig(checks, {
    args: [],
    env: {},
    hostname: 'node-1',
    home: '/home/me',
    uid: 0,
    readFile(path) {
      const text = all[path];
      if (text === undefined) throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
      return text;
    },
    ...sources,
  });
}

/** The mistakes that `load` refuses these sources with, a line each. */
export function mistakesOf(sources: TestSources, checks = CHECKS): string[] {
  try {
    load(sources, checks);
  } catch (error) {
    if (!(error instanceof AgentError) || error.exit !== 'config') throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}
