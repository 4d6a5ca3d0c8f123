/** An address that leads nowhere. */
export function Missing({ text }: { readonly text: string }) {
  return (
    <section class="panel">
      <h2>Nothing here</h2>
      <p>{text}</p>
      <p>
        <a href="#/">Back to the status</a>
      </p>
    </section>
  );
}
