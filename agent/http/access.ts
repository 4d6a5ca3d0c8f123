/**
 * Who may ask what (`http.access`):
 *
 * | | `open` | `token` | `loopback` |
 * |---|---|---|---|
 * | `/livez`, `/readyz` (nothing but "ok") | all | all | all |
 * | `/health/*` (one line) | all | token, or from this machine | from this machine |
 * | the page's files (nothing of the cluster) | all | all | from this machine |
 * | everything else that only reads | all | token | from this machine |
 * | signals of others | token or signature | token or signature | either, and from this machine |
 * | what changes something, and what containers wrote | token | token | token, and from this machine |
 */
import { isLoopback } from './addresses.ts';
import { HttpError } from './errors.ts';
import type { TokenFile } from './token-file.ts';

export type AccessMode = 'open' | 'token' | 'loopback';
/** What a route shows, which decides who may ask for it. */
export type RouteAccess = 'open' | 'probe' | 'page' | 'data' | 'change' | 'signal' | 'scene';

/**
 * Undefined when the request may pass, else the refusal.
 *
 * @param isSigned a signature will be looked at as soon as the body is there
 */
export type AccessRule = (
  route: RouteAccess,
  remoteAddress: string,
  authorization: string | undefined,
  isSigned?: boolean,
) => Promise<HttpError | undefined>;

/** @param tokenFile undefined: none is configured */
export function createAccessRule(mode: AccessMode, tokenFile: TokenFile | undefined): AccessRule {
  return async (route, remoteAddress, authorization, isSigned = false) => {
    const needsToken = route === 'change' || route === 'signal' || route === 'scene';
    if ((mode === 'open' && !needsToken) || route === 'open') return undefined;
    const local = isLoopback(remoteAddress);
    if (mode === 'loopback' && !local) return LOOPBACK_ONLY;
    if (mode === 'loopback' && !needsToken) return undefined;
    if (route === 'page' || (route === 'probe' && local)) return undefined;
    if (route === 'signal' && isSigned) return undefined;
    if (tokenFile !== undefined) return checkToken(authorization, tokenFile);
    return REFUSALS[route] ?? NO_TOKEN_FILE;
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
const NO_SIGNALS = new HttpError(
  401,
  'Send "Authorization: Bearer TOKEN" with the token of the file that http.tokenFile names, or "X-Signature-256: sha256=HEX", the HMAC of the body (of /api/v1/signals also of its path and time) by the key of the file that signals.secretFile names. A file that is not configured opens nothing.',
);
/** Where there is no token. */
const REFUSALS: Readonly<Partial<Record<RouteAccess, HttpError>>> = { signal: NO_SIGNALS, scene: NO_TOKEN_FOR_SCENES };
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
