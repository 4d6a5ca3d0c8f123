/** The keys of the page; keys.ts says which. */
import { useEffect } from 'preact/hooks';
import { type App, useApp } from '../app.ts';
import { type Command, commandOf, letterKeys } from '../keys.ts';
import { closeDialog, dialog, openDialog } from './dialog.tsx';
import { foldFinding, isOnFinding, stepFinding } from './finding-focus.ts';

export function useKeys(): void {
  const app = useApp();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const place = { inField: isField(event.target), inDialog: dialog.peek() !== undefined, onFinding: isOnFinding() };
      const command = commandOf(event, place, letterKeys.peek());
      // Escape takes a hint away first, and leaves a field.
      const isBusy = command === 'up' && document.querySelector('.hint') !== null;
      if (command === undefined || isBusy) return;
      event.preventDefault();
      run(command, app);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [app]);
  // A dialog is of the view that it was opened from.
  useEffect(() => {
    window.addEventListener('hashchange', closeDialog);
    return () => window.removeEventListener('hashchange', closeDialog);
  }, []);
}

function run(command: Command, { state, live }: App): void {
  switch (command) {
    case 'help':
    case 'search':
    case 'past':
      return openDialog(command);
    case 'next':
    case 'previous':
      stepFinding(command === 'next' ? 1 : -1);
      return undefined;
    case 'fold':
      return foldFinding();
    case 'pause':
      return state.link.peek().kind === 'paused' ? live.resume() : live.pause();
    case 'now':
      if (state.at.peek() !== undefined) location.hash = '#/';
      return undefined;
    case 'up':
      if (location.hash !== '' && location.hash !== '#/') location.hash = '#/';
      return undefined;
    default:
      return command satisfies never;
  }
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, select, textarea'));
