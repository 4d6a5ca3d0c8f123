/** The status of an earlier time as text. */
import { formatInstant } from '../model/text.ts';
import type { ApiStatus } from './contract.ts';
import type { ApiPast } from './contract/history.ts';
import { renderFindings } from './text-findings.ts';
import { end, listNames, sinceText, wrap } from './text-values.ts';

/** The first line says of when it speaks, so that nobody takes it for now. Ages are those of that time. */
export function renderPast(status: ApiStatus): string {
  const { past, view, sentence } = status;
  if (past === undefined) return `${sentence}\n`;
  const asked = Date.parse(past.asked);
  const at = `${new Date(asked).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const lines = [`${status.status.toUpperCase()}  at ${at}: ${sentence}`, ''];
  lines.push(...renderFindings(status.findings, asked));
  if (past.leftOut > 0) lines.push(`- and ${past.leftOut} more that were not written down`, '');
  if (past.away.length > 0) lines.push(...awayLines(past, asked), '');
  if (past.since === undefined) return end(lines.slice(0, -1));
  const since = formatInstant(Date.parse(past.since), asked);
  const until = past.until === undefined ? 'and still does' : `until ${formatInstant(Date.parse(past.until), asked)}`;
  const { component = view.current, members, node } = view;
  const seen = `By the log of ${node}, which concluded so from ${since} ${until}; ${component} of ${members} members were connected to it.`;
  return end([...lines, ...wrap(seen, '', '')]);
}

function awayLines({ away, awayLeftOut }: ApiPast, asked: number): string[] {
  const each = away.map(({ node, state, since }) => `${node} ${state} since ${sinceText(since, asked)}`);
  return wrap(
    `Not alive then: ${listNames([...each, ...(awayLeftOut > 0 ? [`${awayLeftOut} more`] : [])], 20)}.`,
    '',
    '  ',
  );
}
