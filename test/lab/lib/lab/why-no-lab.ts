/** Whether a lab can run on this machine. */
import { spawnSync } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoLoopDisk } from '../loop-disk.ts';
import { findHierarchies, makeGroup } from './cgroups.ts';
import { NO_FAULTS, rulesetOf } from './faults.ts';
import { withSystemPath } from './run.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
  bash: 'bash',
  bridge: 'iproute2',
  fsfreeze: 'util-linux',
  ip: 'iproute2',
  losetup: 'mount',
  'mkfs.ext4': 'e2fsprogs',
  mount: 'mount',
  nft: 'nftables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
};

const TRIAL = `
mount -t tmpfs tmpfs /run
mkdir /run/layer /run/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/layer,workdir=/run/work /etc
ip link add name lab type bridge
ip link add name a type veth peer name b
ip link add name overlay0 type vxlan id 1 local 10.0.0.1 dstport 4789
nft -f -
`;

let known: { readonly reason: string | undefined } | undefined;

/** Undefined where it can. Tries once, in a network namespace that ends with the trial. */
export function whyNoLab(): string | undefined {
  known ??= { reason: find() };
  return known.reason;
}

function find(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'the lab needs root on Linux';
  const env = withSystemPath();
  const missing = Object.entries(PROGRAMS).filter(
    ([program]) => spawnSync('sh', ['-c', `command -v ${program}`], { env }).status !== 0,
  );
  if (missing.length > 0) return `not installed: ${missing.map(([name, from]) => `${name} (${from})`).join(', ')}`;
  const why = whyNoLoopDisk() ?? whyNoCgroups();
  if (why !== undefined) return why;
  const trial = spawnSync('unshare', ['--net', '--mount', 'sh', '-e', '-c', TRIAL], {
    env,
    input: rulesetOf(NO_FAULTS),
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (trial.status === 0) return undefined;
  return `this kernel or container lacks something: ${(trial.stderr || trial.stdout || String(trial.error)).trim().split('\n')[0]}`;
}

function whyNoCgroups(): string | undefined {
  const hierarchies = findHierarchies();
  if (hierarchies === undefined) return 'no cgroup hierarchy is mounted';
  const trial = `meerkat-lab-trial-${process.pid}`;
  try {
    makeGroup(hierarchies, trial);
    for (const root of hierarchies.roots) rmdirSync(join(root, trial));
    return undefined;
  } catch (error) {
    return `cgroups cannot be made here: ${String(error)}`;
  }
}
