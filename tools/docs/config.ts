/** docs/config.md: every setting, from the schema that also validates it. */
import type { TSchema } from 'typebox';
import { type Leaf, annotation, isSection, itemsOf, leavesOf } from '../../agent/base/config/leaves.ts';
import { type ConfigurableCheck, COMMON_CHECK_KEYS, configSchema } from '../../agent/base/config/schema.ts';
import { allowedText } from '../../agent/base/config/text.ts';
import { code, page, table } from './markdown.ts';

export function configPage(checks: readonly ConfigurableCheck[]): string {
  const schema = configSchema(checks);
  const top = leavesOf(schema).filter(({ path }) => path.length === 1);
  const sections = Object.entries(schema.properties).filter(([name, child]) => isSection(child) && name !== 'checks');
  return page(
    '# Configuration',
    INTRODUCTION,
    '## At the top',
    settingTable(top),
    ...sections.flatMap(([name, child]) => [
      `## ${name}`,
      String(annotation(child, 'description')),
      settingsTable([name], checks),
    ]),
    '## checks',
    CHECKS_INTRODUCTION,
    ...checks.flatMap((check) => [
      `### checks.${check.id}`,
      `See [${check.id}](checks.md#${check.id}).`,
      settingsTable(['checks', check.id], checks),
    ]),
  );
}

/** The settings under a path as a table; empty when there are none. */
export function settingsTable(
  path: readonly string[],
  checks: readonly ConfigurableCheck[],
  without: readonly string[] = [],
): string {
  const leaves = leavesOf(configSchema(checks)).filter(
    (leaf) => path.every((name, index) => leaf.path[index] === name) && !without.includes(leaf.path[path.length] ?? ''),
  );
  return leaves.length === 0 ? '' : settingTable(leaves);
}

const settingTable = (leaves: readonly Leaf[]): string =>
  table(
    ['Key', 'Allowed', 'Default', 'Variable and flag', 'Meaning'],
    leaves.flatMap((leaf) => [
      [
        code(leaf.key),
        allowedText(leaf.schema),
        defaultText(leaf.default),
        `${code(leaf.env)}<br>${code(leaf.flag)}`,
        leaf.description,
      ],
      ...itemRows(leaf),
    ]),
  );

/** What the mappings of a list are made of. */
function itemRows({ key, schema }: Leaf): string[][] {
  const items = itemsOf(schema);
  return items === undefined ? [] : rowsWithin(`${key}[]`, items);
}

function rowsWithin(key: string, schema: TSchema): string[][] {
  if (!isSection(schema)) return [];
  const required = new Set(schema.required);
  return Object.entries(schema.properties).flatMap(([name, child]) => [
    [
      code(`${key}.${name}`),
      allowedText(child),
      required.has(name) && annotation(child, 'default') === undefined
        ? 'must be given'
        : defaultText(annotation(child, 'default')),
      '',
      String(annotation(child, 'description')),
    ],
    ...rowsWithin(`${key}.${name}`, child),
  ]);
}

const defaultText = (value: unknown): string =>
  value === undefined ? 'none' : value === '' ? 'empty' : code(JSON.stringify(value));

const INTRODUCTION = `
Everything has a default: an agent without any configuration runs. Settings are read once, at the start, from

1. a YAML file: \`--config FILE\`, else \`MEERKAT_CONFIG\`, else \`/etc/meerkat/config.yaml\` if it exists;
2. variables \`MEERKAT_*\`; one that is empty counts as not given;
3. flags: \`--http.port 7575\` or \`--http.port=7575\`.

Later ones win. Durations and sizes are plain numbers with the unit in the key. Lists in variables and flags are
separated by commas; lists of mappings are written as JSON there.

\`\`\`yaml
http:
  access: token
  tokenFile: /etc/meerkat/token
checks:
  disk-space:
    intervalSeconds: 30
  etcd:
    expected: true
\`\`\`

A mistake stops the start with exit code 78 and a message that lists every mistake of every source at once: where it
is, what was given, what is allowed. A key that does not exist is a mistake, and so is a variable \`MEERKAT_*\` that
names no setting; the ones that Kubernetes sets for a Service called \`meerkat\` are ignored.`.trim();

const CHECKS_INTRODUCTION = `
Every check has ${COMMON_CHECK_KEYS.slice(0, 3).map(code).join(', ')} and its own settings; those that know presence
have \`expected\` too. A deadline must be shorter than its interval.`.trim();
