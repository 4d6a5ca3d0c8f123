/** Several agents' words as text. */
import { renderFindings } from '../../http/text-findings.ts';
import { end, listNames, wrap } from '../../http/text-values.ts';
import { type Merged, type Settlement, gravest } from './sides.ts';

/** Why an agent gave no answer. */
export interface Silent {
  readonly place: string;
  readonly why: string;
}

/** @param now Unix ms */
export function renderMerged(merged: Merged, silent: readonly Silent[], now: number): string {
  const { sides, sayings, settled, apart } = merged;
  return end([
    headOf(merged),
    '',
    ...sides.flatMap((side, index) => [
      ...wrap(`Side ${index + 1}: ${listNames(side.nodes, 12)}; asked ${listNames(side.asked, 12)}`, '', '  '),
      ...wrap(`${side.status.toUpperCase()}  ${side.sentence}`, '  ', '    '),
      '',
    ]),
    ...settled.flatMap((one) => [...wrap(wordsOf(one), '', '  '), '']),
    ...apart.flatMap(({ node, status, sentence }) => [
      ...wrap(`${node} cannot tell who is connected: it has just started, or has no mesh.`, '', '  '),
      ...wrap(`${status.toUpperCase()}  ${sentence}`, '  ', '    '),
      '',
    ]),
    ...silent.flatMap(({ why }) => [...wrap(`No answer: ${why}`, '', '  '), '']),
    ...sayings.flatMap(({ by, findings }) => [whoSays(by, merged), '', ...renderFindings(findings, now)]),
  ]).replace(/\n+$/, '\n');
}

/** The one sentence: which sides there are, or what the only one says. */
export function headOf({ sides, isOneCluster, apart }: Merged): string {
  const [first, second] = sides;
  if (first === undefined) {
    const word = gravest(apart.map(({ status }) => status)).toUpperCase();
    const [lone, another] = apart;
    if (lone !== undefined && another === undefined) return `${word}  ${lone.sentence}`;
    return `${word}  ${listNames(apart.map(({ node }) => node))} speak each for itself: none can tell who is connected.`;
  }
  const word = gravest(sides.map(({ status }) => status)).toUpperCase();
  if (second === undefined) return `${word}  ${first.sentence}`;
  const names = sides.map(({ nodes }) => listNames(nodes)).join(' | ');
  return isOneCluster
    ? `${word}  ${sides.length} sides that do not reach each other: ${names}.`
    : `${word}  ${sides.length} groups that do not know each other: ${names}; are they of one cluster?`;
}

const speakers = ({ sides, apart }: Merged): number =>
  sides.reduce((sum, { asked }) => sum + asked.length, apart.length);

function whoSays(by: readonly string[], merged: Merged): string {
  if (by.length === 1 && speakers(merged) === 1) return `${by.join('')} says:`;
  if (by.length === speakers(merged)) return by.length === 2 ? 'Both say:' : `All ${by.length} say:`;
  return `Only ${listNames(by, 12)} ${by.length === 1 ? 'says' : 'say'}:`;
}

function wordsOf({ nodes, outcome, by }: Settlement): string {
  const [are, their, them] = nodes.length === 1 ? ['is', 'its', 'it'] : ['are', 'their', 'them'];
  const who = listNames(nodes, 12);
  return outcome === 'alive'
    ? `Settled: ${who} ${are} alive, and not powered off: ${their} own side sees ${them}, says ${listNames(by)}.`
    : `Not settled: no side that was asked sees ${who}: powered off, or cut off from all of them.`;
}
