import { Type } from 'typebox';
import { enumerate } from './lib/figures.ts';
import { explainFailure, look } from './lib/procfs.ts';
import { findModules } from './lib/settings/modules.ts';
import { describeSwap, parseSwaps, refusesSwap } from './lib/settings/swap.ts';
import { SYSCTL_NAME, askedSysctls, isAsked, readSysctl } from './lib/settings/sysctls.ts';
import { type HostFiles, type Problem, absent, defineCheck, outcomeOf, unknown } from './types.ts';

type Reason = 'SysctlWrong' | 'ModuleMissing' | 'SwapOn';

/** What one look found: how many things were asked for, what is wrong, what could not be looked at. */
interface Found {
  readonly asked: number;
  readonly problems: readonly Problem<Reason>[];
  readonly unseen: readonly string[];
}

const MAX_NAMES = 64;
const NAMED = 3;

export const systemSettings = defineCheck({
  id: 'system-settings',
  title: 'System settings',
  description: [
    'Whether the kernel is set up as a node of Kubernetes needs it, and as the configuration asks: where there is a kubelet,',
    'that the node forwards (`net.ipv4.ip_forward`, and `net.ipv6.conf.all.forwarding` where a configuration in /etc/cni/net.d',
    'names a range of IPv6), that bridges hand over to iptables what pods send (`net.bridge.bridge-nf-call-iptables`, where a',
    'network there has a bridge), and that no swap is on that the kubelet refuses (`failSwapOn`, true unless it is told',
    'otherwise). What the kernel does not have is a fault only where it is configured. A module that is built in counts as loaded.',
  ].join(' '),
  intervalMs: 300_000,
  timeoutMs: 3000,
  isOffByDefault: true,
  runsOn: 'every node',
  config: Type.Object(
    {
      sysctls: Type.Record(
        Type.String({ pattern: SYSCTL_NAME }),
        Type.Union([Type.Number(), Type.String({ minLength: 1 })]),
        {
          default: {},
          additionalProperties: false,
          maxProperties: MAX_NAMES,
          expects: 'names as sysctl has them, each with its value, or the least one: {vm.max_map_count: ">=262144"}',
          description:
            'Settings of the kernel that are asked for, besides those that Kubernetes needs or in their place.',
        },
      ),
      modules: Type.Array(
        Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', expects: 'the name of a module: br_netfilter, overlay' }),
        { default: [], maxItems: MAX_NAMES, description: 'Modules of the kernel that must be loaded or built in.' },
      ),
      swap: Type.Boolean({
        default: true,
        description: 'Whether swap is looked at; what the kubelet wants decides.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: {
    SysctlWrong: {
      severity: 'warning',
      summary: 'A setting of the kernel is not as it must be.',
      remedy:
        'Set it with `sysctl -w NAME=VALUE` and keep it in a file in /etc/sysctl.d; find what set it otherwise with `sysctl --system`. Where the kernel does not have it, load its module, or look whether the name is right.',
    },
    ModuleMissing: {
      severity: 'warning',
      summary: 'A module of the kernel is not loaded.',
      remedy: 'Load it with `modprobe NAME`, and at each boot by a file in /etc/modules-load.d.',
    },
    SwapOn: {
      severity: 'warning',
      summary: 'Swap is on, and the kubelet will not start again while it is.',
      remedy:
        'Turn it off with `swapoff -a` and take it out of /etc/fstab (`systemctl --type swap` shows other ways it comes on); or let the kubelet live with it: `failSwapOn: false` in its configuration.',
    },
  },
  readings: {},
  needs: [
    '/proc/sys, /proc/modules, /proc/swaps and /sys/module; /lib/modules to know what is built in. What cannot be read is unknown.',
    '/etc/kubernetes, /etc/cni/net.d, /var/lib/kubelet and /etc/systemd/system, to know what this node needs.',
  ],
  run: async ({ host, config }) => {
    const looks = [
      lookAtSysctls(host, config.sysctls),
      lookAtModules(host, config.modules),
      ...(config.swap ? [lookAtSwap(host)] : []),
    ];
    const found = await Promise.all(looks);
    const problems = found.flatMap((one) => one.problems);
    const unseen = found.flatMap((one) => one.unseen);
    if (problems.length > 0) return outcomeOf(problems);
    const more = unseen.length > NAMED ? [`${unseen.length - NAMED} more`] : [];
    if (unseen.length > 0) return unknown(`could not look: ${enumerate([...unseen.slice(0, NAMED), ...more])}`);
    if (found.every(({ asked }) => asked === 0)) return absent('nothing is asked for, and no kubelet belongs here');
    return outcomeOf(problems);
  },
});

const unseenBecause = (error: unknown, what: string): Found => ({
  asked: 1,
  problems: [],
  unseen: [explainFailure(error, what)],
});

async function lookAtSysctls(host: HostFiles, configured: Readonly<Record<string, string | number>>): Promise<Found> {
  const problems: Problem<Reason>[] = [];
  const unseen: string[] = [];
  const wrong = (subject: string, message: string): void =>
    void problems.push({ reason: 'SysctlWrong', subject, message });
  try {
    const asked = await askedSysctls(host, configured);
    for (const { name, value, why } of asked) {
      try {
        const found = await readSysctl(host, name);
        const reason = why === undefined ? 'as it is configured' : why;
        if (found !== undefined && !isAsked(found, value))
          wrong(name, `${name} is ${found} and must be ${value}: ${reason}.`);
        if (found === undefined && why === undefined)
          wrong(name, `The kernel has no ${name}, which must be ${value}: ${reason}.`);
      } catch (error) {
        unseen.push(explainFailure(error, name));
      }
    }
    return { asked: asked.length, problems, unseen };
  } catch (error) {
    return unseenBecause(error, 'what the kubelet and its network need');
  }
}

async function lookAtModules(host: HostFiles, names: readonly string[]): Promise<Found> {
  if (names.length === 0) return { asked: 0, problems: [], unseen: [] };
  try {
    const states = [...(await findModules(host, names))];
    return {
      asked: names.length,
      problems: states
        .filter(([, state]) => state === 'missing')
        .map(([name]) => ({ reason: 'ModuleMissing', subject: name, message: `The module ${name} is not loaded.` })),
      unseen: states
        .filter(([, state]) => state === 'unknown')
        .map(([name]) => `${name} is not loaded, and whether it is built in cannot be read`),
    };
  } catch (error) {
    return unseenBecause(error, '/proc/modules');
  }
}

async function lookAtSwap(host: HostFiles): Promise<Found> {
  try {
    if (!(await refusesSwap(host))) return { asked: 0, problems: [], unseen: [] };
  } catch (error) {
    return unseenBecause(error, 'whether the kubelet refuses swap');
  }
  const swaps = await look(host, '/proc/swaps', parseSwaps);
  if ('why' in swaps) {
    // A kernel without swap has no such file.
    return { asked: 1, problems: [], unseen: swaps.isMissing === true ? [] : [swaps.why] };
  }
  const [first] = swaps.value;
  if (first === undefined) return { asked: 1, problems: [], unseen: [] };
  const more = swaps.value.length > 1 ? ` and ${swaps.value.length - 1} more` : '';
  const message = `Swap is on (${describeSwap(first)}${more}), which the kubelet refuses when it starts.`;
  return { asked: 1, problems: [{ reason: 'SwapOn', message }], unseen: [] };
}
