/** A copy of the sources as a later version might be: more in everything that travels, and kinds of which nobody knows. */
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const LATER_VERSION = '0.99.0';
/** A type of record that this version does not know. */
const LATER_TYPE = 'weather';
/** A check that this version does not have. */
export const LATER_CHECK = 'moon-phase';

interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const EDITS: readonly Edit[] = [
  { file: 'package.json', from: '"version": "0.1.0"', to: `"version": "${LATER_VERSION}"` },
  // More behind a report's last item, and an edge in a state that nobody knows.
  {
    file: 'agent/mesh/codec/report.ts',
    from: 'null : livenessItems(report.liveness),',
    to: "null : livenessItems(report.liveness), 'more', { and: ['more'] },",
  },
  {
    file: 'agent/mesh/codec/report.ts',
    from: 'edges.map(edgeItems),',
    to: "[...edges.map(edgeItems), ['AAAAAAAAAAA', 19, 0]],",
  },
  { file: 'agent/mesh/codec/event.ts', from: 'return [event.message];', to: "return [event.message, 'more'];" },
  {
    file: 'agent/mesh/codec/leaving.ts',
    from: 'contentSequence: header.sequence }), reason]',
    to: "contentSequence: header.sequence }), 'upgrade', reason]",
  },
  {
    file: 'agent/mesh/compose/own-report.ts',
    from: 'report: { ...report, node,',
    to: `report: { ...report, results: [...report.results, ...report.results.slice(0, 1).map((one) => ({ ...one, check: '${LATER_CHECK}' }))], node,`,
  },
  {
    file: 'agent/mesh/compose/voice.ts',
    from: '      say(REPORT,',
    to: `      say('${LATER_TYPE}', Buffer.from(JSON.stringify([boot, sequence, contentSequence, node, 'sunny'])));\n      say(REPORT,`,
  },
  // Eight bytes more between the fields of a probe and its MAC.
  {
    file: 'agent/mesh/probes/datagram.ts',
    from: 'Buffer.allocUnsafe(DATAGRAM_BYTES)',
    to: 'Buffer.alloc(DATAGRAM_BYTES + 8, 7)',
  },
  {
    file: 'agent/mesh/probes/datagram.ts',
    from: 'bytes.set(key.mac(bytes.subarray(0, BODY_BYTES)), BODY_BYTES);',
    to: 'bytes.set(key.mac(bytes.subarray(0, BODY_BYTES + 8)), BODY_BYTES + 8);',
  },
  { file: 'agent/mesh/spread/exchange.ts', from: 'version: SYNC_VERSION', to: 'version: SYNC_VERSION + 7' },
  {
    file: 'agent/store/migrations.ts',
    from: '[INITIAL, MESH, STATUSES, SCENES, CLUSTER_EVENTS]',
    to: "[INITIAL, MESH, STATUSES, SCENES, CLUSTER_EVENTS, 'CREATE TABLE later (what TEXT)']",
  },
];

const ROOT = resolve(import.meta.dirname, '../../..');
const COPIED = ['agent', 'checks', 'package.json'];

export interface LaterVersion {
  readonly directory: string;
  /** Runs its agent with the flags that it is given. */
  readonly script: string;
}

/** @throws where a text is not there once: the sources have changed, and the edit has to follow */
export function makeLaterVersion(): LaterVersion {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-later-'));
  for (const path of COPIED) cpSync(join(ROOT, path), join(directory, path), { recursive: true });
  for (const path of ['node_modules', 'web']) symlinkSync(join(ROOT, path), join(directory, path));
  for (const { file, from, to } of EDITS) {
    const path = join(directory, file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2) throw new Error(`${file} has "${from}" ${parts.length - 1} times`);
    writeFileSync(path, parts.join(to));
  }
  const script = join(directory, 'run-agent.ts');
  writeFileSync(script, "process.argv.splice(2, 0, 'agent');\nawait import('./agent/main.ts');\n");
  return { directory, script };
}
