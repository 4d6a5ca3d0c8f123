/** What `npm run soak` is asked to do. */
import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly agents: number;
  readonly minutes: number;
  /** Repeats which faults come in which order; how long they take depends on the machine. */
  readonly seed: number;
  /** Where samples, happenings and the output of agents in trouble are written, and stay. Absent: nowhere. */
  readonly directory: string | undefined;
  /** Two heap snapshots of one agent, and what grew between them. */
  readonly snapshots: boolean;
}

/** With fewer a cut has no side that could be the larger one in every episode. */
const FEWEST = 5;
/** Addresses of a lab end there. */
const MOST = 200;

/** Throws where a figure makes no sense. */
export function readOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      agents: { type: 'string', default: '32' },
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      data: { type: 'string' },
      snapshots: { type: 'boolean', default: false },
    },
  });
  const [agents, minutes, seed] = [Number(values.agents), Number(values.minutes), Number(values.seed)];
  if (!Number.isInteger(agents) || agents < FEWEST || agents > MOST)
    throw new Error(`--agents ${values.agents}: allowed are ${FEWEST} to ${MOST}.`);
  if (!(minutes > 0) || minutes > 100_000) throw new Error(`--minutes ${values.minutes}: allowed are more than 0.`);
  if (!Number.isInteger(seed)) throw new Error(`--seed ${values.seed}: allowed are whole numbers.`);
  return { agents, minutes, seed, directory: values.data, snapshots: values.snapshots };
}
