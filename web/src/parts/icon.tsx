import { type Sign, SHAPES } from './shapes.ts';

/** Decoration: the word stands beside it, so screen readers pass it over. */
export function Icon({ sign }: { readonly sign: Sign }) {
  const { style, body, mark } = SHAPES[sign];
  return (
    <svg class={`icon icon-${sign}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {body === '' ? null : <path class={`icon-body icon-${style}`} d={body} />}
      <path class={style === 'filled' ? 'icon-mark icon-cut' : 'icon-mark'} d={mark} />
    </svg>
  );
}
