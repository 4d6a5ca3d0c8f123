/** One scene as an archive for a ticket. */
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { tarOf } from '../../../checks/lib/tar.ts';
import { AgentError, codeOf, messageOf } from '../../base/errors.ts';
import type { ApiScene } from '../../http/contract/scenes.ts';
import { formatBytes } from '../../model/text.ts';

/** For its owner only, and never over a file that is there. Returns what to tell. @throws {AgentError} `usage` */
export async function writeArchive(path: string, id: string, json: string, text: string): Promise<string> {
  const scene = JSON.parse(json) as ApiScene;
  const logs = scene.logs.map(({ run, lines }) => ({
    name: `run-${run}.log`,
    body: lines.map(({ at, stream, text: line }) => `${at} ${stream} ${line}\n`).join(''),
  }));
  const files = [{ name: 'scene.txt', body: text }, { name: 'scene.json', body: `${json}\n` }, ...logs];
  const entries = files.map(({ name, body }) => ({
    name: `meerkat-scene-${id}/${name}`,
    content: Buffer.from(body),
    mode: 0o600,
    modifiedAt: Math.floor(Date.parse(scene.at) / 1000),
  }));
  const archive = await promisify(gzip)(tarOf(entries));
  try {
    await writeFile(path, archive, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const why = codeOf(error) === 'EEXIST' ? 'there is such a file already' : messageOf(error);
    throw new AgentError('usage', `${path} cannot be written: ${why}.`, { cause: error });
  }
  return `Wrote ${path}: ${formatBytes(archive.length)}, ${entries.length} files. What looks like a secret is masked; read it before you pass it on.\n`;
}
