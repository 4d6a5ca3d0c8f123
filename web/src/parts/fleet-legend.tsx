import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

const ENTRIES: readonly (readonly [Sign, string])[] = [
  ['ok', 'OK'],
  ['warning', 'problem'],
  ['critical', 'critical problem'],
  ['unknown', 'unknown or overdue'],
  ['absent', 'nothing to look at'],
];

/** What the cells of the grid mean. */
export function FleetLegend() {
  return (
    <ul class="key" aria-label="Legend">
      {ENTRIES.map(([sign, word]) => (
        <li key={sign}>
          <Icon sign={sign} /> {word}
        </li>
      ))}
      <li>
        <span class="key-swatch history" /> history: not connected, as last heard
      </li>
    </ul>
  );
}
