import { useRef } from 'preact/hooks';
import { useApp } from '../app.ts';
import { keepToken } from '../token.ts';
import { words } from '../words/words.ts';

/** Where the agent asks for a token. */
export function SignIn() {
  const { state, live } = useApp();
  const field = useRef<HTMLInputElement>(null);
  const link = state.link.value;
  const { signIn } = words();
  if (link.kind !== 'lost' || link.asksToken !== true) return null;
  return (
    <section class="panel" aria-labelledby="sign-in-title">
      <div class="panel-head">
        <h2 id="sign-in-title">{signIn.title}</h2>
      </div>
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          const given = field.current?.value.trim() ?? '';
          if (given === '') return;
          keepToken(given);
          live.resume();
        }}
      >
        <label>
          {signIn.token}{' '}
          <input
            ref={field}
            type="password"
            class="input"
            name="token"
            autocomplete="current-password"
            autofocus
            required
          />
        </label>
        <button type="submit" class="button">
          {signIn.button}
        </button>
      </form>
      <p class="muted">{signIn.explain}</p>
    </section>
  );
}
