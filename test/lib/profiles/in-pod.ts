/** A node as the agent of daemonset.yaml sees it: of the host's files only what is mounted, and the container's own /proc and /sys. */
import { containerOf, daemonSetOf, objectsOf, readManifest } from '../manifest.ts';
import { NEW_AUTHORITY } from '../../../checks/lib/certificates/testing.ts';
import type { Profile } from './profile.ts';

const agents = daemonSetOf(objectsOf(readManifest()), 'meerkat');
const mounted = containerOf(agents, 'agent').volumeMounts.flatMap(
  ({ name }) => agents.spec.template.spec.volumes.find((volume) => volume.name === name)?.hostPath?.path ?? [],
);
const isSeen = (path: string): boolean =>
  [...mounted, '/proc', '/sys'].some((place) => path === place || path.startsWith(`${place}/`));

/** The same is expected of it; of certificates it has the cluster's authority alone, because none is mounted. */
export const inPod = (profile: Profile): Profile => ({
  ...profile,
  name: `${profile.name}, in a pod`,
  files: Object.fromEntries(Object.entries(profile.files).filter(([path]) => isSeen(path))),
  podDns: { servers: ['10.96.0.10'], domain: 'cluster.local' },
  authority: NEW_AUTHORITY,
  expected: { ...profile.expected, certificates: 'ok' },
});
