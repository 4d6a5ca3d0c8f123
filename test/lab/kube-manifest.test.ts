/** daemonset.yaml and what kustomize makes of it, with a real Kubernetes API. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseComponents, copyManifests } from '../lib/kustomization.ts';
import { type KubeObject, objectsOf, readManifest } from '../lib/manifest.ts';
import { type ControlPlane, createControlPlane, whyNoControlPlane } from './lib/control-plane.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';

const missing = whyNoLab() ?? whyNoControlPlane();
if (missing !== undefined) process.stderr.write(`kube-manifest: skipped, ${missing}\n`);

const STRICT = ['--validate=true', '--warnings-as-errors', '-f', '-'];
const SECRET = ['secret', 'meerkat-cluster-key', '-n', 'meerkat'];

/** What the server has not, of what it was given; what it adds is its own affair. */
function lost(given: unknown, kept: unknown, path = ''): string[] {
  if (Array.isArray(given))
    return given.flatMap((one, index) => lost(one, (kept as unknown[])?.[index], `${path}[${index}]`));
  if (typeof given === 'object' && given !== null)
    return Object.entries(given).flatMap(([name, value]) =>
      lost(value, (kept as Record<string, unknown> | undefined)?.[name], `${path}.${name}`),
    );
  return given === kept ? [] : [`${path}: ${JSON.stringify(given)} became ${JSON.stringify(kept)}`];
}

describe.skipIf(missing !== undefined)('the manifest', () => {
  let lab: Lab;
  let api: ControlPlane;

  beforeAll(async () => {
    lab = await createLab({ hosts: ['m1'], ipv6: false });
    api = await createControlPlane(lab.host('m1'));
    await api.start();
  });
  afterAll(async () => await lab?.remove());

  const keptOf = ({ kind, metadata }: KubeObject): Promise<KubeObject> =>
    api.get(kind, metadata.name, ...(metadata.namespace === undefined ? [] : ['-n', metadata.namespace]));

  it('is taken by a dry run and for good, without a warning, and nothing of it is dropped', async () => {
    const manifest = readManifest();
    await api.kubectl(['apply', ...STRICT], manifest);
    // Nor would it be changed by the same once more, as it is where two items of a list have one key.
    expect(await api.kubectl(['apply', '--dry-run=server', ...STRICT], manifest)).not.toContain('configured');
    const dropped: string[] = [];
    for (const object of objectsOf(manifest))
      dropped.push(
        ...lost(object, await keptOf(object)).map((what) => `${object.kind} ${object.metadata.name}${what}`),
      );
    expect(dropped).toEqual([]);
  });

  it('does not empty the Secret when it is applied again', async () => {
    const data = { 'cluster.key': Buffer.from('a key').toString('base64') };
    await api.kubectl(['patch', ...SECRET, '-p', JSON.stringify({ data })]);
    await api.kubectl(['apply', ...STRICT], readManifest());
    expect(await api.get(...SECRET)).toMatchObject({ data });
  });

  it('is taken with all components', async () => {
    const directory = join(lab.host('m1').directory, 'kustomize');
    mkdirSync(directory);
    copyManifests(directory);
    const components = ['control-plane-certificates', 'no-container-start', 'token', 'kernel-log'];
    chooseComponents(directory, components);
    const built = execFileSync('kubectl', ['kustomize', directory], { encoding: 'utf8' });
    await api.kubectl(['apply', ...STRICT], built);
    const dropped: string[] = [];
    for (const object of objectsOf(built)) dropped.push(...lost(object, await keptOf(object)));
    expect(dropped).toEqual([]);
  });
});
