/** What the diagnosis has to know of the checks. */
import type { AnyCheck } from '../checks/types.ts';
import type { Catalogue } from './diagnosis/rule.ts';

export function createCatalogue(checks: readonly AnyCheck[]): Catalogue {
  const byId = new Map(checks.map((check) => [check.id, check]));
  return {
    title: (check) => byId.get(check)?.title ?? check,
    reason: (check, reason) => byId.get(check)?.reasons[reason],
    isProgram: (check) => byId.get(check)?.looksThrough === 'program',
  };
}
