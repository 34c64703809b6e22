// The worker runs the very module that the page runs: the page names its script and hands the module over, compiled.
const { data: [script, module] } = await new Promise((heard) => { self.onmessage = heard; });
const { default: init } = await import(script);
await init({ module_or_path: module });
