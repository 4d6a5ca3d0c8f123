/** The scenes of failures, for whoever has the token. A file of its own: read when somebody asks for it. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ApiError } from '../../../agent/http/contract.ts';
import type { ApiSceneElsewhere, ApiSceneInShort, ApiScenes } from '../../../agent/http/contract/scenes.ts';
import { TokenForm } from '../parts/token-form.tsx';
import { sceneAddress } from '../route.ts';
import { authorization } from '../token.ts';
import { words } from '../words/words.ts';

type Answer =
  | { readonly kind: 'list'; readonly scenes: readonly ApiSceneInShort[] }
  | { readonly kind: 'scene'; readonly text: string }
  | { readonly kind: 'elsewhere'; readonly elsewhere: ApiSceneElsewhere }
  | { readonly kind: 'no-token'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** The store takes two seconds to say that it is stalled. */
const TIMEOUT_MS = 5000;

/** @param scene its id; absent: all of them in short */
export function ScenesView({ scene }: { readonly scene?: string }) {
  const answer = useSignal<Answer | undefined>(undefined);
  const load = async (): Promise<void> => {
    answer.value = await ask(scene);
  };
  useEffect(() => {
    answer.value = undefined;
    void load();
  }, [scene]);
  const { scenes: text, missing } = words();
  return (
    <section class="panel" aria-labelledby="scenes-title">
      <div class="panel-head">
        <h2 id="scenes-title">{text.title}</h2>
        <a href={scene === undefined ? '#/' : sceneAddress()}>{scene === undefined ? missing.back : text.all}</a>
      </div>
      <Body answer={answer.value} load={() => void load()} />
    </section>
  );
}

function Body({ answer, load }: { readonly answer: Answer | undefined; readonly load: () => void }) {
  const { scenes: text } = words();
  if (answer === undefined) return <p class="empty">{text.reading}</p>;
  if (answer.kind === 'elsewhere') return <Elsewhere {...answer.elsewhere} />;
  if (answer.kind === 'list')
    return answer.scenes.length === 0 ? <p class="empty">{text.none}</p> : <List scenes={answer.scenes} />;
  if (answer.kind === 'scene')
    return (
      <pre class="scene" lang="en" tabIndex={0} role="region" aria-labelledby="scenes-title">
        {answer.text}
      </pre>
    );
  return (
    <>
      <p class="notice" role="note" lang="en">
        {answer.message}
      </p>
      {answer.kind === 'no-token' ? <TokenForm given={load} /> : null}
    </>
  );
}

function List({ scenes }: { readonly scenes: readonly ApiSceneInShort[] }) {
  const { scenes: text } = words();
  return (
    <table class="readings">
      <thead>
        <tr>
          {[text.when, text.node, text.container, text.what].map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {scenes.map(({ id, at, node, held, namespace, pod, container, cause, exitCode, reason = '' }) => (
          <tr key={id}>
            <td class="number">
              <a href={sceneAddress(id)}>{at.slice(0, 19).replace('T', ' ')}</a>
            </td>
            <td>
              {node}
              {held === 'away' ? ` (${text.away})` : ''}
            </td>
            <td>{[namespace, pod, container].filter((part) => part !== '').join('/')}</td>
            <td lang="en">{exitCode === undefined ? cause : `${cause} ${exitCode} ${reason}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Another agent has another address, which this page may not ask: whoever goes there signs in there. */
function Elsewhere({ message, node, urls }: ApiSceneElsewhere) {
  const { scenes: text } = words();
  const url = urls.find((candidate) => /^https?:\/\//.test(candidate));
  return (
    <>
      <p lang="en">{message}</p>
      {url === undefined ? null : (
        <p>
          <a href={`${url}${location.hash}`} rel="noreferrer">
            {text.page(node)}
          </a>
        </p>
      )}
    </>
  );
}

async function ask(scene: string | undefined): Promise<Answer> {
  const sent = authorization();
  const isList = scene === undefined;
  const path = isList ? 'api/v1/scenes?format=json' : `api/v1/scenes/${encodeURIComponent(scene)}?format=text`;
  try {
    const response = await fetch(new URL(path, document.baseURI), {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: sent === undefined ? {} : { authorization: sent },
      cache: 'no-store',
    });
    const body = await response.text();
    if (response.ok)
      return isList ? { kind: 'list', scenes: (JSON.parse(body) as ApiScenes).scenes } : { kind: 'scene', text: body };
    const failure = JSON.parse(body) as ApiError | ApiSceneElsewhere;
    if (failure.code === 'Elsewhere') return { kind: 'elsewhere', elsewhere: failure };
    return { kind: response.status === 401 ? 'no-token' : 'failed', message: failure.message };
  } catch {
    return { kind: 'failed', message: 'No answer from this agent.' };
  }
}
