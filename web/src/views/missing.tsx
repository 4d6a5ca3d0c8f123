import { words } from '../words/words.ts';

/** An address that leads nowhere. */
export function Missing({ text }: { readonly text: string }) {
  const { missing } = words();
  return (
    <section class="panel">
      <h2>{missing.title}</h2>
      <p>{text}</p>
      <p>
        <a href="#/">{missing.back}</a>
      </p>
    </section>
  );
}
