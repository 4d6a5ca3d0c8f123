/** What the API's schemas are made of. */
import { Type } from 'typebox';

/** A time, RFC 3339. */
export const Instant = (description: string) => Type.String({ format: 'date-time', description });

export const Nullable = Type.Union([Type.Number(), Type.Null()]);

/** A text that is one of these. */
export const oneOf = <const Names extends readonly string[]>(names: Names, description: string) =>
  Type.Unsafe<Names[number]>(Type.String({ enum: [...names], description }));

/** What a member may be. */
export const MEMBER_STATES = [
  'alive',
  'suspect',
  'unreachable',
  'agent-down',
  'agent-unresponsive',
  'leaving',
  'left',
] as const;

export const EDGE_STATES = ['good', 'lost', 'refused', 'unresponsive', 'udp-blocked'] as const;

export const ROLES = ['control-plane', 'worker'] as const;
