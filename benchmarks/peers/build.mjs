// Bundles the peers, as an application would: `node build.mjs`, once.
import { build } from 'esbuild';

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['tfjs.js', 'jaxjs.js'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  // What their branches for Node ask for.
  external: ['fs', 'path', 'worker_threads', 'perf_hooks', 'os', 'util', 'crypto', 'node-fetch', 'string_decoder'],
  logLevel: 'warning',
});
