/** The page: the answer on top, then what the address asks for. */
import { useSignalEffect } from '@preact/signals';
import { useApp } from './app.ts';
import { Banner } from './parts/banner.tsx';
import { Findings } from './parts/findings.tsx';
import { Hint } from './parts/hint.tsx';
import { PageHeader } from './parts/page-header.tsx';
import { StatusBand } from './parts/status-band.tsx';
import { setFavicon } from './favicon.ts';
import { formatDuration } from './format.ts';
import type { Route } from './route.ts';
import { pageFace, titleOf } from './status-face.ts';
import { CheckView } from './views/check.tsx';
import { Missing } from './views/missing.tsx';
import { NodeView } from './views/node.tsx';
import { ClusterView } from './views/overview.tsx';

export function Page() {
  const { state } = useApp();
  useSignalEffect(() => {
    const face = pageFace(state.link.value, state.status.value?.value.status);
    document.title = titleOf(face, state.self.value);
    document.documentElement.dataset['link'] = state.link.value.kind;
    setFavicon(face.sign);
  });
  return (
    <>
      <a class="skip" href="#content" onClick={skipToContent}>
        Skip to the findings
      </a>
      <PageHeader />
      <Banner />
      <div class="page">
        <StatusBand />
        <main id="content" tabIndex={-1}>
          <Content />
        </main>
        <Footer />
      </div>
      <Hint />
    </>
  );
}

/** The address is the page's own business, so the link may not change it. */
function skipToContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Content() {
  const { state } = useApp();
  const route = state.route.value;
  if (route.view === 'missing') return <Missing text={`This page has no address ${route.address}.`} />;
  if (route.view !== 'overview') return <OneNode route={route} />;
  return (
    <>
      <Findings />
      {state.isCluster.value ? <ClusterView /> : <OneNode route={route} />}
    </>
  );
}

function OneNode({ route }: { readonly route: Exclude<Route, { readonly view: 'missing' }> }) {
  const { state } = useApp();
  const name = state.focus.value;
  const entry = name === undefined ? undefined : state.nodes.of(name).value;
  if (entry === undefined) {
    return <p class="empty">{state.link.value.kind === 'lost' ? null : 'Reading the checks.'}</p>;
  }
  if ('failure' in entry) return <Missing text={`${name ?? ''}: ${entry.failure}`} />;
  return route.view === 'check' ? <CheckView route={route} entry={entry} /> : <NodeView entry={entry} />;
}

function Footer() {
  const { state } = useApp();
  const offset = state.clockOffsetMs.value;
  return (
    <footer class="footer">
      <p>
        Times are UTC by the agent's clock.
        {offset === 0
          ? null
          : ` This browser's clock is ${formatDuration(Math.abs(offset) / 1000)} ${offset < 0 ? 'ahead of' : 'behind'} it.`}
      </p>
      <p>
        As text: <a href="status?format=text">status</a>. As JSON: <a href="api/v1/status">status</a>,{' '}
        <a href="api/v1/nodes">nodes</a>, <a href="api/v1/members">members</a>, <a href="api/v1/matrix">links</a>. For
        Prometheus: <a href="metrics">metrics</a>.
      </p>
    </footer>
  );
}
