/** daemonset.yaml with components of `deploy/`, as an operator puts them together. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './manifest.ts';

/** Copies what there is to choose from. */
export function copyManifests(directory: string): void {
  for (const name of ['daemonset.yaml', 'deploy']) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
}

/** Chooses among what {@link copyManifests} has copied there; `kubectl kustomize DIRECTORY` builds it. */
export function chooseComponents(directory: string, components: readonly string[]): void {
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['daemonset.yaml'],
    components: components.map((name) => `deploy/${name}`),
  };
  writeFileSync(join(directory, 'kustomization.yaml'), JSON.stringify(kustomization));
}
