import { splitSteps } from '../steps.ts';
import { CopyButton } from './copy-button.tsx';

/** What to do next, with its commands ready to be copied. */
export function Advice({ text }: { readonly text: string }) {
  return (
    <span class="advice">
      {splitSteps(text).map((step, index) =>
        step.kind === 'text' ? (
          <span key={index}>{step.text}</span>
        ) : (
          <span class="command" key={index}>
            <code>{step.text}</code>
            <CopyButton text={() => step.text} label="Copy" describe={`Copy the command ${step.text}`} />
          </span>
        ),
      )}
    </span>
  );
}
