// The worker runs the very module that the page runs: the page names its script and hands the module over, compiled.
const { data: [script, module] } = await new Promise((heard) => { self.onmessage = heard; });
// wgpu asks browsers for no subgroups yet, with which threads share what they load (quad.wgsl).
const ask = self.GPUAdapter?.prototype.requestDevice;
if (ask) {
  GPUAdapter.prototype.requestDevice = function (wish = {}) {
    const more = ['subgroups'].filter((feature) => this.features.has(feature));
    return ask.call(this, { ...wish, requiredFeatures: [...(wish.requiredFeatures ?? []), ...more] });
  };
}
const { default: init } = await import(script);
await init({ module_or_path: module });
