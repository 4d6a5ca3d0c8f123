/** The database's schema, one step a version. A step that was released is never changed. */
import type { Connection } from './connection.ts';
import { INITIAL } from './migrations/0001-initial.ts';
import { MESH } from './migrations/0002-mesh.ts';
import { STATUSES } from './migrations/0003-statuses.ts';
import { SCENES } from './migrations/0004-scenes.ts';
import { CLUSTER_EVENTS } from './migrations/0005-cluster-events.ts';

const MIGRATIONS: readonly string[] = [INITIAL, MESH, STATUSES, SCENES, CLUSTER_EVENTS];

/** What `PRAGMA user_version` says of a database with all steps. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The database was written by a later version of Meerkat. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

/** Brings the schema up to date in one transaction. Throws {@link NewerDatabaseError}. */
export function migrate(connection: Connection): void {
  const version = Number(connection.pragma('user_version', { simple: true }));
  if (version > SCHEMA_VERSION) {
    throw new NewerDatabaseError(`the database has schema ${version}, this version knows ${SCHEMA_VERSION}`);
  }
  if (version === SCHEMA_VERSION) return;
  connection.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) connection.exec(step);
    connection.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}
