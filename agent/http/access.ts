/**
 * Who may ask what (`http.access`):
 *
 * | | `open` | `token` | `loopback` |
 * |---|---|---|---|
 * | `/livez`, `/readyz` (nothing but "ok") | all | all | all |
 * | `/health/*` (one line) | all | token, or from this machine | from this machine |
 * | the page's files (nothing of the cluster) | all | all | from this machine |
 * | everything else that only reads | all | token | from this machine |
 * | what changes something, and what containers wrote | token | token | token, and from this machine |
 */
import { isLoopback } from './addresses.ts';
import { HttpError } from './errors.ts';
import type { TokenFile } from './token-file.ts';

export type AccessMode = 'open' | 'token' | 'loopback';
/** What a route shows, which decides who may ask for it. */
export type RouteAccess = 'open' | 'probe' | 'page' | 'data' | 'change' | 'scene';

/** Undefined when the request may pass, else the refusal. */
export type AccessRule = (
  route: RouteAccess,
  remoteAddress: string,
  authorization: string | undefined,
) => Promise<HttpError | undefined>;

/** @param tokenFile undefined: none is configured */
export function createAccessRule(mode: AccessMode, tokenFile: TokenFile | undefined): AccessRule {
  return async (route, remoteAddress, authorization) => {
    const needsToken = route === 'change' || route === 'scene';
    if ((mode === 'open' && !needsToken) || route === 'open') return undefined;
    const local = isLoopback(remoteAddress);
    if (mode === 'loopback' && !local) return LOOPBACK_ONLY;
    if (mode === 'loopback' && !needsToken) return undefined;
    if (route === 'page' || (route === 'probe' && local)) return undefined;
    if (tokenFile === undefined) return route === 'scene' ? NO_TOKEN_FOR_SCENES : NO_TOKEN_FILE;
    return checkToken(authorization, tokenFile);
  };
}

const LOOPBACK_ONLY = new HttpError(
  401,
  'This agent answers only on its own machine (http.access is "loopback"). Ask there, or set http.access.',
);
const MAKE_TOKEN =
  'write one to a file that only its user may read (openssl rand -hex 32), name the file with http.tokenFile (MEERKAT_HTTP_TOKEN_FILE) and restart the agent.';
const NO_TOKEN_FILE = new HttpError(
  401,
  `This agent changes nothing for anybody, because it has no token: ${MAKE_TOKEN}`,
);
const NO_TOKEN_FOR_SCENES = new HttpError(
  401,
  `This agent shows scenes of failures to nobody, because it has no token: ${MAKE_TOKEN}`,
);
const NEEDS_TOKEN = new HttpError(
  401,
  'This agent needs "Authorization: Bearer TOKEN" with the token of the file that http.tokenFile names.',
);
const WRONG_TOKEN = new HttpError(401, 'This is not the token of the file that http.tokenFile names on this node.');

async function checkToken(authorization: string | undefined, tokenFile: TokenFile): Promise<HttpError | undefined> {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return NEEDS_TOKEN;
  return (await tokenFile.matches(token)) ? undefined : WRONG_TOKEN;
}
