import { letterKeys, switchKeys } from '../keys.ts';
import { words } from '../words/words.ts';
import { Dialog } from './dialog.tsx';

/** Which key does what. Keys of one letter can be switched off. */
export function HelpDialog() {
  const { help } = words();
  return (
    <Dialog title={help.title}>
      <dl class="keys">
        {Object.entries(help.keys).map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label class="check-label">
        <input
          type="checkbox"
          checked={letterKeys.value}
          onChange={(event) => switchKeys(event.currentTarget.checked)}
        />{' '}
        {help.on}
      </label>
    </Dialog>
  );
}
