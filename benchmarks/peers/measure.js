// Times a peer's training loop: warms up, then counts whole iterations, and reads a loss back about four times a second
// so that no queue runs ahead of what is counted.
import workloads from './workloads.json';

const BATCHES = 16;
const WARM_UP_S = 1.5;
// A first iteration that takes longer than this, compiling included, is all that such a peer is given time for.
const COLD_S = 20;

const now = () => performance.now() / 1000;

async function runFor(peer, seconds, chunk) {
  const start = now();
  let iterations = 0;
  let losses;
  do {
    const before = now();
    for (let i = 0; i < chunk; i++) peer.step();
    losses = await peer.losses();
    iterations += chunk;
    const rate = chunk / (now() - before);
    chunk = Math.max(1, Math.min(2 * chunk, Math.round(rate / 4)));
  } while (now() - start < seconds);
  return { iterations, seconds: now() - start, chunk, losses };
}

async function timed(peer, seconds) {
  const first = await runFor(peer, 0, 1);
  if (first.seconds > COLD_S) return first;
  const warm = await runFor(peer, WARM_UP_S, 1);
  return runFor(peer, seconds, warm.chunk);
}

/** Makes `window.bench`, which the driver calls once for each page. */
export function expose(setup) {
  window.bench = async ({ backend, workload, seconds }) => {
    const run = await timed(await setup(backend, workloads[workload]), seconds);
    if (!run.losses.every(Number.isFinite)) throw new Error(`losses ${run.losses}`);
    return { iterationsPerSecond: run.iterations / run.seconds, iterations: run.iterations, losses: run.losses };
  };
}

/** Stand-in data, the same for every peer: two Gaussians in the plane, else uniform noise. */
export function makeBatches({ batch, x }) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const point = () =>
    Math.random() < 0.5
      ? [0.3 + 0.1 * normal(), 0.7 + 0.1 * normal()]
      : [0.7 + 0.05 * normal(), 0.4 + 0.2 * normal()];
  const sample = x === 2 ? point : () => Array.from({ length: x }, () => 2 * Math.random() - 1);
  const flat = () => new Float32Array(Array.from({ length: batch }, sample).flat());
  return Array.from({ length: BATCHES }, flat);
}
