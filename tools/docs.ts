/**
 * Writes the generated pages of `docs/`. With `--check` it writes nothing and fails naming the pages that differ from
 * the source.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generatedPages } from './docs/pages.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const directory = join(import.meta.dirname, '../docs');
const pages = generatedPages();
const stale = Object.entries(pages).filter(([name, text]) => current(name) !== text);

if (!values.check) {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of stale) {
    writeFileSync(join(directory, name), text);
    console.log(`wrote docs/${name}`);
  }
} else if (stale.length > 0) {
  console.error(`Out of date: ${stale.map(([name]) => `docs/${name}`).join(', ')}. Run \`npm run docs\`.`);
  process.exitCode = 1;
}

function current(name: string): string | undefined {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch {
    return undefined;
  }
}
