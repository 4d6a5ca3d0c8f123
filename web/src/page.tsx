/** The page: the answer on top, then what the address asks for. */
import { useComputed, useSignalEffect } from '@preact/signals';
import { useApp } from './app.ts';
import type { NodeBrief } from './fleet.ts';
import { AreaStrip } from './parts/area-strip.tsx';
import { Banner } from './parts/banner.tsx';
import { dialog } from './parts/dialog.tsx';
import { Findings } from './parts/findings.tsx';
import { HelpDialog } from './parts/help-dialog.tsx';
import { Hint } from './parts/hint.tsx';
import { MomentDialog } from './parts/moment-dialog.tsx';
import { PageHeader } from './parts/page-header.tsx';
import { SearchDialog } from './parts/search-dialog.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { StatusBand } from './parts/status-band.tsx';
import { useKeys } from './parts/use-keys.ts';
import { setFavicon } from './favicon.ts';
import { formatDuration } from './format.ts';
import { whenSeen } from './frames.ts';
import { type Route, sceneAddress } from './route.ts';
import type { AppState, Received } from './state.ts';
import { pageFace, pastFace, titleOf } from './status-face.ts';
import { CheckView } from './views/check.tsx';
import { Kept } from './views/kept.tsx';
import { Missing } from './views/missing.tsx';
import { NodeView, Waiting } from './views/node.tsx';
import { ClusterView, PastView } from './views/overview.tsx';
import { ScenesLater } from './views/scenes-later.tsx';
import { WatchedLater } from './views/watched-later.tsx';
import { words } from './words/words.ts';

export function Page() {
  const { state } = useApp();
  useKeys();
  useSignalEffect(() => {
    const isPast = state.at.value !== undefined;
    const status = state.shown.value?.value.status;
    const face = isPast ? pastFace(status) : pageFace(state.link.value, status);
    document.title = titleOf(face, state.self.value);
    document.documentElement.dataset['link'] = state.link.value.kind;
    document.documentElement.dataset['time'] = isPast ? 'past' : 'now';
    // To draw it costs a browser more than one would think.
    whenSeen(() => setFavicon(face.sign));
  });
  return (
    <>
      <a class="skip" href="#content" onClick={skipToContent}>
        {words().header.skip}
      </a>
      <PageHeader />
      <Banner />
      <div class="page">
        <StatusBand />
        <main id="content" tabIndex={-1}>
          <SignIn />
          <Content />
        </main>
        <Footer />
      </div>
      <OpenDialog />
      <Hint />
    </>
  );
}

/** The address is the page's own business, so the link may not change it. */
function skipToContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function OpenDialog() {
  switch (dialog.value) {
    case 'help':
      return <HelpDialog />;
    case 'search':
      return <SearchDialog />;
    case 'past':
      return <MomentDialog />;
    default:
      return null;
  }
}

function Content() {
  const { state } = useApp();
  const isNow = useComputed(
    () => state.route.value.view === 'overview' && state.at.value === undefined && state.isCluster.value,
  );
  return (
    <>
      {state.at.value === undefined ? <Kept isShown={isNow} view={Overview} /> : null}
      {isNow.value ? null : <Elsewhere />}
    </>
  );
}

/** A cluster as it is. */
const Overview = () => (
  <>
    <AreaStrip />
    <Findings />
    <ClusterView />
  </>
);

/** Everything else that an address leads to. */
function Elsewhere() {
  const { state } = useApp();
  const route = state.route.value;
  if (route.view === 'missing') return <Missing text={words().missing.address(route.address)} />;
  if (route.view === 'scenes') return <ScenesLater {...(route.scene !== undefined && { scene: route.scene })} />;
  if (route.view === 'events' || route.view === 'alerts') return <WatchedLater view={route.view} />;
  if (route.view !== 'overview') return <OneNode route={route} />;
  return (
    <>
      <AreaStrip />
      <Findings />
      {route.at === undefined ? <OneNode route={route} /> : <PastView />}
    </>
  );
}

/** Views without a node. */
type Aside = 'missing' | 'scenes' | 'events' | 'alerts';

function OneNode({ route }: { readonly route: Exclude<Route, { readonly view: Aside }> }) {
  const { state } = useApp();
  const name = state.focus.value;
  const entry = name === undefined ? undefined : state.nodes.of(name).value;
  if (entry === undefined) {
    const brief = route.view === 'node' ? briefOf(state, name) : undefined;
    return brief === undefined ? <Waiting /> : <NodeView brief={brief} />;
  }
  if ('failure' in entry) return <Missing text={`${name ?? ''}: ${entry.failure}`} />;
  return route.view === 'check' ? <CheckView route={route} entry={entry} /> : <NodeView brief={entry} entry={entry} />;
}

/** What the list of all says of a node, to be seen before the answer of what else is asked for. */
function briefOf({ summaries }: AppState, name: string | undefined): Received<NodeBrief> | undefined {
  const held = summaries.value;
  const value = held?.value.nodes.find(({ node }) => node === name);
  return held === undefined || value === undefined ? undefined : { ...held, value };
}

function Footer() {
  const { state } = useApp();
  const { footer, comma } = words();
  const offset = state.clockOffsetMs.value;
  const duration = formatDuration(Math.abs(offset) / 1000);
  return (
    <footer class="footer">
      <p>
        {footer.times}
        {offset === 0 ? null : offset < 0 ? footer.ahead(duration) : footer.behind(duration)}
      </p>
      <p>
        {footer.asText} <a href="status?format=text">{footer.status}</a>. {footer.asJson}{' '}
        <a href="api/v1/status">{footer.status}</a>
        {comma}
        <a href="api/v1/nodes">{footer.nodes}</a>
        {comma}
        <a href="api/v1/members">{footer.members}</a>
        {comma}
        <a href="api/v1/matrix">{footer.links}</a>. {footer.prometheus} <a href="metrics">{footer.metrics}</a>.{' '}
        <a href={sceneAddress()}>{words().scenes.title}</a>
        {comma}
        <a href="#/events">{footer.events}</a>
        {comma}
        <a href="#/alerts">{footer.alerts}</a>.
      </p>
    </footer>
  );
}
