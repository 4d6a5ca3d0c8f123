/**
 * The built page, kept in memory: a disk that stalls is a fault the page must still show. It is small by its own budget.
 */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { codeOf } from '../base/errors.ts';

export interface PageFile {
  /** As in the URL, with the leading slash; `/` for `index.html`. */
  readonly path: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

const MAX_FILES = 64;
const MAX_BYTES = 4 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/**
 * The files of a built page; empty when there is no `index.html`. Files of unknown kinds (source maps) are left out.
 *
 * @throws when the directory cannot be read, or holds more than a page of ours ever does
 */
export async function loadPage(directory: string): Promise<readonly PageFile[]> {
  const names = await listFiles(directory);
  if (!names.includes('index.html')) return [];
  // A name with other characters would be a pattern for the router.
  const wanted = names.filter((name) => extname(name) in TYPES && /^[\w./-]+$/.test(name));
  if (wanted.length > MAX_FILES)
    throw new Error(`${directory} holds ${wanted.length} files, at most ${MAX_FILES} are served`);
  const files: PageFile[] = [];
  let bytes = 0;
  for (const name of wanted) {
    const body = await readFile(join(directory, name));
    bytes += body.length;
    if (bytes > MAX_BYTES) throw new Error(`${directory} holds more than ${MAX_BYTES} bytes`);
    files.push(await pageFile(name, body));
  }
  return files;
}

async function listFiles(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function pageFile(name: string, body: Buffer): Promise<PageFile> {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  return {
    path: name === 'index.html' ? '/' : `/${name}`,
    contentType: TYPES[extname(name)] ?? 'application/octet-stream',
    // The bundler puts a hash of the content into the name of every file under assets/.
    cacheControl: name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    // Weak: it stands for the content, whether compressed or not.
    etag: `W/"${digest}"`,
    body,
    gzipped: await promisify(gzip)(body),
  };
}
