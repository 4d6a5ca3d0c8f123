/** Writes what is in `deploy/` and made from other manifests; `test/manifest.test.ts` fails while it differs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mastersManifest } from './build/masters.ts';
import { prometheusRule } from './build/prometheus-rule.ts';

const at = (path: string): string => join(import.meta.dirname, '..', path);
const read = (path: string): string => readFileSync(at(path), 'utf8');

writeFileSync(at('deploy/control-plane-certificates/masters.yaml'), mastersManifest(read('daemonset.yaml')));
writeFileSync(at('deploy/prometheus-operator/rules.yaml'), prometheusRule(read('deploy/prometheus/rules.yaml')));
