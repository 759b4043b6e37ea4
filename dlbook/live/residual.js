// A deep stack, plain, residual and highway: how signal and gradient fare.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, clamp, sigmoid, format, short } = live;
  const SIZE = [400, 322];
  const PLOT = { across: [60, 388], up: [272, 34] };
  const N = 24; // units of each layer
  const BATCH = 32;
  const [MOST, SCALE, BIAS, SEEDS] = [60, 2, 6, 10000];
  const LEAST = 16; // powers of ten that the axes go up and down at most
  const KINDS = {
    plain: ["plain: f", "h ← f"],
    residual: ["residual: h + f", "h ← h + f"],
    highway: ["highway: t·f + (1 − t)·h", "h ← t·f + (1 − t)·h, t = σ(hV + b)"],
  };
  const NAMES = Object.keys(KINDS);

  // factor · a (BATCH × N) times w or its transpose (N × N), four entries at a time.
  function product(a, w, factor, turned = false) {
    const out = new Float64Array(BATCH * N);
    const [row, column] = turned ? [1, N] : [N, 1];
    for (let i = 0; i < BATCH * N; i += N) for (let j = 0; j < N; j += 4) {
      let p = 0, q = 0, r = 0, s = 0;
      for (let k = 0, at = j * column; k < N; k++, at += row) {
        const v = a[i + k];
        p += v * w[at]; q += v * w[at + column]; r += v * w[at + 2 * column]; s += v * w[at + 3 * column];
      }
      out[i + j] = factor * p; out[i + j + 1] = factor * q; out[i + j + 2] = factor * r; out[i + j + 3] = factor * s;
    }
    return out;
  }
  // Plain loops: a typed array's own map and reduce would cost a frame.
  function each(values, f) {
    const out = new Float64Array(values.length);
    for (let k = 0; k < out.length; k++) out[k] = f(values[k], k);
    return out;
  }
  function mean(values) {
    let sum = 0;
    for (const v of values) sum += v;
    return sum / values.length;
  }
  function norm(values, middle = 0) {
    let sum = 0;
    for (const v of values) sum += (v - middle) * (v - middle);
    return Math.sqrt(sum);
  }
  const deviation = (values) => norm(values, mean(values)) / Math.sqrt(values.length);

  live.define("residual", (root, config) => {
    let depth, kind, scale, bias, seed, draws, stacks;

    function drawWeights() {
      const normal = live.normals(live.random(seed));
      const matrix = (size) => Float64Array.from({ length: size }, normal);
      const [x, slope] = [matrix(BATCH * N), matrix(BATCH * N)];
      draws = { x, slope, layers: Array.from({ length: MOST }, () => [matrix(N * N), matrix(N * N)]) };
    }

    function run(name) {
      const factor = scale / Math.sqrt(N);
      const layers = draws.layers.slice(0, depth);
      let h = draws.x;
      const signal = [h];
      const saved = layers.map(([W, V]) => {
        const f = each(product(h, W, factor), (z) => (z > 0 ? z : 0));
        const t = name === "highway" ? each(product(h, V, factor), (z) => sigmoid(z + bias)) : null;
        const before = h;
        h = each(f, (v, k) => (t ? t[k] * v + (1 - t[k]) * before[k] : name === "residual" ? before[k] + v : v));
        signal.push(h);
        return { f, t, h: before };
      });
      let g = draws.slope;
      const norms = [norm(g)];
      for (let l = depth - 1; l >= 0; l--) {
        const { f, t, h: before } = saved[l];
        const [W, V] = layers[l];
        const through = product(each(g, (v, k) => (f[k] > 0 ? (t ? t[k] * v : v) : 0)), W, factor, true);
        if (t) {
          const gate = product(each(g, (v, k) => v * (f[k] - before[k]) * t[k] * (1 - t[k])), V, factor, true);
          g = each(g, (v, k) => (1 - t[k]) * v + through[k] + gate[k]);
        } else g = name === "residual" ? each(g, (v, k) => v + through[k]) : through;
        norms.unshift(norm(g));
      }
      const gate = name === "highway" ? saved.map(({ t }) => mean(t)) : null;
      return { activation_std: signal.map(deviation), gradient_norm: norms.map((v) => v / norms[depth]), gate };
    }

    const view = live.frame(root, SIZE, "Standard deviation of the activations by layer",
      "Both vertical axes are logarithmic. Thick: the network chosen; thin: the other two, from the same weights. The gradient starts at the last layer as random numbers and runs to the left; drawn is its norm, divided by that at the start.",
      [[SIZE, "Norm of the gradient by layer"]], true);
    const plots = view.pictures.map((picture, side) => {
      const axes = svg("g");
      const lines = NAMES.map((name, k) => svg("path", { class: `live-stack-line live-racer-${k}` }));
      const legend = NAMES.flatMap((name, k) => [
        svg("path", { d: `M${60 + 112 * k} 310h28`, class: `live-stack-line live-legend live-racer-${k}` }), svg("text", { x: 94 + 112 * k, y: 315 }, name),
      ]);
      const title = svg("text", { x: PLOT.across[0], y: 18 }, ["Standard deviation of h, by layer", "Norm of the gradient by h, by layer"][side]);
      picture.append(title, axes, live.inside(PLOT, ...lines), ...legend);
      return { axes, lines };
    });

    function plot({ axes, lines }, key) {
      const logs = NAMES.map((name) => stacks[name][key].map((v) => clamp(Math.log10(v), -99, 99)));
      const room = (power) => [1, 2, 4, 8, LEAST].find((limit) => power <= limit) ?? LEAST;
      const up = live.scale([-room(-Math.min(...logs.flat())), room(Math.max(...logs.flat()))], PLOT.up);
      const across = live.scale([0, depth], PLOT.across);
      const [low, high] = up.domain;
      const size = [1, 2, 4, 8].find((step) => (high - low) / step <= 6);
      up.marks = live.decades(up.domain, size);
      const step = [1, 2, 5, 10, 20].find((every) => depth / every <= 6);
      across.marks = Array.from({ length: Math.floor(depth / step) + 1 }, (_, k) => [k * step, String(k * step)]);
      live.axes(axes, across, up, ["", ""]);
      lines.forEach((line, k) => {
        line.classList.toggle("live-front", NAMES[k] === kind);
        line.setAttribute("d", live.trace(logs[k].map((v, l) => [l, v]), across, up));
      });
    }

    function told(name, factor) {
      return `${name} ${factor > 10 ? "explodes" : !factor ? "is 0" : factor < 0.1 ? "vanishes" : "keeps its size"}.`;
    }

    function draw() {
      stacks = Object.fromEntries(NAMES.map((name) => [name, run(name)]));
      plots.forEach((parts, side) => plot(parts, ["activation_std", "gradient_norm"][side]));
      menu.value = kind;
      dials.forEach(({ show }, k) => {
        const now = [depth, scale, bias][k];
        show(now, format(Number(now.toFixed(2))));
      });
      buttons.forEach(([node, s]) => node.setAttribute("aria-pressed", Math.abs(s - scale) < 1e-9));
      const { activation_std: std, gradient_norm: norms } = stacks[kind];
      const { gate } = stacks.highway;
      view.show({ weights: `no. ${seed}`, "mean gate": (gate.reduce((sum, t) => sum + t, 0) / depth).toFixed(3) }, [
        `${KINDS[kind][1]}; f = relu(hW)`, `Weights: σ = s/√${N} = ${short(scale / Math.sqrt(N))}`,
        "Change, signal | gradient:",
        ...NAMES.map((name) => `${name}: ×\u00a0${short(stacks[name].activation_std[depth] / std[0])} | ×\u00a0${short(stacks[name].gradient_norm[0])}`),
      ], `${depth} layers, ${kind}: ${told("the signal", std[depth] / std[0])} ${told("The gradient", norms[0])}`);
    }

    function set(values) {
      const before = seed;
      ({ depth, kind, scale, gate_bias: bias, seed } = { depth, kind, scale, gate_bias: bias, seed, ...values });
      [depth, scale, bias] = [clamp(Math.round(depth), 1, MOST), clamp(scale, 0, SCALE), clamp(bias, -BIAS, BIAS)];
      if (seed !== before) drawWeights();
      draw();
    }

    const [menuLabel, menu] = live.select("Network", NAMES.map((name) => [name, KINDS[name][0]]), (value) => set({ kind: value }));
    const dials = [
      ["Depth", { min: 1, max: MOST, step: 1 }, "depth"], ["Weight scale s", { min: 0, max: SCALE, step: 0.02 }, "scale"],
      ["Gate bias b", { min: -BIAS, max: BIAS, step: 0.1 }, "gate_bias"],
    ].map(([name, range, key]) => live.dial(name, range, (v) => set({ [key]: v })));
    const buttons = [["s = 0", 0], ["s = 0.3", 0.3], ["Glorot", 1], ["He", Math.SQRT2]].map(([name, s]) => [live.button(name, () => set({ scale: s })), s]);
    const reset = () => set(config);
    view.controls.append(
      menuLabel, ...dials.map(({ label }) => label), ...buttons.map(([node]) => node),
      live.button("New weights", () => set({ seed: (seed + 1) % SEEDS })), live.button("Reset", reset),
    );
    reset();

    return {
      state: () => ({
        depth, kind, scale, gate_bias: bias, seed, activation_std: [...stacks[kind].activation_std], gradient_norm: [...stacks[kind].gradient_norm],
        gate: [...stacks.highway.gate],
        stacks: Object.fromEntries(NAMES.map((name) => [name, { activation_std: [...stacks[name].activation_std], gradient_norm: [...stacks[name].gradient_norm] }])),
        running: false,
      }),
      set, step: (n = 1) => set({ depth: depth + n }), run() {}, stop() {}, reset,
    };
  });
})();
