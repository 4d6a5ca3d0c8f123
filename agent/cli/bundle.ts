/** `meerkat bundle`: one archive for a ticket: what the agents know and knew, without secrets. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { tarOf } from '../../checks/lib/tar.ts';
import { systemClock } from '../base/clock.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { AgentError, EXIT_CODES, codeOf, messageOf } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { formatBytes } from '../model/text.ts';
import { type BundleFile, type Collected, type LeftOut, collect } from './bundle/collect.ts';
import { readmeOf } from './bundle/readme.ts';
import { createRedact } from './bundle/redact.ts';
import { type Target, TARGET_USAGE, mistake, parseCommandLine } from './lib/arguments.ts';
import { ask } from './lib/client.ts';
import { INSTANT_FORMS, instantOf } from './lib/instant.ts';
import { print } from './lib/output.ts';
import { FROM_USAGE, targetsOf } from './lib/targets.ts';

const USAGE = `Usage: meerkat bundle [--from HOST,HOST] [-o FILE] [--since 6h] [OPTION…]

Writes one archive for a ticket: status, nodes with their checks, members, matrix, timeline, samples and figures of every
agent that is asked; asked on this machine, its configuration and what its agent knew last, too. README.txt in it says
what is there and from when. What does not answer is left out, and that is said.

Cluster keys, tokens, passwords and private keys are left out or replaced.

${FROM_USAGE}, more than one
  -o, --output FILE   where to write it (default meerkat-bundle-TIME.tar.gz, here)
  --since TIME        start of timeline and samples (default 6h): ${INSTANT_FORMS}
  --redact-addresses  replace IP and MAC addresses, each by the same word everywhere
  --config FILE       the configuration of this machine's agent, where it has one of its own
${TARGET_USAGE}`;

const ASK_WITHIN_MS = 10_000;
/** All that is collected; compressed it is a tenth. */
const MOST_BYTES = 96 * 1024 * 1024;

export async function run(args: readonly string[]): Promise<number> {
  const spec = {
    usage: USAGE,
    options: ['from', 'output', 'since', 'config'],
    flags: ['redact-addresses'],
    short: { o: 'output' },
    maxPositionals: 0,
  };
  const line = parseCommandLine(args, spec);
  if (line === undefined) return EXIT_CODES.ok.code;
  const { target, text, flags } = line;
  const now = systemClock.now();
  const from = absolute(instantOf(text['since'] ?? '6h', now), now);
  if (from === undefined) throw mistake(`--since takes a time, not "${text['since']}": ${INSTANT_FORMS}.`, spec);
  const targets = targetsOf(text['from'], target, spec);
  const isLocal = text['from'] === undefined && /^(127\.|::1$|localhost$)/.test(target.host);

  const local = isLocal ? await collectHere(text['config']) : undefined;
  const agents = await Promise.all(
    targets.map((one, index) =>
      collect(one, index + 1, from, { ask: (where, path) => ask(where, path, ASK_WITHIN_MS) }),
    ),
  );
  const redact = createRedact({
    secrets: [...(local?.secrets ?? []), ...tokenOf(target)],
    addresses: flags.has('redact-addresses'),
  });
  const { files, leftOut } = within(MOST_BYTES, [...agents, ...(local === undefined ? [] : [local])]);
  if (files.length === 0) throw new AgentError('unavailable', leftOut.map(({ why }) => why).join('\n'));
  const readme = readmeOf({
    at: now,
    from,
    asked: targets.map(formatEndpoint),
    version: VERSION,
    addresses: flags.has('redact-addresses') ? 'replaced' : 'kept',
    files,
    leftOut,
  });
  const path = text['output'] ?? `meerkat-bundle-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}.tar.gz`;
  const all = [{ name: 'README.txt', text: readme, what: '' }, ...files];
  const bytes = await write(
    path,
    all.map((file) => ({ ...file, name: redact(file.name), text: redact(file.text) })),
    now,
  );
  await print(
    [
      `Wrote ${path}: ${formatBytes(bytes)}, ${all.length} files; README.txt in it says what they are.`,
      ...(leftOut.length > 0 ? ['Left out:', ...leftOut.map(({ name, why }) => `  ${name}: ${why}`)] : []),
      '',
    ].join('\n'),
  );
  return EXIT_CODES.ok.code;
}

/** All agents are asked for the same time, and README.txt names it. */
function absolute(instant: string | undefined, now: number): string | undefined {
  const relative = /^-(\d+)([smhd])$/.exec(instant ?? '');
  if (relative === null) return instant;
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[relative[2] ?? ''] ?? 0;
  return new Date(now - Number(relative[1]) * unitMs).toISOString();
}

/** Loaded only here: the configuration knows all checks. */
async function collectHere(config: string | undefined) {
  const { collectLocal } = await import('./bundle/local.ts');
  return collectLocal(config === undefined ? [] : ['--config', config]);
}

/** The token that this command itself sends must not come back in a message. */
function tokenOf({ tokenFile }: Target): readonly string[] {
  return tokenFile === undefined ? [] : [readFileSync(tokenFile, 'utf8')];
}

/** One after the other, so that the last agents lose what does not fit. */
function within(limit: number, parts: readonly Collected[]): Collected {
  const files: BundleFile[] = [];
  const leftOut: LeftOut[] = parts.flatMap((part) => part.leftOut);
  let bytes = 0;
  for (const file of parts.flatMap((part) => part.files)) {
    bytes += Buffer.byteLength(file.text);
    if (bytes > limit)
      leftOut.push({ name: file.name, why: `the bundle would be more than ${limit} bytes before it is compressed` });
    else files.push(file);
  }
  return { files, leftOut };
}

/** For its owner only, and never over a file that is there. @throws {AgentError} `usage` */
async function write(path: string, files: readonly BundleFile[], now: number): Promise<number> {
  const entries = files.map(({ name, text }) => ({
    name: `meerkat-bundle/${name}`,
    content: Buffer.from(text),
    mode: 0o600,
    modifiedAt: Math.floor(now / 1000),
  }));
  const archive = await promisify(gzip)(tarOf(entries));
  try {
    await writeFile(path, archive, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const why = codeOf(error) === 'EEXIST' ? 'there is such a file already' : messageOf(error);
    throw new AgentError('usage', `${path} cannot be written: ${why}.`, { cause: error });
  }
  return archive.length;
}
