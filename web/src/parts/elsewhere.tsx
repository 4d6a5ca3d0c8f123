import type { ApiElsewhere } from '../../../agent/http/contract/overview.ts';
import { useApp } from '../app.ts';
import { formatRoute } from '../route.ts';

/** The same view, served by other agents. They listen on other addresses, so this page cannot ask them itself. */
export function Elsewhere({ label, agents }: { readonly label: string; readonly agents: readonly ApiElsewhere[] }) {
  const { state } = useApp();
  const route = state.route.value;
  const hash = route.view === 'missing' ? '' : formatRoute(route);
  const links = agents.flatMap(({ node, urls }) => {
    const url = urls.find((candidate) => /^https?:\/\//.test(candidate));
    return url === undefined ? [] : [{ node, href: `${url}${hash}` }];
  });
  if (links.length === 0) return null;
  return (
    <span class="elsewhere">
      {label}{' '}
      {links.map(({ node, href }, index) => (
        <span key={node}>
          {index === 0 ? '' : ', '}
          <a href={href} rel="noreferrer">
            {node}
          </a>
        </span>
      ))}
    </span>
  );
}
