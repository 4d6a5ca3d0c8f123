/** What all probes of the operator's configuration have in common, with the names and the defaults of the kubelet's. */
import { type Static, type TObject, type TProperties, Type } from 'typebox';
import type { RunTimes, Severity, SettingMistake } from '../../types.ts';

/** A check may have so many subjects. */
const MOST_PROBES = 16;
/** A run ends so much later than its slowest probe at least, s. */
export const MARGIN = 0.5;

export interface ProbeDefaults {
  readonly timeoutSeconds: number;
  readonly initialDelaySeconds: number;
}

const COMMON = {
  name: Type.String({
    pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
    expects: 'a name in lower case: letters, digits and `-`, at most 63',
    description: 'Names the probe wherever it is told of; no two of a check may have the same.',
  }),
  description: Type.String({
    default: '',
    maxLength: 120,
    description: 'What it means when it fails, in your words: they stand first in what is told.',
  }),
};

const rhythm = ({ timeoutSeconds, initialDelaySeconds }: ProbeDefaults) => ({
  severity: Type.Unsafe<Exclude<Severity, 'info'>>(
    Type.String({
      enum: ['warning', 'critical'],
      default: 'warning',
      description: 'How grave it is for the node. For the cluster no probe is more than a warning.',
    }),
  ),
  periodSeconds: Type.Number({
    default: 10,
    minimum: 1,
    maximum: 86_400,
    description:
      'Time from one look to the next. Probes are made when their check runs, so not less than its `intervalSeconds`.',
  }),
  timeoutSeconds: Type.Number({
    default: timeoutSeconds,
    minimum: 0.1,
    maximum: 3600,
    description: 'How long it has in all; half a second less than the check’s `timeoutSeconds` at most.',
  }),
  failureThreshold: Type.Integer({
    default: 3,
    minimum: 1,
    maximum: 100,
    description:
      'So many failures in a row are a problem; of which it cannot be told so many times in a row is unknown.',
  }),
  successThreshold: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 100,
    description: 'So many successes in a row make it well again.',
  }),
  initialDelaySeconds: Type.Number({
    default: initialDelaySeconds,
    minimum: 0,
    maximum: 86_400,
    description:
      'For so long after the start of the agent what was not well yet may still be starting, and its failures do not count.',
  }),
});

/**
 * The settings of a check that is a list of probes.
 *
 * @param own those of its kind
 * @param together how many of a run are made at once
 */
export const probeConfig = <Own extends TProperties>(
  own: Own,
  defaults: ProbeDefaults,
  together = 'those of a run are made at the same time',
) =>
  Type.Object(
    {
      probes: Type.Array(Type.Object({ ...COMMON, ...own, ...rhythm(defaults) }, { additionalProperties: false }), {
        default: [],
        maxItems: MOST_PROBES,
        description: `The probes; ${together}.`,
      }),
    },
    { additionalProperties: false },
  );

/** One probe's common settings. */
export type Probe = Static<TObject<typeof COMMON & ReturnType<typeof rhythm>>>;

/** @param ownMistakes what is wrong with the settings of its kind; `at` is below the probe */
export function probeMistakes<P extends Probe>(
  check: string,
  { probes, ...times }: { readonly probes: readonly P[] } & RunTimes,
  ownMistakes: (probe: P) => readonly SettingMistake[] = () => [],
): SettingMistake[] {
  const first = new Map<string, number>();
  return probes.flatMap((probe, index) => {
    const known = first.get(probe.name);
    first.set(probe.name, known ?? index);
    const twice = `given "${probe.name}", which probes[${known}] is called already; a name tells probes apart.`;
    const mistakes = [
      ...(known === undefined ? [] : [{ at: 'name', message: twice }]),
      ...timeMistakes(check, probe, times),
      ...ownMistakes(probe),
    ];
    return mistakes.map(({ at, message }) => ({ at: `probes[${index}].${at}`, message }));
  });
}

function timeMistakes(check: string, probe: Probe, { intervalSeconds, timeoutSeconds }: RunTimes): SettingMistake[] {
  const { periodSeconds, timeoutSeconds: own } = probe;
  const mistakes: SettingMistake[] = [];
  if (periodSeconds < intervalSeconds) {
    const message = `is ${periodSeconds}, but must not be less than checks.${check}.intervalSeconds, which is ${intervalSeconds}; probes are made when their check runs.`;
    mistakes.push({ at: 'periodSeconds', message });
  }
  if (own + MARGIN > timeoutSeconds) {
    const message = `is ${own}, but checks.${check}.timeoutSeconds is ${timeoutSeconds}; make that ${own + MARGIN} at least, because a run must outlast its probes.`;
    mistakes.push({ at: 'timeoutSeconds', message });
  }
  return mistakes;
}
