/** A sum that is kept in the database beside what it counts. */
import type { Connection } from './connection.ts';

export interface MetaSum {
  add(amount: number): void;
  read(): number;
}

/** `name`: its row in the table `meta`. */
export function createMetaSum(connection: Connection, name: string): MetaSum {
  const change = connection.prepare<[number, string]>('UPDATE meta SET value = value + ? WHERE name = ?');
  const select = connection.prepare<[string], { value: number }>('SELECT value FROM meta WHERE name = ?');
  return {
    add(amount) {
      if (amount !== 0) change.run(amount, name);
    },
    read: () => select.get(name)?.value ?? 0,
  };
}
