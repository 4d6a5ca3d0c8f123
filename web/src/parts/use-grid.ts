/**
 * A grid with one stop for the tab key: arrows move inside it, and a hint says what the cell stands for. Cells state
 * their place with `data-row` and `data-column`.
 *
 * https://www.w3.org/WAI/ARIA/apg/patterns/grid/
 */
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { moveIn, type Position } from '../grid.ts';
import { hideHint, showHint } from './hint.tsx';

export interface GridOptions {
  readonly rows: number;
  readonly columns: number;
  /** Rows that the page keys move by. */
  readonly page: number;
  /** Brings a row that is not drawn into view. */
  readonly reveal?: (row: number) => void;
  /** Undefined: nothing is to be said there. */
  readonly hintOf: (position: Position) => ComponentChildren;
}

export interface Grid {
  /** The cell that the tab key leads to. */
  readonly active: Signal<Position>;
  readonly root: RefObject<HTMLTableElement | null>;
  readonly handlers: {
    readonly onKeyDown: (event: KeyboardEvent) => void;
    readonly onFocusIn: (event: FocusEvent) => void;
    readonly onFocusOut: () => void;
    readonly onPointerOver: (event: PointerEvent) => void;
    readonly onPointerLeave: () => void;
  };
}

export function useGrid(options: GridOptions): Grid {
  const active = useSignal<Position>({ row: 0, column: 0 });
  const root = useRef<HTMLTableElement>(null);
  // The row may have to be drawn before it can have the focus.
  const focusNext = useRef(false);
  const { row, column } = active.value;
  useLayoutEffect(() => {
    const at = `[data-row="${row}"]`;
    // A row that is one cell has only the first column.
    const cell =
      root.current?.querySelector<HTMLElement>(`${at}[data-column="${column}"]`) ??
      root.current?.querySelector<HTMLElement>(`${at}[data-column="0"]`);
    if (!focusNext.current || !cell) return;
    focusNext.current = false;
    cell.focus();
  });
  useEffect(() => hideHint, []);
  const hint = (target: EventTarget | null): void => {
    const place = placeOf(target);
    const content = place && options.hintOf(place.position);
    if (place === undefined || content === undefined) hideHint();
    else showHint(place.cell, content);
  };
  return {
    active,
    root,
    handlers: {
      onKeyDown(event) {
        if (event.key === 'Escape') return hideHint();
        const place = placeOf(event.target);
        // A key that is held down is faster than the focus.
        const from = focusNext.current ? active.peek() : place?.position;
        const next = from && moveIn(from, event, options);
        if (next === undefined || event.altKey || event.metaKey) return undefined;
        event.preventDefault();
        focusNext.current = true;
        options.reveal?.(next.row);
        active.value = { ...next };
        return undefined;
      },
      onFocusIn(event) {
        const place = placeOf(event.target);
        if (place !== undefined) active.value = place.position;
        hint(event.target);
      },
      onFocusOut: hideHint,
      onPointerOver(event) {
        // A finger follows the link; what a hint says stands there too.
        if (event.pointerType !== 'touch') hint(event.target);
      },
      onPointerLeave: hideHint,
    },
  };
}

function placeOf(target: EventTarget | null): { readonly cell: HTMLElement; readonly position: Position } | undefined {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null;
  if (cell === null) return undefined;
  return { cell, position: { row: Number(cell.dataset['row']), column: Number(cell.dataset['column']) } };
}
