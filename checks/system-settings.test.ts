import { describe, expect, it } from 'vitest';
import { parseSwaps } from './lib/settings/swap.ts';
import { isAsked } from './lib/settings/sysctls.ts';
import { type FakeFile, fakeHostFiles, testContext } from './lib/testing.ts';
import { systemSettings } from './system-settings.ts';

const FORWARD = '/proc/sys/net/ipv4/ip_forward';
const FORWARD6 = '/proc/sys/net/ipv6/conf/all/forwarding';
const BRIDGE = '/proc/sys/net/bridge/bridge-nf-call-iptables';
const KUBELET = '/var/lib/kubelet/config.yaml';
const NETWORK = '/etc/cni/net.d/10-net.conflist';
const SWAPS = '/proc/swaps';
const NO_SWAP = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';
const SWAP = `${NO_SWAP}/dev/sda2                               partition\t2097148\t\t0\t\t-2\n`;
const MODULES = '/proc/modules';

/** A node of kubeadm on which all is as it must be. */
const node = (): Record<string, FakeFile> => ({
  [KUBELET]: 'kind: KubeletConfiguration\n',
  [FORWARD]: '1\n',
  [FORWARD6]: '0\n',
  [SWAPS]: NO_SWAP,
  [MODULES]: 'overlay 151552 41 - Live 0x0\nbr_netfilter 32768 0 - Live 0x0\nnf_conntrack 1 1 x, Live 0x0\n',
  '/sys/module/tcp_cubic/parameters/beta': '717\n',
  '/proc/sys/kernel/osrelease': '6.8.0-45-generic\n',
  '/lib/modules/6.8.0-45-generic/modules.builtin': 'kernel/fs/ext4/ext4.ko\nkernel/net/ipv4/ip-tables.ko.zst\n',
});
type Config = { sysctls?: Record<string, string | number>; modules?: string[]; swap?: boolean };
const look = (more: Record<string, FakeFile | undefined> = {}, config: Config = {}) => {
  const files = Object.entries({ ...node(), ...more }).filter(([, file]) => file !== undefined);
  const host = fakeHostFiles(Object.fromEntries(files) as Record<string, FakeFile>);
  return systemSettings.run(testContext(systemSettings, { host, config }));
};
const OK = { status: 'ok', readings: [] };
const problem = (reason: string, subject: string | undefined, message: string) => ({
  status: 'problem',
  problems: [{ reason, message, ...(subject !== undefined && { subject }) }],
});

describe('system-settings', () => {
  it('is off by default, ok on a node that is as it must be, and absent where nothing is asked for', async () => {
    expect(systemSettings.isOffByDefault).toBe(true);
    expect(await look()).toEqual(OK);
    expect(await look({ [KUBELET]: undefined, [FORWARD]: '0\n', [SWAPS]: SWAP })).toMatchObject({ status: 'absent' });
  });

  it('is SysctlWrong where a node of Kubernetes does not forward', async () => {
    expect(await look({ [FORWARD]: '0\n' })).toMatchObject(
      problem(
        'SysctlWrong',
        'net.ipv4.ip_forward',
        'net.ipv4.ip_forward is 0 and must be 1: the node passes on what pods send.',
      ),
    );
    expect(await look({ [FORWARD]: '0\n' }, { sysctls: { 'net.ipv4.ip_forward': 0 } })).toEqual(OK);
  });

  it('asks for what the network of the pods needs, and only for that', async () => {
    const dual = '{"plugins":[{"type":"calico","ipam":{"subnet":"fd00:10:244::/64"}}]}';
    expect(await look({ [NETWORK]: dual, [BRIDGE]: '0\n' })).toMatchObject(
      problem('SysctlWrong', 'net.ipv6.conf.all.forwarding', expect.stringContaining('over IPv6')),
    );
    expect(await look({ [NETWORK]: dual, [FORWARD6]: undefined })).toEqual(OK);
    const bridged = '{"plugins":[{"type": "flannel","subnet":"10.244.0.0/24"}]}';
    expect(await look({ [NETWORK]: bridged, [BRIDGE]: '0\n' })).toMatchObject(
      problem('SysctlWrong', 'net.bridge.bridge-nf-call-iptables', expect.stringContaining('on a bridge')),
    );
    // Where the module is not loaded nobody configured that it must be.
    expect(await look({ [NETWORK]: bridged })).toEqual(OK);
    expect(await look({ '/etc/cni/net.d/README': bridged, [BRIDGE]: '0\n' })).toEqual(OK);
  });

  it('is SysctlWrong for what is configured, also where the kernel does not have it', async () => {
    const files = {
      '/proc/sys/vm/max_map_count': '65530\n',
      '/proc/sys/net/ipv4/conf/eth0.100/rp_filter': '2\n',
      '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    };
    const fine = { 'net.ipv4.conf.eth0/100.rp_filter': 2, 'net.ipv4.ip_local_port_range': '32768 60999' };
    expect(await look(files, { sysctls: { ...fine, 'vm.max_map_count': '>=65530' } })).toEqual(OK);
    expect(await look(files, { sysctls: { ...fine, 'vm.max_map_count': '>=262144' } })).toMatchObject(
      problem(
        'SysctlWrong',
        'vm.max_map_count',
        'vm.max_map_count is 65530 and must be >=262144: as it is configured.',
      ),
    );
    expect(await look({}, { sysctls: { 'net.bridge.bridge-nf-call-iptables': 1 } })).toMatchObject(
      problem(
        'SysctlWrong',
        'net.bridge.bridge-nf-call-iptables',
        'The kernel has no net.bridge.bridge-nf-call-iptables, which must be 1: as it is configured.',
      ),
    );
  });

  it('is ModuleMissing for one that is neither loaded nor built in', async () => {
    const modules = ['overlay', 'br-netfilter', 'tcp_cubic', 'ext4', 'ip_tables'];
    expect(await look({}, { modules })).toEqual(OK);
    expect(await look({}, { modules: [...modules, 'wireguard'] })).toMatchObject(
      problem('ModuleMissing', 'wireguard', 'The module wireguard is not loaded.'),
    );
  });

  it.each<[string, Record<string, FakeFile | undefined>]>([
    ['no list of what is built in is there', { '/lib/modules/6.8.0-45-generic/modules.builtin': undefined }],
    ['the kernel’s release is not told', { '/proc/sys/kernel/osrelease': '../../etc' }],
  ])('does not know of a module where %s', async (_, files) => {
    expect(await look(files, { modules: ['wireguard'] })).toMatchObject({
      status: 'unknown',
      why: 'could not look: wireguard is not loaded, and whether it is built in cannot be read',
    });
    expect(await look(files, { modules: ['overlay'] })).toEqual(OK);
  });

  it.each<[string, Record<string, FakeFile | undefined>]>([
    ['says nothing of it', {}],
    ['says so', { [KUBELET]: 'failSwapOn: true\n' }],
    ['says so by a flag', { [KUBELET]: 'failSwapOn: false\n', '/etc/default/kubelet': 'X="--fail-swap-on=true"\n' }],
  ])('is SwapOn where the kubelet %s', async (_, files) => {
    expect(await look({ [SWAPS]: SWAP, ...files })).toMatchObject(
      problem('SwapOn', undefined, 'Swap is on (/dev/sda2, 2.0 GiB), which the kubelet refuses when it starts.'),
    );
    expect(await look(files)).toEqual(OK);
    expect(await look({ [SWAPS]: SWAP, ...files }, { swap: false })).toEqual(OK);
  });

  it.each<[string, Record<string, FakeFile | undefined>]>([
    ['is told to live with it', { [KUBELET]: 'memorySwap: {}\nfailSwapOn: false\n' }],
    [
      'is told so by a flag of its unit',
      {
        '/etc/systemd/system/kubelet.service.d/20-swap.conf':
          '[Service]\nEnvironment="KUBELET_EXTRA_ARGS=--fail-swap-on=false"\n',
      },
    ],
    ['is of k3s', { [KUBELET]: undefined, '/var/lib/rancher/k3s/agent/kubelet.kubeconfig': '' }],
  ])('says nothing of swap where the kubelet %s', async (_, files) => {
    expect(await look({ [SWAPS]: SWAP, ...files })).toEqual(OK);
  });

  it('says nothing of swap on a kernel that has none', async () => {
    expect(await look({ [SWAPS]: undefined })).toEqual(OK);
  });

  it.each<[string, FakeFile, string]>([
    [FORWARD, { error: 'EACCES' }, 'the agent may not read net.ipv4.ip_forward (EACCES)'],
    [SWAPS, '<html>', '/proc/swaps has an unexpected form'],
    [SWAPS, { error: 'EACCES' }, 'the agent may not read /proc/swaps (EACCES)'],
    [MODULES, { error: 'EACCES' }, 'the agent may not read /proc/modules (EACCES)'],
    [KUBELET, { error: 'EIO' }, 'whether the kubelet refuses swap cannot be read'],
    [NETWORK, { error: 'EACCES' }, 'the agent may not read what the kubelet and its network need (EACCES)'],
  ])('is unknown where %s cannot be read: %j', async (path, file, why) => {
    expect(await look({ [path]: file }, { modules: ['overlay'] })).toMatchObject({
      status: 'unknown',
      why: expect.stringContaining(why),
    });
  });

  it('tells what is wrong although something else cannot be read', async () => {
    expect(await look({ [SWAPS]: '<html>', [FORWARD]: '0' })).toMatchObject({ problems: [{ reason: 'SysctlWrong' }] });
  });

  it('takes garbage for another value', async () => {
    expect(await look({ [FORWARD]: 'x'.repeat(100_000) })).toMatchObject({ problems: [{ reason: 'SysctlWrong' }] });
  });
});

it.each([
  ['1', '1', true],
  ['0', '1', false],
  ['4 4 1 7', '4  4\t1 7', true],
  ['18446744073709551615', '>=9223372036854775808', true],
  ['-1', '>= 0', false],
  ['x', '>=0', false],
  ['>=1', '>=1', false],
])('%s where %s is asked for: %s', (value, asked, isRight) => {
  expect(isAsked(value, asked)).toBe(isRight);
});

it('reads areas of swap', () => {
  expect(parseSwaps(`${SWAP}/swap\\040file file x 0 -3\n`)).toEqual([
    { name: '/dev/sda2', sizeBytes: 2_147_479_552 },
    { name: '/swap\\040file', sizeBytes: 0 },
  ]);
  expect(parseSwaps(NO_SWAP)).toEqual([]);
  expect(parseSwaps('')).toBeUndefined();
});
