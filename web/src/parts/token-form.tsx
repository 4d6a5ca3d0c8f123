import { useRef } from 'preact/hooks';
import { keepToken } from '../token.ts';
import { words } from '../words/words.ts';

/** Takes a token and keeps it. @param given it is there */
export function TokenForm({ given }: { readonly given: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const { signIn } = words();
  return (
    <>
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          const token = field.current?.value.trim() ?? '';
          if (token === '') return;
          keepToken(token);
          given();
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
    </>
  );
}
