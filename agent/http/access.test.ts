import { expect, it } from 'vitest';
import { type AccessMode, type RouteAccess, createAccessRule } from './access.ts';

const tokenFile = { matches: (token: string) => Promise.resolve(token === 'right') };
const LOCAL = '::ffff:127.0.0.1';
const REMOTE = '10.0.0.9';
const ROUTES: readonly RouteAccess[] = ['open', 'probe', 'page', 'data', 'change', 'scene'];

/** Which kinds of routes pass. */
async function passing(mode: AccessMode, address: string, authorization?: string): Promise<string> {
  const rule = createAccessRule(mode, tokenFile);
  const refusals = await Promise.all(ROUTES.map((route) => rule(route, address, authorization)));
  expect(refusals.every((refusal) => refusal === undefined || refusal.statusCode === 401)).toBe(true);
  return ROUTES.filter((_, index) => refusals[index] === undefined).join(' ');
}

it.each([
  ['open', REMOTE, undefined, 'open probe page data'],
  ['loopback', LOCAL, undefined, 'open probe page data'],
  ['loopback', REMOTE, undefined, 'open'],
  ['loopback', REMOTE, 'Bearer right', 'open'],
  ['loopback', LOCAL, 'Bearer right', 'open probe page data change scene'],
  ['open', LOCAL, 'Bearer wrong', 'open probe page data'],
  ['open', REMOTE, 'Bearer right', 'open probe page data change scene'],
  ['token', REMOTE, undefined, 'open page'],
  ['token', LOCAL, undefined, 'open probe page'],
  ['token', REMOTE, 'Bearer right', 'open probe page data change scene'],
  ['token', REMOTE, 'bearer   right ', 'open probe page data change scene'],
  ['token', REMOTE, 'Bearer wrong', 'open page'],
  ['token', REMOTE, 'Basic right', 'open page'],
  ['token', REMOTE, 'Bearer ', 'open page'],
  ['token', REMOTE, 'Bearer right wrong', 'open page'],
] as const)('%s from %s with %s: %s', async (mode, address, authorization, routes) => {
  expect(await passing(mode, address, authorization)).toBe(routes);
});

it.each([
  ['open', REMOTE, undefined, true, true],
  ['token', REMOTE, undefined, true, true],
  ['loopback', LOCAL, undefined, true, true],
  ['loopback', REMOTE, undefined, true, false],
  ['open', REMOTE, undefined, false, false],
  ['open', REMOTE, 'Bearer wrong', false, false],
  ['open', REMOTE, 'Bearer right', false, true],
  ['loopback', REMOTE, 'Bearer right', false, false],
] as const)(
  '%s from %s with %s, signed %s: a signal may pass %s',
  async (mode, address, authorization, isSigned, may) => {
    const rule = createAccessRule(mode, tokenFile);
    expect((await rule('signal', address, authorization, isSigned)) === undefined).toBe(may);
    // A signature opens nothing else.
    expect((await rule('change', address, undefined, isSigned)) === undefined).toBe(false);
  },
);

it('changes nothing where no token is configured, and says how to set one', async () => {
  const rule = createAccessRule('open', undefined);
  expect(await rule('data', REMOTE, undefined)).toBeUndefined();
  expect(await rule('change', LOCAL, 'Bearer right')).toMatchObject({
    statusCode: 401,
    message: expect.stringContaining('MEERKAT_HTTP_TOKEN_FILE') as string,
  });
  expect(await rule('scene', LOCAL, 'Bearer right')).toMatchObject({
    statusCode: 401,
    message: expect.stringContaining('shows scenes of failures to nobody, because it has no token') as string,
  });
});
