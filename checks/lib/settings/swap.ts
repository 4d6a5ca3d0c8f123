/** Whether swap is on that the kubelet does not want. Formats: proc(5), KubeletConfiguration (kubelet.config.k8s.io/v1beta1). */
import type { HostFiles } from '../../types.ts';
import { bytes } from '../figures.ts';
import { flagOf } from '../flags.ts';
import { listIfThere, readIfThere } from '../if-there.ts';
import { kubeletSetting } from '../kubelet-config.ts';
import { linesOf } from '../procfs.ts';

export interface SwapArea {
  readonly name: string;
  readonly sizeBytes: number;
}

/** Where packages and administrators start it with flags. */
const UNITS = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'] as const;
/** A kubelet that is configured here wants no swap unless it is told; those that k3s, RKE2 and MicroK8s start are told so. */
const PLAIN_CONFIGS = [
  '/var/lib/kubelet/config.yaml',
  '/etc/kubernetes/kubelet/config.json',
  '/home/kubernetes/kubelet-config.yaml',
  '/etc/kubernetes/kubelet-config.yaml',
] as const;

/** /proc/swaps: a header, then a line for each area with its size in KiB. Undefined: it is of another form. */
export function parseSwaps(text: string): readonly SwapArea[] | undefined {
  const [header, ...lines] = linesOf(text);
  if (header?.startsWith('Filename') !== true) return undefined;
  return lines.map((line) => {
    const [name = '', , kibibytes = ''] = line.trim().split(/\s+/);
    return { name, sizeBytes: (Number(kibibytes) || 0) * 1024 };
  });
}

/** `/dev/sda2, 2.0 GiB`. */
export const describeSwap = ({ name, sizeBytes }: SwapArea): string => `${name}, ${bytes(sizeBytes)}`;

/** Whether the kubelet of this node ends where swap is on. Rejects where a file is there and cannot be read. */
export async function refusesSwap(host: HostFiles): Promise<boolean> {
  const said = (await flagInUnits(host)) ?? (await kubeletSetting(host, 'fail-swap-on', 'failSwapOn'));
  if (said !== undefined) return said.toLowerCase() !== 'false';
  for (const path of PLAIN_CONFIGS) if (await host.exists(path)) return true;
  return false;
}

async function flagInUnits(host: HostFiles): Promise<string | undefined> {
  for (const directory of UNITS) {
    const dropIns = `${directory}/kubelet.service.d`;
    const names = (await listIfThere(host, dropIns)).filter((name) => name.endsWith('.conf')).slice(0, 32);
    for (const path of [...names.map((name) => `${dropIns}/${name}`), `${directory}/kubelet.service`]) {
      const flag = flagOf((await readIfThere(host, path)) ?? '', 'fail-swap-on');
      if (flag !== undefined) return flag;
    }
  }
  return undefined;
}
