/** Holds the map of who may import whom; `docs/architecture.md` explains it. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

/** Area → areas it may import besides itself. The longest matching prefix names a file's area. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'agent/main.ts': ['agent/cli', 'agent/base'],
  'agent/agent.ts': [
    'agent/base',
    'agent/model',
    'agent/runner',
    'agent/store',
    'agent/diagnosis',
    'agent/http',
    'agent/kube',
    'agent/sidecars',
    'agent/world.ts',
    'agent/knowledge.ts',
    'agent/catalogue.ts',
    'agent/diary.ts',
    'agent/joined-besides.ts',
    'agent/joined-kube.ts',
    'agent/joined-mesh.ts',
    'agent/joined-overlay.ts',
    'agent/mesh-figures.ts',
    'agent/orders.ts',
    'agent/port-watch.ts',
    'agent/status-writer.ts',
    'checks/registry.ts',
    'checks/types.ts',
  ],
  'agent/mesh-figures.ts': ['agent/http', 'agent/mesh'],
  'agent/joined-mesh.ts': [
    'agent/base',
    'agent/model',
    'agent/mesh',
    'agent/store',
    'agent/cluster-keys.ts',
    'checks/types.ts',
  ],
  'agent/joined-kube.ts': ['agent/base', 'agent/model', 'agent/kube', 'agent/joined-mesh.ts', 'checks/types.ts'],
  'agent/joined-overlay.ts': [
    'agent/base',
    'agent/model',
    'agent/mesh',
    'agent/sidecars',
    'agent/world.ts',
    'checks/types.ts',
  ],
  'agent/joined-liveness.ts': ['agent/base', 'agent/model', 'agent/workloads', 'checks/lib', 'checks/types.ts'],
  'agent/joined-signals.ts': ['agent/base', 'agent/model', 'agent/workloads'],
  'agent/joined-workloads.ts': [
    'agent/base',
    'agent/model',
    'agent/joined-liveness.ts',
    'agent/joined-signals.ts',
    'checks/types.ts',
  ],
  'agent/joined-besides.ts': [
    'agent/base',
    'agent/model',
    'agent/joined-alerts.ts',
    'agent/joined-events.ts',
    'agent/joined-rules.ts',
    'agent/joined-scenes.ts',
    'agent/joined-workloads.ts',
    'agent/knowledge.ts',
    'agent/store',
    'agent/workloads',
    'agent/world.ts',
    'checks/types.ts',
  ],
  'agent/joined-alerts.ts': ['agent/base', 'agent/model', 'agent/alerts', 'agent/store'],
  'agent/joined-events.ts': ['agent/base', 'agent/model', 'agent/store', 'agent/workloads'],
  'agent/joined-rules.ts': [
    'agent/base',
    'agent/model',
    'agent/alerts',
    'agent/alerts/rules',
    'agent/store',
    'agent/workloads',
    'checks/lib',
    'checks/types.ts',
  ],
  'agent/joined-scenes.ts': ['agent/base', 'agent/model', 'agent/store', 'agent/workloads', 'checks/types.ts'],
  'agent/cluster-keys.ts': ['agent/base', 'agent/model', 'agent/mesh'],
  'agent/world.ts': [
    'agent/base',
    'agent/kube/service-account.ts',
    'agent/runner',
    'agent/sidecars',
    'agent/workloads',
    'checks/lib',
    'checks/registry.ts',
    'checks/types.ts',
  ],
  'agent/knowledge.ts': ['agent/base', 'agent/model', 'agent/diagnosis'],
  'agent/port-watch.ts': ['agent/base', 'agent/model', 'checks/types.ts'],
  'agent/orders.ts': ['agent/model', 'agent/joined-mesh.ts'],
  'agent/status-writer.ts': ['agent/base'],
  'agent/diary.ts': ['agent/base', 'agent/model', 'agent/diagnosis', 'agent/knowledge.ts', 'agent/store'],
  'agent/catalogue.ts': ['agent/diagnosis', 'checks/types.ts'],
  // A second composition: the page and the API over a generated cluster, without an agent. Nothing else may import what
  // generates data.
  'agent/simulated.ts': [
    'agent/simulated',
    'agent/base',
    'agent/model',
    'agent/http',
    'agent/knowledge.ts',
    'agent/catalogue.ts',
    'checks/registry.ts',
    'checks/types.ts',
  ],
  'agent/simulated': ['agent/base', 'agent/model', 'checks/types.ts'],
  'agent/base': [],
  'agent/model': ['checks/types.ts'],
  'agent/runner': ['agent/base', 'agent/model', 'checks/types.ts'],
  'agent/store': ['agent/base', 'agent/model', 'checks/types.ts'],
  'agent/diagnosis': ['agent/base', 'agent/model'],
  'agent/mesh': ['agent/base', 'agent/model', 'checks/types.ts'],
  'agent/alerts/rules': ['agent/base', 'agent/model', 'agent/alerts/template.ts'],
  'agent/alerts/template.ts': ['agent/base', 'agent/model'],
  'agent/alerts': ['agent/alerts/rules', 'agent/alerts/template.ts', 'agent/base', 'agent/model'],
  'agent/kube': ['agent/base', 'agent/model', 'checks/types.ts'],
  'agent/kube/service-account.ts': ['agent/base', 'agent/kube', 'checks/types.ts'],
  'agent/http': [
    'agent/base',
    'agent/model',
    'agent/http/contract.ts',
    'agent/http/contract',
    'agent/http/port-holder.ts',
    'agent/http/text-alerts.ts',
    'agent/http/text-findings.ts',
    'agent/http/table.ts',
    'agent/http/text-values.ts',
    'checks/types.ts',
  ],
  // What the command line says of several agents at once looks like what one of them says.
  'agent/http/text-findings.ts': ['agent/http/contract.ts', 'agent/http/text-values.ts', 'agent/model'],
  'agent/http/text-alerts.ts': [
    'agent/http/contract',
    'agent/http/table.ts',
    'agent/http/text-values.ts',
    'agent/model',
  ],
  'agent/http/table.ts': ['agent/http/text-values.ts'],
  'agent/http/text-values.ts': ['agent/http', 'agent/model'],
  'agent/http/contract.ts': ['agent/http/contract'],
  'agent/http/contract': [],
  'agent/http/port-holder.ts': [],
  'agent/sidecars': ['agent/base', 'agent/model', 'checks/lib', 'checks/types.ts'],
  'agent/workloads': ['agent/base', 'agent/model', 'checks/lib', 'checks/types.ts'],
  'agent/cli': [
    'agent/agent.ts',
    'agent/simulated.ts',
    'agent/world.ts',
    'agent/alerts',
    'agent/alerts/rules',
    'agent/sidecars',
    'agent/mesh',
    'agent/runner',
    'agent/http/contract.ts',
    'agent/http/contract',
    'agent/http/port-holder.ts',
    'agent/http/text-alerts.ts',
    'agent/http/text-findings.ts',
    'agent/http/text-values.ts',
    'checks/lib/tar.ts',
    'agent/base',
    'agent/model',
    'checks/registry.ts',
    'checks/types.ts',
  ],
  'checks/types.ts': ['checks/ports.ts', 'checks/log-ports.ts'],
  'checks/ports.ts': [],
  'checks/log-ports.ts': [],
  'checks/lib': ['checks/types.ts', 'checks/lib/tar.ts'],
  'checks/lib/tar.ts': [],
  'checks/registry.ts': ['checks', 'checks/types.ts'],
  checks: ['checks/types.ts', 'checks/lib'],
  web: ['agent/http/contract.ts', 'agent/http/contract'],
};

function areaOf(path: string): string | undefined {
  return Object.keys(ALLOWED)
    .filter((area) => path === area || path.startsWith(`${area}/`))
    .sort((a, b) => b.length - a.length)[0];
}

const SOURCES = globSync(['agent/**/*.ts', 'checks/**/*.ts', 'web/src/**/*.{ts,tsx}']).filter(
  (path) => !/\.test\.tsx?$|\.d\.ts$/.test(path),
);

it('finds the sources', () => {
  expect(SOURCES.length).toBeGreaterThan(20);
});

it.each(SOURCES)('%s imports only what its area may', (path) => {
  const own = areaOf(path) ?? '(no area)';
  const allowed = [own, ...(ALLOWED[own] ?? [])];
  const source = readFileSync(path, 'utf8');
  const imported = [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    normalize(join(dirname(path), match[1] ?? '')),
  );
  const forbidden = imported.filter((target) => {
    const area = areaOf(target);
    return area === undefined ? /\.tsx?$/.test(target) : !allowed.includes(area);
  });
  expect(forbidden).toEqual([]);
  if (own === 'web') {
    const values = [...source.matchAll(/^import (?!type\b)[^;]*\/contract(?:\/\w+)?\.ts'/gm)];
    expect(values, 'the page imports types only').toEqual([]);
  }
});
