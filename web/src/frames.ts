/** Work that may wait for a frame. */

export interface Frames {
  /** Calls back before the next frame is made. */
  readonly request: (callback: () => void) => void;
  readonly after: (ms: number, callback: () => void) => void;
}

const BROWSER: Frames = {
  request: (callback) => void requestAnimationFrame(callback),
  after: (ms, callback) => void setTimeout(callback, ms),
};
/** A tab that nobody looks at makes no frames. */
const NO_FRAMES_MS = 500;

/** Calls back when the frame with what was just drawn has been made. Returns how to leave it. */
export function whenSeen(callback: () => void, frames = BROWSER): () => void {
  let isDue = true;
  const run = (): void => {
    if (isDue) callback();
    isDue = false;
  };
  // What is called before a frame cannot wait for it; what it puts off comes after.
  frames.request(() => frames.after(0, run));
  frames.after(NO_FRAMES_MS, run);
  return () => {
    isDue = false;
  };
}

/** For a browser that does not say when it has nothing to do. */
const IDLE_MS = 2000;

/** Calls back when the browser has nothing else to do. */
export function whenIdle(callback: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(() => callback());
  else setTimeout(callback, IDLE_MS);
}
