/** What the checks of the apiserver, the scheduler and the controller manager have in common: each looks on its own node. */
import { type Static, Type } from 'typebox';
import { type CheckContext, type HostFiles, type Outcome, type Presence, absent, unknown } from '../../types.ts';
import { isLoopbackOnly } from '../listeners.ts';
import { enabledUnit, staticManifest } from '../presence.ts';
import { type Seldom, createSeldom } from '../seldom.ts';
import { type Component, type Endpoint, findEndpoint, manifestsOf, usualEndpoint } from './endpoint.ts';
import { type Health, type HealthRequest, askHealth, tells } from './health.ts';

export const componentConfig = ({ name, port }: Component) =>
  Type.Object(
    {
      endpoint: Type.String({
        default: '',
        description: `The URL of its server, without a path. Empty: what --bind-address and --secure-port in the static manifest of ${name} say, else https://127.0.0.1:${port}.`,
      }),
    },
    { additionalProperties: false },
  );

export type ComponentConfig = Static<ReturnType<typeof componentConfig>>;

export interface ComponentState {
  readonly endpoint: Seldom<Endpoint>;
  /** Whose the port is, where nothing but the port tells. */
  readonly listener: Seldom<Listener>;
  /** It was the component that answered here. */
  seen: boolean;
  /** It tells nobody how it is, and the service account of this pod it does. */
  asServiceAccount: boolean;
}

/** Less is no time to ask as somebody else. */
const ASK_AGAIN_MS = 500;

type Listener = 'own' | 'proxy' | 'unclear';

export const createComponentState = (): ComponentState => ({
  endpoint: createSeldom(),
  listener: createSeldom(),
  seen: false,
  asServiceAccount: false,
});

type Traces = Presence<ComponentConfig, string>['traces'];

/** A static manifest, as kubeadm and RKE2 write it, or a unit as of those who install it by hand. */
export const componentTraces =
  (component: Component): Traces =>
  async ({ config, host }) =>
    config.endpoint === '' ? await traceOf(component, host) : `configured endpoint ${config.endpoint}`;

const traceOf = async (component: Component, host: HostFiles): Promise<string | undefined> =>
  (await staticManifest(host, manifestsOf(component))) ?? (await enabledUnit(host, [`${component.name}.service`]));

/** What each way of not being well is called. */
export interface HealthReasons<Reason extends string> {
  /** It accepts and is silent. */
  readonly hung: Reason;
  /** It says that it is not well, or waits for something before it says anything. */
  readonly failing: Reason;
  /** It closes connections, or answers nonsense. */
  readonly broken: Reason;
}

/** One look at the component of this node. Never rejects. */
export async function lookAtComponent<Reason extends string>(
  component: Component,
  context: CheckContext<ComponentConfig, ComponentState>,
  request: Omit<HealthRequest, 'url'>,
  reasons: HealthReasons<Reason>,
): Promise<Outcome<Reason>> {
  const { config, state, host, clock } = context;
  const endpoint: Endpoint | undefined =
    config.endpoint === ''
      ? await state.endpoint.get(() => findEndpoint(component, host), clock.monotonic())
      : { kind: 'url', url: config.endpoint.replace(/\/+$/, '') };
  const place = endpoint ?? usualEndpoint(component);
  if (place.kind === 'disabled')
    return unknown(`${component.name} serves no health: --secure-port is 0 in its static manifest`);
  const said = { name: component.name, url: place.url };
  const health = await askAsWhoMay(component, { url: place.url, ...request }, context);
  if (health.kind === 'nobody') {
    // What was changed is asked for at its new place in the run that confirms this one.
    state.endpoint.forget();
    if (place.isGuessed === true)
      return unknown(`nobody listens on ${hostOf(said)}, and where ${component.name} does its manifest does not tell`);
    return outcomeOf(health, said, reasons);
  }
  const elsewhere =
    component.isOftenProxied === true && !state.seen
      ? await proxyOutcome(component, said, isOwnWord(health), context)
      : undefined;
  if (elsewhere !== undefined) return elsewhere;
  if (isDoubtful(health) && !(await belongsHere(component, context))) return strangerOutcome(health, said);
  if (isOwnWord(health)) state.seen = true;
  return outcomeOf(health, said, reasons);
}

/** Who learns nothing as nobody asks as this pod's service account, and does so from then on. */
async function askAsWhoMay(
  { knowsServiceAccounts = false }: Component,
  request: HealthRequest,
  context: CheckContext<ComponentConfig, ComponentState>,
): Promise<Health> {
  const { state, clock } = context;
  const beganAt = clock.monotonic();
  const left = (): number => request.budgetMs - (clock.monotonic() - beganAt);
  const ask = (asServiceAccount: boolean): Promise<Health> =>
    askHealth({ ...request, budgetMs: left(), asServiceAccount }, context);
  const health = await ask(state.asServiceAccount);
  // Of a token that is not believed any more, or that cannot be shown, the server is not to blame.
  const isUseless = state.asServiceAccount && (health.kind === 'alive' || health.kind === 'cannot');
  const maySayMore = knowsServiceAccounts && !state.asServiceAccount && health.kind === 'alive';
  if ((!isUseless && !maySayMore) || left() < ASK_AGAIN_MS) return health;
  const again = await ask(!state.asServiceAccount);
  if (maySayMore && !tells(again)) return health;
  state.asServiceAccount = maySayMore;
  return again;
}

/** Nobody else answers like that. */
const isOwnWord = ({ kind }: Health): boolean => kind === 'ok' || kind === 'alive' || kind === 'failing';

type Doubtful = Extract<Health, { readonly kind: 'silent' | 'waits' | 'broken' | 'foreign' }>;

/** Anybody may be so on this port. */
const isDoubtful = (health: Health): health is Doubtful =>
  ['silent', 'waits', 'broken', 'foreign'].includes(health.kind);

/** A trace that cannot be looked for is none. */
const isTraced = async (component: Component, where: Parameters<Traces>[0]): Promise<boolean> =>
  (await componentTraces(component)(where).catch(() => undefined)) !== undefined;

/** What says that it is the component all the same. The runner knows more: whether it was seen here by an earlier agent. */
async function belongsHere(
  component: Component,
  { config, host, state }: CheckContext<ComponentConfig, ComponentState>,
): Promise<boolean> {
  return state.seen || (await isTraced(component, { config, host }));
}

/**
 * Of a load balancer on loopback, which passes every byte on: Kubespray and RKE2 run one on every worker. The component
 * itself is there for others. Undefined: nothing says that it is one.
 *
 * @param isOwn it answered as the component does
 */
async function proxyOutcome(
  component: Component,
  said: Asked,
  isOwn: boolean,
  { config, host, state, clock }: CheckContext<ComponentConfig, ComponentState>,
): Promise<Outcome<never> | undefined> {
  const find = async (): Promise<Listener> => {
    if (await isTraced(component, { config, host })) return 'own';
    const isOnLoopback = await isLoopbackOnly(host, Number(new URL(said.url).port || 443));
    return isOnLoopback === undefined ? 'unclear' : isOnLoopback ? 'proxy' : 'own';
  };
  const listener = await state.listener.get(find, clock.monotonic());
  if (listener === 'proxy')
    return absent(`what answers on ${hostOf(said)} listens there alone, as a proxy to ${said.name} elsewhere`);
  if (listener === 'own' || !isOwn) return undefined;
  return unknown(`what answers on ${hostOf(said)} may be a proxy: neither a manifest nor /proc/net/tcp tells`);
}

interface Asked {
  readonly name: string;
  readonly url: string;
}

const hostOf = ({ url }: Asked): string => new URL(url).host;

function strangerOutcome(health: Doubtful, said: Asked): Outcome<never> {
  const [where, { name }] = [hostOf(said), said];
  if (health.kind === 'foreign') return absent(`what answers on ${where} is no ${name}: ${health.said}`);
  return unknown(
    `something on ${where} does not answer as ${name} does (${health.message}); nothing says that it is one`,
  );
}

function outcomeOf<Reason extends string>(
  health: Health,
  { name, url }: Asked,
  reasons: HealthReasons<Reason>,
): Outcome<Reason> {
  const problem = (reason: Reason, message: string): Outcome<Reason> => ({
    status: 'problem',
    problems: [{ reason, message }],
  });
  switch (health.kind) {
    // It lives, and what it thinks of itself it does not tell us.
    case 'alive':
      return { status: 'ok', readings: [] };
    case 'ok':
      return { status: 'ok', readings: [{ name: 'latency_seconds', value: health.latencyMs / 1000 }] };
    case 'nobody':
      return absent(`nobody listens on ${new URL(url).host}`);
    case 'failing':
      return problem(reasons.failing, `${url}${health.said}.`);
    case 'waits':
      return problem(
        reasons.failing,
        `${url}${health.path} is silent while ${health.alivePath} answers: ${health.message}.`,
      );
    case 'silent':
      return problem(reasons.hung, `${name} accepts connections and does not answer: ${health.message}.`);
    case 'broken':
      return problem(reasons.broken, `${name} fails at every request: ${health.message}.`);
    case 'foreign':
      return problem(reasons.broken, `${url}${health.said}, which is no answer of ${name}.`);
    case 'cannot':
      return unknown(`cannot ask ${name} at ${url}: ${health.message}`);
    default:
      return health satisfies never;
  }
}
