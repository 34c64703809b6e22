// Keeps the page for visits without a network. What lies in a folder named by a hash never changes and comes from the
// cache; everything else comes from the network when there is one, so that a new build is seen at once.
const CACHE = "adversaria-1";
// What the page's html does not name: the worker's script, the images that the first MNIST scene waits for, and what
// was trained before.
const UNNAMED = ["worker.js", "data/mnist-train-a.bin.gz", ...["ring8", "gaussians", "bimodal"].map((name) => `warm/${name}.safetensors`)];
const HASHED = /\/app-[0-9a-f]{16}\//;

const here = (name) => new URL(name, self.registration.scope).href;

/** The page's own files named in its html, as absolute addresses. */
function named(html) {
  const names = [...html.matchAll(/(?:href|src)="([^"]+)"|['"](\.?\/?[\w./-]+\.(?:js|wasm))['"]/g)];
  const urls = names.map((match) => here(match[1] ?? match[2]));
  return new Set(urls.filter((url) => url.startsWith(self.registration.scope)));
}

/** Caches what this html needs and drops what only an earlier build needed. */
async function keep(response) {
  const cache = await caches.open(CACHE);
  await cache.put(here("./"), response.clone());
  const wanted = named(await response.text());
  const had = new Set((await cache.keys()).map((request) => request.url));
  for (const url of had) {
    if (HASHED.test(url) && !wanted.has(url)) await cache.delete(url);
  }
  const missing = [...wanted, ...UNNAMED.map(here)].filter((url) => !had.has(url) || !HASHED.test(url));
  // One file that cannot be had must not cost the others.
  await Promise.allSettled(missing.filter((url) => !had.has(url)).map((url) => cache.add(url)));
}

async function fromNetwork(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok && request.method === "GET") await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

async function fromCache(request) {
  return (await caches.match(request)) ?? fromNetwork(request);
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(fetch(here("./"), { cache: "no-cache" }).then(keep));
});

self.addEventListener("activate", (event) => {
  const others = caches.keys().then((keys) => keys.filter((key) => key.startsWith("adversaria-") && key !== CACHE));
  event.waitUntil(others.then((keys) => Promise.all(keys.map((key) => caches.delete(key)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(HASHED.test(request.url) ? fromCache(request) : fromNetwork(request));
});
