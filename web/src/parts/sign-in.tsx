import { useApp } from '../app.ts';
import { words } from '../words/words.ts';
import { TokenForm } from './token-form.tsx';

/** Where the agent asks for a token. */
export function SignIn() {
  const { state, live } = useApp();
  const link = state.link.value;
  if (link.kind !== 'lost' || link.asksToken !== true) return null;
  return (
    <section class="panel" aria-labelledby="sign-in-title">
      <div class="panel-head">
        <h2 id="sign-in-title">{words().signIn.title}</h2>
      </div>
      <TokenForm given={() => live.resume()} />
    </section>
  );
}
