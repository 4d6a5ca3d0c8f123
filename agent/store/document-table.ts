/** What is kept as a whole, the latest of each kind: read when an agent starts. */
import type { LivenessMemory } from '../model/liveness.ts';
import type { MeshMemory } from '../model/mesh-memory.ts';
import type { CheckResult } from '../model/report.ts';
import type { Connection } from './connection.ts';
import type { Documents, Seen } from './messages.ts';

export interface DocumentTable {
  save(documents: Documents, now: number): void;
  /** The results with the age they have now. */
  results(now: number): readonly CheckResult[];
  /** When the results were saved, Unix ms; 0: never. */
  resultsSavedAt(): number;
  seen(): Seen;
  /** Undefined: there is none. */
  alerts(): unknown;
  /** Undefined: nothing was saved. */
  liveness(): LivenessMemory | undefined;
  mesh(): Pick<MeshMemory, 'addresses' | 'members'>;
}

const KINDS = [
  'results',
  'seen',
  'liveness',
  'alerts',
  'addresses',
  'members',
] as const satisfies readonly (keyof Documents)[];

export function createDocumentTable(connection: Connection): DocumentTable {
  const put = connection.prepare<[string, number, string]>(
    `INSERT INTO documents (name, saved_at, body) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET saved_at = excluded.saved_at, body = excluded.body`,
  );
  const get = connection.prepare<[string], { saved_at: number; body: string }>(
    'SELECT saved_at, body FROM documents WHERE name = ?',
  );
  const read = <T>(name: keyof Documents, none: T): { value: T; savedAt: number } => {
    const row = get.get(name);
    return row === undefined
      ? { value: none, savedAt: 0 }
      : { value: JSON.parse(row.body) as T, savedAt: row.saved_at };
  };
  return {
    save(documents, now) {
      for (const kind of KINDS) {
        const document = documents[kind];
        if (document !== undefined) put.run(kind, now, JSON.stringify(document));
      }
    },
    results(now) {
      const { value, savedAt } = read<readonly CheckResult[]>('results', []);
      return value.map((result) => grownOlder(result, Math.max(0, now - savedAt)));
    },
    resultsSavedAt: () => get.get('results')?.saved_at ?? 0,
    seen: () => read<Seen>('seen', {}).value,
    alerts: () => read<unknown>('alerts', undefined).value,
    liveness: () => read<LivenessMemory | undefined>('liveness', undefined).value,
    mesh: () => ({
      addresses: read<MeshMemory['addresses']>('addresses', []).value,
      members: read<MeshMemory['members']>('members', []).value,
    }),
  };
}

const grownOlder = (result: CheckResult, byMs: number): CheckResult =>
  result.ageMs === undefined ? result : { ...result, ageMs: result.ageMs + byMs };
