/** What is answered to a person who puts a node in maintenance, or ends it: the sentence says what to do. */
import type { MaintenanceOutcome } from '../model/maintenance.ts';
import { formatDuration, formatInstant } from '../model/text.ts';
import type { ApiMaintained } from './contract/orders.ts';
import { HttpError } from './errors.ts';
import { presentMaintenance } from './present-maintenance.ts';

/**
 * @param originMs Unix ms at which this agent's monotonic clock read 0
 * @param now Unix ms
 * @throws {HttpError} 400, 404, 409 or 503 where it is refused
 */
export function answerToMaintain(
  node: string,
  outcome: MaintenanceOutcome,
  originMs: number,
  now: number,
): ApiMaintained {
  if (outcome.kind === 'begun') {
    const maintenance = presentMaintenance(outcome.maintenance, originMs);
    const until = formatInstant(Date.parse(maintenance.until), now);
    const message = `${node} is in maintenance until ${until}: what fails there is told as info. meerkat maintenance ${node} --end ends it.`;
    return { outcome: 'begun', message, maintenance };
  }
  if (outcome.kind === 'ended') return { outcome: 'ended', message: `${node} is not in maintenance any more.` };
  if (outcome.kind === 'not-in-maintenance')
    return { outcome: 'ended-before', message: `${node} is not in maintenance; nothing was left to do.` };
  const [statusCode, message] = refusalOf(node, outcome);
  throw new HttpError(statusCode, message);
}

type Refused = Exclude<
  MaintenanceOutcome,
  { readonly kind: 'begun' } | { readonly kind: 'ended' } | { readonly kind: 'not-in-maintenance' }
>;

function refusalOf(node: string, outcome: Refused): readonly [statusCode: 400 | 404 | 409 | 503, message: string] {
  switch (outcome.kind) {
    case 'unknown-name':
      return [404, `There is no member ${node}; meerkat members lists those there are.`];
    case 'too-long':
      return [400, `The longest maintenance is ${formatDuration(outcome.maxMs)} (mesh.maintenanceMaxHours).`];
    case 'too-many':
      return [409, 'This agent has put as many nodes in maintenance as one agent may; end some, or ask another node.'];
    case 'overruled':
      return [409, `The agent on ${outcome.by} said otherwise, and nothing ranks higher: ask that one.`];
    case 'not-settled':
      return [503, 'This agent has just started and does not talk to the others yet; ask again in 10 seconds.'];
    case 'busy':
      return [503, 'Too much was ordered in a moment; ask again in a second.'];
    case 'no-mesh':
      return [503, `This agent does not talk to others: ${outcome.why}.`];
    default:
      return outcome satisfies never;
  }
}
