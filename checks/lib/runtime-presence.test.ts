import { expect, it } from 'vitest';
import { runtimeTraces } from './runtime-presence.ts';
import { fakeHostFiles } from './testing.ts';

const WANTS = '/etc/systemd/system/multi-user.target.wants';
const SYSTEMD = { '/run/systemd/system/': '' };
/** An enabled unit is a link to a unit file with something in it. */
const enabled = (unit: string): Record<string, string> => ({
  [`${WANTS}/${unit}`]: '[Unit]',
});

it.each([
  ['nothing', {}, undefined],
  ['an enabled unit without systemd', enabled('docker.service'), undefined],
  ['Docker’s unit', { ...SYSTEMD, ...enabled('docker.service') }, 'enabled unit docker.service'],
  [
    'containerd’s unit while its socket is gone',
    { ...SYSTEMD, ...enabled('containerd.service') },
    'enabled unit containerd.service',
  ],
  [
    'containerd’s unit while containerd is here',
    { ...SYSTEMD, ...enabled('containerd.service'), '/run/containerd/containerd.sock': '' },
    undefined,
  ],
  [
    'kubelet’s endpoint',
    { '/var/lib/kubelet/config.yaml': 'containerRuntimeEndpoint: unix:///run/cri-dockerd.sock\n' },
    "kubelet's runtime endpoint /run/cri-dockerd.sock",
  ],
])('sees %s', async (_, files, trace) => {
  expect(await runtimeTraces(fakeHostFiles(files))).toBe(trace);
});
