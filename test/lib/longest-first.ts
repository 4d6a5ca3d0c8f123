/** Whatever takes longest begins first, so that in the end no worker is left alone with it. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of half a minute and more, of each group those that must not be last; two browsers do not begin together. */
const LONG: readonly string[] = [
  'browser/page',
  'integration/agent-blocked',
  'integration/store-kill',
  'integration/maintenance-agents',
  'integration/mesh-keys',
  'browser/cluster',
  'simulation/noise-master',
  'simulation/noise-worker',
  'simulation/mesh',
  'integration/mesh-culprits',
  'integration/mesh-probes',
  'integration/mesh-transport-silent',
  'integration/mesh-compose',
  'integration/mesh-hostile-streams',
  'lab/store-disk',
  'lab/agent-disk',
  'lab/container-runtime',
  'lab/agent-runtime',
  'lab/mesh-verdicts',
  'lab/mesh-paths',
  'lab/mesh-identity',
  'lab/mesh-hostile',
  'lab/mesh-few',
  'lab/mesh-addresses',
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((one, other) => placeOf(one) - placeOf(other));
  }
}

const placeOf = ({ moduleId }: TestSpecification): number => {
  const place = LONG.findIndex((name) => moduleId.endsWith(name));
  return place < 0 ? LONG.length : place;
};
