/**
 * Certificates: certificates.
 *
 * - One is good for 14.5 days more at the end of the day (a warning below 14), one of the authorities has expired and
 *   its successor lies beside it.
 * - For a moment now and then a file is renewed: it is gone, or only half of it is there; a server does not shake hands.
 */
import { KUBE_APISERVER, KUBE_ETCD, NEW_AUTHORITY, OLD_AUTHORITY } from '../../../checks/lib/certificates/testing.ts';
import type { FakeFile } from '../../../checks/lib/testing.ts';
import type { ApiAuthority, PeerCertificateResult } from '../../../checks/types.ts';
import type { Noise } from './noise.ts';
import type { Part } from './part.ts';

/** KUBE_APISERVER is good for 15.5 days then. */
export const BEGINNING = Date.UTC(2025, 11, 23, 12);

export interface Certificates extends Part {
  shakeHands(): PeerCertificateResult;
  /** The agent's own. */
  authority(): ApiAuthority;
  /** From now on this lies on the disk. */
  replace(pem: string): void;
  /** From now on the agent has this authority. */
  replaceAuthority(pem: string): void;
}

const PKI = '/etc/kubernetes/pki';

export function createCertificates(noise: Noise, role: 'master' | 'worker'): Certificates {
  const single = noise.singles();
  const [isRenewed, isBusy] = [single(0.02), single(0.02)];
  let replaced: string | undefined;
  let bundle = OLD_AUTHORITY + NEW_AUTHORITY;
  const file = (pem: string) => (): FakeFile => {
    if (!isRenewed()) return pem;
    return noise.random.chance(0.5) ? { error: 'ENOENT' } : pem.slice(0, 100);
  };
  const authorities = file(OLD_AUTHORITY + NEW_AUTHORITY);
  const own = file(KUBE_APISERVER);
  return {
    files: {
      '/var/lib/kubelet/pki/kubelet-client-current.pem': KUBE_ETCD,
      '/var/lib/kubelet/pki/kubelet-server-current.pem': () => replaced ?? own(),
      [`${PKI}/ca.crt`]: authorities,
      ...(role === 'master' && {
        [`${PKI}/apiserver.crt`]: own,
        [`${PKI}/etcd/server.crt`]: file(KUBE_ETCD),
      }),
    },
    shakeHands: () =>
      isBusy()
        ? { kind: 'failure', failure: 'timeout', message: 'no handshake within 1500 ms' }
        : { kind: 'certificate', pem: KUBE_ETCD },
    authority: () => ({ path: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt', pem: bundle }),
    replace: (pem) => void (replaced = pem),
    replaceAuthority: (pem) => void (bundle = pem),
  };
}
