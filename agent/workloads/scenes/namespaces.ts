/** Of whose pods scenes are kept, and of whose the Kubernetes API tells. */
import type { Config } from '../../base/config.ts';

type Settings = Pick<Config, 'scenes' | 'kubernetes' | 'checks'>;

/** `*`: of all; empty: of nobody's. */
export const sceneNamespaces = ({ scenes, kubernetes }: Settings): readonly string[] => {
  if (!scenes.enabled) return [];
  return scenes.namespaces.length > 0 ? scenes.namespaces : kubernetes.podNamespaces;
};

export const names = (namespaces: readonly string[], namespace: string): boolean =>
  namespaces.includes('*') || namespaces.includes(namespace);

/** Why the API is not asked for the pods of a namespace; undefined: it is, where there is one. */
export function whyNotAsked({ kubernetes, checks }: Settings, namespace: string): string | undefined {
  if (checks['pods']?.enabled !== true) return 'the check pods is off, and with it the watch of this node’s pods';
  return names(kubernetes.podNamespaces, namespace)
    ? undefined
    : `the Kubernetes API is not asked for pods in ${namespace} (kubernetes.podNamespaces)`;
}
