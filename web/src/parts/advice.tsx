import { splitSteps } from '../steps.ts';
import { words } from '../words/words.ts';
import { CopyButton } from './copy-button.tsx';

/** What to do next, with its commands ready to be copied. */
export function Advice({ text }: { readonly text: string }) {
  const steps = splitSteps(text);
  return (
    <span class="advice" lang="en">
      {steps.map((step, index) => {
        const previous = steps[index - 1];
        if (step.kind === 'command') {
          return <Command key={index} text={step.text} tail={leadingMarks(steps[index + 1]?.text)} />;
        }
        const marks = previous?.kind === 'command' ? leadingMarks(step.text) : '';
        return <span key={index}>{step.text.slice(marks.length)}</span>;
      })}
    </span>
  );
}

/** A comma or full stop belongs to what is before it, and may not begin a line. */
const leadingMarks = (text: string | undefined): string => /^[.,;:)]*/.exec(text ?? '')?.[0] ?? '';

function Command({ text, tail }: { readonly text: string; readonly tail: string }) {
  return (
    <span class="command-tail">
      <span class="command">
        <code>
          {text.split(/( +)/).map((word, index) => (word.startsWith(' ') ? word : <span key={index}>{word}</span>))}
        </code>
        <CopyButton text={() => text} label={words().copy.copy} describe={words().copy.command(text)} />
      </span>
      {tail}
    </span>
  );
}
