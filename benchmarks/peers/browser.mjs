// One run of one contender in a fresh headless Chromium; prints one line of JSON.
//   node browser.mjs '{"peer": "tfjs", "backend": "wasm", "workload": "toy2d", "seconds": 4, "limit": 90,
//                      "chromium": "chromium", "page": "http://127.0.0.1:8080", "hardware": false}'
// `page` is where Adversaria's own page is served; `hardware` lets WebGL and WebGPU use the machine's GPU.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { launch } from './chromium.mjs';

const here = import.meta.dirname;
const WARM_UP_S = 1.5;
const job = JSON.parse(process.argv[2]);
const { address } = JSON.parse(await readFile(join(here, 'workloads.json'), 'utf8'))[job.workload];

const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves this folder, for the peers. */
function serve() {
  const server = createServer(async ({ url }, response) => {
    const file = join(here, new URL(url, 'http://localhost').pathname);
    try {
      const body = await readFile(file);
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

async function runPeer(tab) {
  const server = await serve();
  try {
    await tab.goto(`http://127.0.0.1:${server.address().port}/page.html`);
    await tab.addScriptTag({ type: 'module', url: `/dist/${job.peer}.js` });
    await tab.waitForFunction(() => window.bench);
    return await tab.evaluate((job) => window.bench(job), job);
  } finally {
    server.close();
  }
}

/** In the page: whole iterations at full speed, the stage drawn beside them, in runs of about half a second. */
async function advanceFor({ backend, seconds, warmUp }) {
  const api = window.adversaria;
  await api.ready;
  const shown = document.querySelector('[data-testid=backend]').dataset.value;
  if (shown !== backend) return { refused: `asked for ${backend}, the page runs on ${shown}` };
  const timed = async (n) => {
    const start = performance.now();
    const { lossD, lossG } = await api.advance(n);
    return { seconds: (performance.now() - start) / 1000, losses: [lossD, lossG] };
  };
  // As the peers: a second and a half to warm up, then runs of about half a second.
  let chunk = 1;
  for (let warm = 0; warm < warmUp; ) {
    const run = await timed(chunk);
    warm += run.seconds;
    chunk = Math.max(1, Math.min(2 * chunk, Math.round((0.5 * chunk) / run.seconds)));
  }
  let [iterations, spent, losses] = [0, 0, []];
  while (spent < seconds) {
    const run = await timed(chunk);
    [iterations, spent, losses] = [iterations + chunk, spent + run.seconds, run.losses];
  }
  return { iterationsPerSecond: iterations / spent, iterations, losses };
}

async function runPage(tab) {
  await tab.goto(`${job.page}/#${address}&backend=${job.backend}`);
  await tab.waitForFunction(() => window.adversaria);
  return tab.evaluate(advanceFor, { ...job, warmUp: WARM_UP_S });
}

async function run() {
  const browser = await launch(job);
  let timer;
  try {
    const tab = await browser.newPage({ viewport: { width: 1500, height: 900 } });
    const work = job.peer === 'adversaria' ? runPage(tab) : runPeer(tab);
    const late = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error(`no result within ${job.limit} s`)), job.limit * 1000);
    });
    return await Promise.race([work, late]);
  } catch (error) {
    return { error: error.message.split('\n')[0].slice(0, 300) };
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}

console.log(JSON.stringify(await run()));
// Whatever is still under way has lost.
process.exit();
