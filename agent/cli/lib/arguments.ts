/** Options of the commands that ask an agent. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { AgentError, messageOf } from '../../base/errors.ts';

/** Where the agent is asked. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** File with the bearer token. */
  readonly tokenFile?: string;
  /** PEM file of the authority that signed the agent's certificate; asks over TLS. */
  readonly caFile?: string;
}

export interface CommandLine {
  readonly target: Target;
  readonly positionals: readonly string[];
  /** Options that the command added, those with a value. */
  readonly text: Readonly<Record<string, string | undefined>>;
  /** The command's own options without a value that were given. */
  readonly flags: ReadonlySet<string>;
  readonly json: boolean;
}

export const TARGET_USAGE = `  --host HOST         ask the agent on this host (default 127.0.0.1)
  --port PORT         its port (default MEERKAT_HTTP_PORT or 7575)
  --token-file FILE   file with the bearer token, where the agent asks for one
  --ca FILE           ask over TLS; PEM of the authority that signed the agent's certificate
`;

const COMMON = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string' },
  json: { type: 'boolean', default: false },
  'token-file': { type: 'string' },
  ca: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig;

export interface CommandSpec {
  readonly usage: string;
  /** Names of the command's own options; each takes a value. */
  readonly options: readonly string[];
  /** Names of the command's own options without a value. */
  readonly flags?: readonly string[];
  /** A letter for some of the options: `o` for `output`. */
  readonly short?: Readonly<Record<string, string>>;
  /** So many arguments at most. */
  readonly maxPositionals: number;
}

/**
 * Undefined: the help was asked for and printed.
 *
 * @throws {AgentError} `usage` with what is wrong and what is allowed
 */
export function parseCommandLine(
  args: readonly string[],
  spec: CommandSpec,
  environment: NodeJS.ProcessEnv = process.env,
): CommandLine | undefined {
  const { options, flags = [], short = {} } = spec;
  const own = Object.fromEntries([
    ...options.map((name) => [name, { type: 'string', ...letterOf(short, name) }] as const),
    ...flags.map((name) => [name, { type: 'boolean' }] as const),
  ]);
  const { values, positionals } = parse(args, spec, { ...own, ...COMMON });
  if (values['help'] === true) {
    process.stdout.write(spec.usage);
    return undefined;
  }
  if (positionals.length > spec.maxPositionals) throw mistake(`Too many arguments: ${positionals.join(' ')}.`, spec);
  const textOf = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const tokenFile = textOf('token-file');
  const caFile = textOf('ca');
  return {
    target: {
      host: textOf('host') ?? '127.0.0.1',
      port: portOf(textOf('port') ?? environment['MEERKAT_HTTP_PORT'] ?? '7575', spec),
      ...(tokenFile !== undefined && { tokenFile }),
      ...(caFile !== undefined && { caFile }),
    },
    positionals,
    text: Object.fromEntries(options.map((name) => [name, textOf(name)])),
    flags: new Set(flags.filter((name) => values[name] === true)),
    json: values['json'] === true,
  };
}

const letterOf = (short: Readonly<Record<string, string>>, name: string): { short?: string } => {
  const letter = Object.keys(short).find((one) => short[one] === name);
  return letter === undefined ? {} : { short: letter };
};

/** A mistake on the command line, with the usage behind it. */
export const mistake = (message: string, { usage }: Pick<CommandSpec, 'usage'>): AgentError =>
  new AgentError('usage', `${message}\n\n${usage}`);

function parse(args: readonly string[], spec: CommandSpec, options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw mistake(messageOf(error), spec);
  }
}

function portOf(text: string, spec: CommandSpec): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw mistake(`The port must be a number from 1 to 65535, not "${text}".`, spec);
}
