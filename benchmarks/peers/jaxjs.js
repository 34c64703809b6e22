// jax-js: one jitted function is the whole iteration. Arrays are reference counted: a call consumes its arguments unless
// they are given as `.ref`. Its optimisers are written out here, since its optax is not on npm.
import { defaultDevice, init, jit, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';
import { expose, makeBatches } from './measure.js';

function initNet({ widths }, inputs) {
  return widths.map((width, i) => {
    const fanIn = i ? widths[i - 1] : inputs;
    const key = random.key(Math.random() * 2 ** 31);
    return { w: random.normal(key, [fanIn, width]).mul(1 / Math.sqrt(fanIn)), b: np.zeros([width]) };
  });
}

function activate(x, name) {
  if (name === null) return x;
  if (name === 'relu') return nn.relu(x);
  if (name === 'tanh') return np.tanh(x);
  return nn.leakyRelu(x, +name.slice('leaky'.length));
}

function forward({ widths, hidden, last }, params, x) {
  params.forEach(({ w, b }, i) => {
    x = activate(np.matmul(x, w).add(b), i + 1 < widths.length ? hidden : last);
  });
  return x;
}

const sgd = (lr) => ({
  init: () => ({}),
  update: (params, grads, state) => [tree.map((p, g) => p.sub(g.mul(lr)), params, grads), state],
});

const adam = (lr, b1 = 0.9, b2 = 0.999, eps = 1e-8) => ({
  init: (params) => ({
    t: np.array(0),
    m: tree.map((p) => np.zeros(p.shape), params),
    v: tree.map((p) => np.zeros(p.shape), params),
  }),
  update(params, grads, { t, m, v }) {
    t = t.add(1);
    m = tree.map((m, g) => m.mul(b1).add(g.mul(1 - b1)), m, tree.ref(grads));
    v = tree.map((v, g) => v.mul(b2).add(np.square(g).mul(1 - b2)), v, grads);
    const correct = (b) => np.array(1).sub(np.exp(t.ref.mul(Math.log(b))));
    const rate = np.sqrt(correct(b2)).div(correct(b1)).mul(lr);
    const move = (p, m, v) => p.sub(m.mul(rate.ref).div(np.sqrt(v).add(eps)));
    params = tree.map(move, params, tree.ref(m), tree.ref(v));
    rate.dispose();
    return [params, { t, m, v }];
  },
});

function makeIteration(work, optimizer) {
  const noise = work.noise === 'uniform' ? random.uniform : random.normal;
  const fake = (g, key) => forward(work.g, g, noise(key, [work.batch, work.z]));
  const real = (logits) => np.mean(nn.softplus(logits.mul(-1)));
  const notReal = (logits) => np.mean(nn.softplus(logits));
  const objectiveD = (d, x, y) => real(forward(work.d, tree.ref(d), x)).add(notReal(forward(work.d, d, y)));
  const objectiveG = (g, d, key) => real(forward(work.d, d, fake(g, key)));

  return jit((state, x) => {
    let { g, d, ofG, ofD } = state;
    const keys = random.split(state.key, 3);
    const [keyD, keyG, key] = [keys.ref.slice(0), keys.ref.slice(1), keys.slice(2)];
    const [lossD, gradD] = valueAndGrad(objectiveD)(tree.ref(d), x, fake(tree.ref(g), keyD));
    [d, ofD] = optimizer.update(d, gradD, ofD);
    const [lossG, gradG] = valueAndGrad(objectiveG)(tree.ref(g), tree.ref(d), keyG);
    [g, ofG] = optimizer.update(g, gradG, ofG);
    return [{ g, d, ofG, ofD, key }, lossD, lossG];
  });
}

expose(async (backend, work) => {
  if (!(await init(backend)).includes(backend)) throw new Error(`jax-js has no ${backend} here`);
  defaultDevice(backend);
  const optimizer = { sgd, adam }[work.optimizer](work.lr);
  const iterate = makeIteration(work, optimizer);
  const [g, d] = [initNet(work.g, work.z), initNet(work.d, work.x)];
  let state = { g, d, ofG: optimizer.init(g), ofD: optimizer.init(d), key: random.key(0) };
  const batches = makeBatches(work).map((batch) => np.array(batch).reshape([work.batch, work.x]));
  let count = 0;
  let last = [];
  return {
    step() {
      tree.dispose(last);
      [state, ...last] = iterate(state, batches[count++ % batches.length].ref);
    },
    losses: () => Promise.all(last.map(async (loss) => (await loss.ref.data())[0])),
  };
});
