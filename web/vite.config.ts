import { defineConfig } from 'vite';

/**
 * The page is served by the agent under a content security policy without inline scripts, styles or data: scripts.
 * So nothing is inlined, the polyfill that Vite would inject is off, and every address is relative: the page also
 * works behind a proxy with a path of its own.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: 'public',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The first with light-dark() and @property.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
});
