import { words } from '../words/words.ts';
import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

const SIGNS = ['ok', 'warning', 'critical', 'unknown', 'absent'] as const satisfies readonly Sign[];

/** What the cells of the grid mean. */
export function FleetLegend() {
  const { fleet } = words();
  return (
    <ul class="key" aria-label={fleet.legend}>
      {SIGNS.map((sign) => (
        <li key={sign}>
          <Icon sign={sign} /> {fleet.looks[sign]}
        </li>
      ))}
      <li>
        <span class="key-swatch history" /> {fleet.history}
      </li>
    </ul>
  );
}
