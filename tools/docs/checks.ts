/** docs/checks.md: what every check looks at, how fast it tells, and what to do about what it reports. */
import type { AnyCheck } from '../../checks/types.ts';
import { COMMON_CHECK_KEYS } from '../../agent/base/config/schema.ts';
import { settingsTable } from './config.ts';
import { code, list, page, seconds, table } from './markdown.ts';

/** From the fault to the raised result: the next run, the run and its confirmation, and what the check averages over. */
export const boundMs = (check: AnyCheck): number =>
  check.intervalMs + 2 * check.timeoutMs + 1000 + (check.windowMs ?? 0);

export const checksPage = (checks: readonly AnyCheck[]): string =>
  page('# Checks', INTRODUCTION, overview(checks), ...checks.map((check) => checkSection(check, checks)));

const INTRODUCTION = `
A check looks at one thing on its node, on a schedule, with a deadline. Every run ends in one of four answers:

- **ok**: it looked and found nothing wrong.
- **problem**: it found one of the reasons below.
- **unknown**: it could not look, and says why. Never green.
- **absent**: it looked, and there is nothing of the kind on this node and no trace of it.

A bad run is confirmed by a second one half a second later before the problem is raised; two good runs clear it.
The **bound** is the longest time from a fault to the raised result: interval + 2 × deadline + 1 s, and for checks that
average over a window, the window. \`meerkat check ID\` runs a check now, without an agent.

Where a check knows **presence**, a thing that is expected here and missing is a problem; one that never was seen and
left no trace is absent. Expected is what the configuration says (\`expected: true\`), what left a trace on the node,
and what was seen here before.`.trim();

const overview = (checks: readonly AnyCheck[]): string =>
  table(
    ['Check', 'Looks at', 'Runs on', 'Interval', 'Deadline', 'Bound'],
    checks.map((check) => [
      `[${check.id}](#${check.id})`,
      check.title,
      check.runsOn,
      seconds(check.intervalMs),
      seconds(check.timeoutMs),
      seconds(boundMs(check)),
    ]),
  );

function checkSection(check: AnyCheck, checks: readonly AnyCheck[]): string {
  const parts = [`## ${check.id}`, `**${check.title}.** ${check.description}`, timing(check), presence(check)];
  if (check.needs.length > 0) parts.push('Needs:', list(check.needs));
  parts.push('### Reasons', reasons(check));
  const readings = Object.entries(check.readings);
  if (readings.length > 0) parts.push('### Readings', readingsTable(check));
  const settings = settingsTable(['checks', check.id], checks, COMMON_CHECK_KEYS);
  if (settings !== '') parts.push('### Settings', `Besides the [common ones](config.md#checks):\n\n${settings}`);
  // The same three headings under every check would have the same anchors; bold lines do as well.
  return parts
    .filter((part) => part !== '')
    .map((part) => part.replace(/^### (.*)$/, '**$1**'))
    .join('\n\n');
}

function timing(check: AnyCheck): string {
  const window = check.windowMs === undefined ? '' : ` + ${seconds(check.windowMs)} window`;
  const sum = `${seconds(check.intervalMs)} + 2 × ${seconds(check.timeoutMs)} + 1 s${window}`;
  const hints = check.hintedBy ?? [];
  const hinted =
    hints.length === 0 ? '' : ` A change of ${hints.map((id) => `[${id}](#${id})`).join(', ')} makes it run at once.`;
  const off = check.isOffByDefault === true ? `Off unless ${code(`checks.${check.id}.enabled`)} is set. ` : '';
  return `${off}Runs on ${check.runsOn}, every ${seconds(check.intervalMs)} with a deadline of ${seconds(check.timeoutMs)}. A fault is raised within ${seconds(boundMs(check))} (${sum}).${hinted}`;
}

const presence = (check: AnyCheck): string =>
  check.presence === undefined
    ? ''
    : `Knows presence: expected and missing is ${code(check.presence.reason)}, else it is absent.`;

const reasons = (check: AnyCheck): string =>
  table(
    ['Reason', 'Severity', 'Meaning', 'What to do'],
    Object.entries(check.reasons).map(([reason, { severity, summary, remedy, windowMs }]) => [
      code(reason),
      severity,
      windowMs === undefined ? summary : `${summary} Told after ${seconds(windowMs)} more at most.`,
      remedy,
    ]),
  );

const readingsTable = (check: AnyCheck): string =>
  table(
    ['Reading', 'Meaning', 'Travels to peers'],
    Object.entries(check.readings).map(([name, { title, shared }]) => [
      code(name),
      title,
      shared === true ? 'yes' : 'no',
    ]),
  );
