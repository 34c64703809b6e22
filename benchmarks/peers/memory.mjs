// The page's memory while it trains flat out with every view open: one line of JSON every few seconds, after a forced
// garbage collection.
//   node memory.mjs '{"backend": "cpu", "hash": "data=ring8", "seconds": 600, "every": 10, "chromium": "chromium",
//                     "page": "http://127.0.0.1:8080", "hardware": false}'
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from './chromium.mjs';

const job = JSON.parse(process.argv[2]);

/** Speaks to the page's worker through the page's session: a driver's own workers have no protocol session. */
async function attachWorker(session) {
  const waiting = new Map();
  let last = 0;
  const found = new Promise((done) => {
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => targetInfo.type === 'worker' && done(sessionId));
  });
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    const [done, fail] = waiting.get(id) ?? [];
    waiting.delete(id);
    if (error) fail?.(new Error(error.message));
    else done?.(result);
  });
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await found;
  const send = (method, params = {}) =>
    new Promise((done, fail) => {
      waiting.set(++last, [done, fail]);
      const message = JSON.stringify({ id: last, method, params });
      session.send('Target.sendMessageToTarget', { sessionId, message }).catch(fail);
    });
  return { send };
}

/** In the page, and before its worker's own script: keeps the WebAssembly memory, and counts the bytes of GPU buffers that were
 * made and not destroyed. (The protocol's `Runtime.queryObjects` ends the page's process.) */
function watch() {
  const begin = `for (const name of ['instantiate', 'instantiateStreaming']) {
      const plain = WebAssembly[name];
      WebAssembly[name] = async (...given) => {
        const made = await plain.apply(WebAssembly, given);
        self.wasmMemory ??= (made.instance ?? made).exports.memory;
        return made;
      };
    }
    self.gpuBytes = 0;
    if (self.GPUDevice) {
      const create = GPUDevice.prototype.createBuffer, end = GPUBuffer.prototype.destroy, live = new WeakSet();
      GPUDevice.prototype.createBuffer = function (what) {
        const buffer = create.call(this, what);
        live.add(buffer);
        self.gpuBytes += buffer.size;
        return buffer;
      };
      GPUBuffer.prototype.destroy = function () {
        if (live.delete(this)) self.gpuBytes -= this.size;
        end.call(this);
      };
    }`;
  (0, eval)(begin);
  const blob = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const Plain = window.Worker;
  window.Worker = class extends Plain {
    constructor(url, options) {
      const own = new URL(url, location.href).href;
      super(blob(`import ${JSON.stringify(blob(begin))}; import ${JSON.stringify(own)};`), options);
    }
  };
}

/** Bytes that a thread's JavaScript holds, those of its WebAssembly memory, which never shrinks, and of its GPU buffers. */
async function look(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const expression = '[self.wasmMemory.buffer.byteLength, self.gpuBytes]';
  const { result } = await session.send('Runtime.evaluate', { expression, returnByValue: true });
  const [wasm, buffers] = result.value;
  return { heap: usedSize, wasm, buffers };
}

/** Bytes of memory that a process has to itself and shares; none where the system does not say. */
async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /VmRSS:\s+(\d+)/.exec(status)?.[1];
  return kilobytes ? 1024 * kilobytes : null;
}

async function processes(browser) {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  const of = (type) => processInfo.filter((one) => one.type === type);
  const gpu = of('GPU')[0]?.id;
  // Of several renderers the one that trains has used the processor most.
  const renderer = of('renderer').sort((a, b) => b.cpuTime - a.cpuTime)[0]?.id;
  return { renderer: await resident(renderer), gpu: await resident(gpu) };
}

async function run() {
  const plain = job.backend === 'cpu';
  const browser = await launch({ ...job, plain });
  try {
    const tab = await browser.newPage({ viewport: { width: 1500, height: 900 } });
    const page = await tab.context().newCDPSession(tab);
    const all = await browser.newBrowserCDPSession();
    const worker = attachWorker(page);
    await tab.addInitScript(watch);
    await tab.goto(`${job.page}/#${job.hash}&backend=${job.backend}`);
    await tab.waitForFunction(() => window.adversaria);
    // Not the promise itself: the inspector may let go of one that the page holds.
    await tab.evaluate(() => window.adversaria.ready.then(() => true));
    const shown = await tab.evaluate(() => document.querySelector('[data-testid=backend]').dataset.value);
    if (shown !== job.backend) throw new Error(`asked for ${job.backend}, the page runs on ${shown}`);
    await tab.evaluate(() => document.querySelector('[data-testid=play]').click());
    const begun = performance.now();
    const passed = () => (performance.now() - begun) / 1000;
    const count = () => tab.evaluate(() => Number(document.querySelector('[data-testid=iteration]').dataset.value));
    for (let turn = 0; passed() < job.seconds; turn++) {
      // Both players' units, by turns.
      await tab.evaluate((node) => document.querySelector(node).click(), turn % 2 ? '.node.d' : '.node.g');
      await sleep(1000 * Math.max(0, job.every * (turn + 1) - passed()));
      const [ours, theirs] = [await look(page), await look(await worker)];
      const { renderer, gpu } = await processes(all);
      const line = { seconds: passed(), iteration: await count(), renderer, gpu };
      Object.assign(line, { pageHeap: ours.heap, pageWasm: ours.wasm, workerHeap: theirs.heap, workerWasm: theirs.wasm });
      line.gpuBuffers = theirs.buffers;
      console.log(JSON.stringify(line));
    }
  } finally {
    await browser.close();
  }
}

await run();
process.exit();
