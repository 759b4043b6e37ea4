// Fifty layers: how activations and gradients keep, lose or blow up their size.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, clamp, sigmoid, short } = live;
  const SIZE = [400, 290];
  const [HEAT, LOG] = [48, 60].map((left) => ({ across: [left, 392], up: [262, 34] }));
  const LAYERS = 50;
  const [N, INPUTS] = [64, 32]; // width of every layer, and size of the batch
  const BINS = 41; // odd: 0 lies in the middle of one
  const SHADES = 8;
  const SEEDS = 10000;
  const STOPS = 16; // of the slider, in each doubling of s
  const [LOW, HIGH] = [1 / 16, 8];

  // Function, derivative from its value, the values that the histogram shows, and
  // whether its outermost rows hold all values beyond too.
  const ACTIVATIONS = {
    identity: { name: "identity (linear)", f: (z) => z, slope: () => 1, range: [-3, 3], open: true },
    tanh: { name: "tanh", f: Math.tanh, slope: (h) => 1 - h * h, range: [-1, 1] },
    sigmoid: { name: "sigmoid", f: sigmoid, slope: (h) => h * (1 - h), range: [0, 1] },
    relu: { name: "ReLU", f: (z) => (z > 0 ? z : 0), slope: (h) => (h > 0 ? 1 : 0), range: [0, 3], open: true },
  };
  const PRESETS = [["σ = 0.01", 0.01 * Math.sqrt(N)], ["Glorot", 1], ["He", Math.SQRT2], ["Gain 5/3", 5 / 3], ["σ = 1", Math.sqrt(N)]];

  // out = factor · a bᵀ, in blocks of 2 × 4 entries whose sums stay in registers.
  function product(a, b, out, factor) {
    for (let i = 0; i < INPUTS; i += 2) {
      for (let j = 0; j < N; j += 4) {
        let p0 = 0, p1 = 0, p2 = 0, p3 = 0, q0 = 0, q1 = 0, q2 = 0, q3 = 0;
        for (let k = 0, r = i * N, c = j * N; k < N; k++, r++, c++) {
          const p = a[r], q = a[r + N];
          const b0 = b[c], b1 = b[c + N], b2 = b[c + 2 * N], b3 = b[c + 3 * N];
          p0 += p * b0; p1 += p * b1; p2 += p * b2; p3 += p * b3;
          q0 += q * b0; q1 += q * b1; q2 += q * b2; q3 += q * b3;
        }
        const [o, u] = [i * N + j, (i + 1) * N + j];
        out[o] = factor * p0; out[o + 1] = factor * p1; out[o + 2] = factor * p2; out[o + 3] = factor * p3;
        out[u] = factor * q0; out[u + 1] = factor * q1; out[u + 2] = factor * q2; out[u + 3] = factor * q3;
      }
    }
  }

  function deviation(values) {
    let [sum, square] = [0, 0];
    for (let k = 0; k < values.length; k++) sum += values[k];
    const mean = sum / values.length;
    for (let k = 0; k < values.length; k++) square += (values[k] - mean) * (values[k] - mean);
    return Math.sqrt(square / values.length);
  }

  live.define("activations", (root, config) => {
    const matrix = (rows) => new Float64Array(rows * N);
    const matrices = (rows) => Array.from({ length: LAYERS }, () => matrix(rows));
    const [x, slope, back, next] = Array.from({ length: 4 }, () => matrix(INPUTS));
    const [weights, turned, h] = [matrices(N), matrices(N), matrices(INPUTS)];
    let key, scale, seed, stds, gradients, counts, dead;

    function drawWeights() {
      const normal = live.normals(live.random(seed));
      [x, slope, ...weights].forEach((values) => values.forEach((_, k) => (values[k] = normal())));
      weights.forEach((W, l) => turned[l].forEach((_, k, T) => (T[k] = W[(k % N) * N + Math.floor(k / N)])));
    }

    // h_l = φ(h_{l−1} W_l), and back from a gradient of the last layer that is drawn.
    function compute() {
      const { f, slope: derivative, range: [low, high] } = ACTIVATIONS[key];
      const factor = scale / Math.sqrt(N); // the weights that are kept have deviation 1
      const wide = BINS / (high - low);
      [counts, dead] = [[], key === "relu" ? [] : null];
      stds = h.map((out, l) => {
        product(l ? h[l - 1] : x, turned[l], out, factor);
        const bins = new Int32Array(BINS);
        for (let k = 0; k < out.length; k++) {
          const value = (out[k] = f(out[k]));
          bins[clamp(Math.floor((value - low) * wide), 0, BINS - 1)]++;
        }
        counts.push(bins);
        if (!dead) return deviation(out);
        const alive = new Uint8Array(N);
        for (let k = 0; k < out.length; k++) if (out[k] > 0) alive[k % N] = 1;
        dead.push(alive.filter((unit) => !unit).length);
        return deviation(out);
      });
      gradients = [];
      back.set(slope);
      for (let l = LAYERS - 1; ; l--) {
        gradients.unshift(deviation(back));
        if (!l) return;
        const out = h[l];
        for (let k = 0; k < back.length; k++) next[k] = back[k] * derivative(out[k]);
        product(next, weights[l], back, factor);
      }
    }

    const view = live.frame(root, SIZE, "Histogram of each layer's activations",
      `Histograms: a column for each layer's ${N} units on ${INPUTS} random inputs; the fuller the colour, the larger the share. Curves: standard deviations by layer on a logarithmic axis; the gradients start at layer ${LAYERS} as random numbers of deviation 1. Dead: off on all ${INPUTS} inputs.`,
      [[SIZE, "Standard deviation of activations and of gradients by layer"]], true);
    const across = [HEAT, LOG].map((plot) => {
      const map = live.scale([0.5, LAYERS + 0.5], plot.across);
      map.marks = [10, 20, 30, 40, 50].map((layer) => [layer, layer === 10 ? "layer 10" : String(layer)]);
      return map;
    });
    const groups = [svg("g"), svg("g")];
    const shades = Array.from({ length: SHADES }, (_, k) =>
      svg("path", { class: "live-class-0", opacity: (k + 1) / SHADES, "shape-rendering": "crispEdges" }));
    const lines = [svg("path", { class: "live-target" }), svg("path", { class: "live-path live-strong live-dashed" })];
    const title = (x, text) => svg("text", { x, y: 24 }, text);
    const samples = lines.map((line, k) => svg("path", { class: line.getAttribute("class"), d: `M${[112, 248][k]} 19h28` }));
    view.pictures[0].append(title(48, "activations"), ...shades, groups[0]);
    view.pictures[1].append(groups[1], live.inside(LOG, ...lines), ...samples, title(60, "std of"), title(146, "activations"), title(282, "gradients"));

    function drawHistograms() {
      const { range, open } = ACTIVATIONS[key];
      const up = live.scale(range, HEAT.up);
      const [low, high] = range;
      up.marks = [low, (low + high) / 2, high].map((v, k) => [v, (open && v ? ["≤ ", "", "≥ "][k] : "") + live.format(v)]);
      live.axes(groups[0], across[0], up, ["", ""]);
      const [width, height] = [across[0](2) - across[0](1), (HEAT.up[0] - HEAT.up[1]) / BINS];
      const paths = shades.map(() => "");
      counts.forEach((bins, l) => bins.forEach((count, k) => {
        if (!count) return;
        // The cube root of the share: else a wide histogram would be too pale to see.
        const shade = Math.ceil(SHADES * Math.cbrt(count / (INPUTS * N))) - 1;
        const [left, top] = [across[0](l + 0.5), HEAT.up[0] - (k + 1) * height];
        paths[shade] += `M${left.toFixed(2)} ${top.toFixed(2)}h${width}v${height}h${-width}z`;
      }));
      shades.forEach((path, k) => path.setAttribute("d", paths[k]));
    }

    function drawDeviations() {
      const logs = [stds, gradients].map((list) => list.map((v) => Math.log10(Math.max(v, 1e-99))));
      const room = (power) => [1, 2, 5, 10, 20, 40, 60, 100].find((limit) => power <= limit);
      const up = live.scale([-room(-Math.min(...logs.flat())), room(Math.max(...logs.flat()))], LOG.up);
      const [low, high] = up.domain;
      const step = [1, 2, 5, 10, 20, 50].find((size) => (high - low) / size <= 5);
      up.marks = live.decades(up.domain, step);
      live.axes(groups[1], across[1], up, ["", ""]);
      lines.forEach((line, k) =>
        line.setAttribute("d", live.trace(logs[k].map((power, l) => [l + 1, power]), across[1], up)));
    }

    const spread = (list) => short(Math.max(...list) / Math.min(...list));
    function told(name, from, to) {
      const factor = to / from;
      if (factor >= 0.1 && factor <= 10) return `${name} keep their size (×\u00a0${short(factor)}).`;
      return factor > 1 ? `${name} explode (×\u00a0${short(factor)}).` : `${name} vanish (÷\u00a0${short(from / to)}).`;
    }

    function draw() {
      compute();
      drawHistograms();
      drawDeviations();
      const last = LAYERS - 1;
      menu.value = key;
      slider.value = Math.log2(scale);
      slider.setAttribute("aria-valuetext", `s = ${live.format(scale)}`);
      buttons.forEach((node, k) => node.setAttribute("aria-pressed", Math.abs(PRESETS[k][1] - scale) < 1e-9));
      const total = dead?.reduce((sum, units) => sum + units, 0);
      view.show(
        { s: live.format(scale), σ: short(scale / Math.sqrt(N)), weights: `no. ${seed}`, dead: dead ? `${total} of ${LAYERS * N}` : "–" },
        [
          `σ = s/√${N}; Glorot: s = 1, He: s = √2`,
          `activations, layer 1 → ${LAYERS}: ${short(stds[0])} → ${short(stds[last])}`,
          `gradients, layer ${LAYERS} → 1: ${short(gradients[last])} → ${short(gradients[0])}`,
          `largest/smallest: ${spread(stds)} | ${spread(gradients)}`,
        ],
        `${told("Activations", stds[0], stds[last])} ${told("Gradients", gradients[last], gradients[0])}`,
      );
    }

    function set(values) {
      const before = seed;
      ({ activation: key, scale, seed } = { activation: key, scale, seed, ...values });
      scale = clamp(scale, LOW, HIGH);
      if (seed !== before) drawWeights();
      draw();
    }

    const ids = live.unique();
    const names = Object.entries(ACTIVATIONS).map(([value, { name }]) => [value, name]);
    const [menuLabel, menu] = live.select("Activation", names, (value) => set({ activation: value }));
    const [sliderLabel, slider] = live.slider("Weight scale s",
      { min: Math.log2(LOW), max: Math.log2(HIGH), step: 1 / STOPS, list: ids }, (power) => set({ scale: 2 ** power }));
    const ticks = [1, Math.SQRT2].map((s) => live.html("option", { value: Math.log2(s) }));
    const buttons = PRESETS.map(([name, s]) => live.button(name, () => set({ scale: s })));
    const reset = () => set(config);
    view.controls.append(
      menuLabel, sliderLabel, live.html("datalist", { id: ids }, ...ticks), ...buttons,
      live.button("New weights", () => set({ seed: (seed + 1) % SEEDS })), live.button("Reset", reset),
    );
    reset();

    return {
      state: () => ({
        activation: key, scale, seed, activation_std: [...stds], gradient_std: [...gradients],
        dead: dead && [...dead], histogram: counts.map((bins) => [...bins]), running: false,
      }),
      set, step: (n = 1) => set({ scale: scale * 2 ** (n / STOPS) }), run() {}, stop() {}, reset,
    };
  });
})();
