/** The status for people who reach the node's disk and nothing else. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Replaces `status.txt` and `status.json` in the directory. Throws the system's error. */
export function writeStatusFiles(directory: string, files: { readonly text: string; readonly json: string }): void {
  replace(join(directory, 'status.txt'), files.text);
  replace(join(directory, 'status.json'), files.json);
}

/** A reader finds the old file or the new one, never half of one. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
