/** What people are told where a rule does not say it itself. */
import type { RuleSource } from '../../model/rule-alert.ts';
import { formatDuration } from '../../model/text.ts';
import type { RuleSettings } from './schema.ts';

const OF_SOURCE: Readonly<Record<RuleSource, string>> = {
  events: '{{kind}} {{object}} {{reason}} ×{{count}}: {{message}}',
  logs: '{{watch}} in {{object}} on {{node}} ×{{count}}',
  checks: '{{check}} on {{node}} {{reason}} {{change}} ×{{count}}: {{message}}',
};
const MINUTE_MS = 60_000;

/** As a template. */
export function sentenceOf(settings: RuleSettings): string {
  const { sentence, type, name, source, queryKey, timeframeMinutes = 0, threshold } = settings;
  if (sentence !== undefined) return sentence;
  const within = `within ${formatDuration(timeframeMinutes * MINUTE_MS)}`;
  const key = queryKey.length === 0 ? '' : ' of {{key}}';
  if (type === 'flatline') return `${name}: {{count}} ${source}${key} ${within}, less than ${threshold}`;
  if (type !== 'cardinality') return OF_SOURCE[source];
  const { cardinalityField, maxCardinality: max, minCardinality: min } = settings;
  const bounds = [
    ...(max === undefined ? [] : [`more than ${max}`]),
    ...(min === undefined ? [] : [`less than ${min}`]),
  ];
  return `${name}: {{count}} different values of ${cardinalityField}${key} ${within}, ${bounds.join(' or ')}`;
}
