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

/** The sum over a thread's living objects of a kind; `bytes` is the body of a function of one of them, `it`. */
async function sum(session, kind, bytes) {
  const objectGroup = 'counted';
  const expression = `self.${kind}?.prototype`;
  const { result: prototype } = await session.send('Runtime.evaluate', { expression, objectGroup });
  if (!prototype.objectId) return 0;
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: prototype.objectId, objectGroup });
  const { result } = await session.send('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: `function () { return this.reduce((sum, it) => sum + (${bytes}), 0) }`,
    returnByValue: true,
  });
  await session.send('Runtime.releaseObjectGroup', { objectGroup });
  return result.value;
}

/** Bytes that a thread's JavaScript holds, those of its WebAssembly memory, which never shrinks, and of its GPU buffers. */
async function look(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const wasm = await sum(session, 'WebAssembly.Memory', 'it.buffer.byteLength');
  return { heap: usedSize, wasm, buffers: await sum(session, 'GPUBuffer', 'it.size') };
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
