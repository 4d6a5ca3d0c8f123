/** Tables of fixed size: how full one is, and from when on that is a problem. */
import { Type } from 'typebox';

export interface UsageLimits {
  readonly warningRatio: number;
  readonly criticalRatio: number;
}

/** Settings of a check that compares a count with its limit. */
export const usageConfig = Type.Object(
  {
    warningRatio: Type.Number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: 'A warning from this share of the limit on.',
    }),
    criticalRatio: Type.Number({
      default: 0.95,
      minimum: 0,
      maximum: 1,
      description: 'Critical from this share of the limit on.',
    }),
  },
  { additionalProperties: false },
);

export function gradeUsage(ratio: number, limits: UsageLimits): 'ok' | 'warning' | 'critical' {
  if (ratio >= limits.criticalRatio) return 'critical';
  return ratio >= limits.warningRatio ? 'warning' : 'ok';
}
