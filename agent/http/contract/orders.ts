/** The API's schemas of what people order: work on a node, and what is to be forgotten. */
import { type Static, Type } from 'typebox';
import { Instant, oneOf } from './fields.ts';

export const MaintenanceSchema = Type.Object(
  {
    node: Type.String(),
    since: Instant('Since when somebody works on it.'),
    until: Instant('It ends by itself then.'),
    by: Type.String({ description: 'The node whose agent was asked.' }),
    reason: Type.Optional(Type.String()),
  },
  { $id: 'Maintenance' },
);

export const MaintenancesSchema = Type.Object({ maintenance: Type.Array(MaintenanceSchema) }, { $id: 'Maintenances' });

export const ForgottenSchema = Type.Object(
  {
    outcome: oneOf(
      ['forgotten', 'forgotten-before'],
      'Whether it is by this request that it is not expected any more.',
    ),
    message: Type.String({ description: 'The same in a sentence, with what makes it expected again.' }),
  },
  { $id: 'Forgotten' },
);

export const MaintainedSchema = Type.Object(
  {
    outcome: oneOf(['begun', 'ended', 'ended-before'], '`ended-before`: nothing was left to do.'),
    message: Type.String({ description: 'The same in a sentence.' }),
    maintenance: Type.Optional(MaintenanceSchema),
  },
  { $id: 'Maintained' },
);

export type ApiMaintenance = Static<typeof MaintenanceSchema>;
export type ApiMaintenances = Static<typeof MaintenancesSchema>;
export type ApiMaintained = Static<typeof MaintainedSchema>;
export type ApiForgotten = Static<typeof ForgottenSchema>;
