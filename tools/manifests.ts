/** Writes the manifests in `deploy/` that are made from daemonset.yaml; `test/manifest.test.ts` fails while they differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mastersManifest } from './build/masters.ts';

const ROOT = join(import.meta.dirname, '..');
const manifest = readFileSync(join(ROOT, 'daemonset.yaml'), 'utf8');
writeFileSync(join(ROOT, 'deploy/control-plane-certificates/masters.yaml'), mastersManifest(manifest));
