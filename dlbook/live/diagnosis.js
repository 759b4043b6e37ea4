// A training run in the page, with a fault that a menu sets or that chance hides.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, random } = live;
  const SIZE = [400, 270];
  const PLOT = { across: [44, 382], up: [238, 10] };
  const [STEPS, BATCH, LOOK, ALONE] = [200, 10, 20, 100]; // ALONE: with three examples
  const [HIDDEN, CLASSES] = [16, 10];
  const RATES = [-5, -4, -3, -2, -1].flatMap((power) => [1, 3].map((m) => Number(`${m}e${power}`))).concat(1);
  const TOPS = [3, 6, 12, 25, 50, 100, 1e3, 1e4, 1e5, 1e6, 1e8, 1e10, 1e12]; // of the axis of losses
  const SHADES = 8;
  const SEEDS = 10000;
  const FAULTS = {
    none: "none",
    pixels: "pixels from 0 to 255",
    labels: "shuffled labels",
    relu: "ReLU on the logits",
    softmax: "softmax twice",
    dead: "dead hidden layer",
  };
  const NAMES = Object.keys(FAULTS);
  const shown = (loss) => (loss < 100 ? loss.toFixed(2) : loss < 1e4 ? String(Math.round(loss)) : "> 9999");

  function shuffled(n, uniform) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  // Writes the softmax of `z` to `out` and returns the log of its denominator.
  function softmax(z, out) {
    const most = Math.max(...z);
    let sum = 0;
    for (let k = 0; k < CLASSES; k++) sum += out[k] = Math.exp(z[k] - most);
    for (let k = 0; k < CLASSES; k++) out[k] /= sum;
    return most + Math.log(sum);
  }

  // pixels → 16 ReLU → 10 logits. All weights are in one array: W, b, W', b'.
  function network(pixels, fault, seed) {
    const [bias, last, end] = [pixels * HIDDEN, (pixels + 1) * HIDDEN, (pixels + 1 + CLASSES) * HIDDEN];
    const normal = live.normals(random(seed));
    const w = new Float64Array(end + CLASSES);
    for (let i = 0; i < bias; i++) w[i] = normal() * Math.sqrt(2 / pixels);
    if (fault === "dead") w.fill(-10, bias, last);
    for (let i = last; i < end; i++) w[i] = normal() * Math.sqrt(2 / (pixels + HIDDEN));

    const zeros = () => new Float64Array(CLASSES);
    const [h, a, z, q, p, slope] = [new Float64Array(HIDDEN), zeros(), zeros(), zeros(), zeros(), zeros()];
    const back = new Float64Array(HIDDEN);

    // The loss of one example. Most pixels are 0 and need no work.
    function loss(x, y) {
      h.set(w.subarray(bias, last));
      for (let i = 0, r = 0; i < pixels; i++, r += HIDDEN) if (x[i])
        for (let j = 0; j < HIDDEN; j++) h[j] += x[i] * w[r + j];
      a.set(w.subarray(end));
      for (let j = 0, r = last; j < HIDDEN; j++, r += CLASSES) {
        if (h[j] < 0) h[j] = 0;
        if (h[j]) for (let k = 0; k < CLASSES; k++) a[k] += h[j] * w[r + k];
      }
      if (fault === "softmax") softmax(a, q);
      for (let k = 0; k < CLASSES; k++)
        z[k] = fault === "softmax" ? q[k] : fault === "relu" ? Math.max(0, a[k]) : a[k];
      return softmax(z, p) - z[y];
    }

    // Adds `share` of the gradient of the example that `loss` has just seen.
    function addGradient(g, x, y, share) {
      for (let k = 0; k < CLASSES; k++) slope[k] = share * (p[k] - (k === y));
      if (fault === "relu") for (let k = 0; k < CLASSES; k++) if (a[k] <= 0) slope[k] = 0;
      if (fault === "softmax") {
        let mean = 0;
        for (let k = 0; k < CLASSES; k++) mean += q[k] * slope[k];
        for (let k = 0; k < CLASSES; k++) slope[k] = q[k] * (slope[k] - mean);
      }
      for (let k = 0; k < CLASSES; k++) g[end + k] += slope[k];
      for (let j = 0, r = last; j < HIDDEN; j++, r += CLASSES) {
        back[j] = 0;
        if (!h[j]) continue;
        for (let k = 0; k < CLASSES; k++) {
          back[j] += w[r + k] * slope[k];
          g[r + k] += h[j] * slope[k];
        }
        g[bias + j] += back[j];
      }
      for (let i = 0, r = 0; i < pixels; i++, r += HIDDEN) if (x[i])
        for (let j = 0; j < HIDDEN; j++) g[r + j] += x[i] * back[j];
    }

    // Adam with Keras's defaults; batches are lists of places in x and y.
    function train(x, y, batches, rate, note = () => {}) {
      const [g, m, v] = [w, w, w].map((like) => new Float64Array(like.length));
      batches.forEach((batch, t) => {
        g.fill(0);
        for (const i of batch) {
          loss(x[i], y[i]);
          addGradient(g, x[i], y[i], 1 / batch.length);
        }
        const step = (rate * Math.sqrt(1 - 0.999 ** (t + 1))) / (1 - 0.9 ** (t + 1));
        for (let i = 0; i < w.length; i++) {
          m[i] += 0.1 * (g[i] - m[i]);
          v[i] += 0.001 * (g[i] * g[i] - v[i]);
          w[i] -= (step * m[i]) / (Math.sqrt(v[i]) + 1e-7);
        }
        note(t + 1);
      });
    }

    // Mean loss and share of right answers.
    function judge(x, y) {
      let [sum, right] = [0, 0];
      x.forEach((image, i) => {
        sum += loss(image, y[i]);
        if (z.indexOf(Math.max(...z)) === y[i]) right++;
      });
      return [sum / x.length, right / x.length];
    }
    return { train, judge };
  }

  live.define("diagnosis", (root, config) => {
    const { side } = config;
    const pixels = side * side;
    const [values, labels] = [live.bytes(config.images), live.bytes(config.labels)];
    const half = labels.length / 2;
    const images = Array.from(labels, (_, i) => Float64Array.from(values.subarray(i * pixels, (i + 1) * pixels)));
    const scaled = images.map((image) => image.map((value) => value / 255));
    const counts = [20, 30, 50, 70, 100, 140, 200, 300].filter((n) => n < half).concat(half);
    let fault, rate, count, seed, secret, guesses, found;

    function compute() {
      const uniform = random(seed + SEEDS);
      const given = fault === "pixels" ? images : scaled;
      const x = given.slice(0, count);
      let y = labels.slice(0, count);
      if (fault === "labels") y = Uint8Array.from(shuffled(count, uniform), (i) => labels[i]);
      const batches = [];
      for (let order = []; batches.length < STEPS; batches.push(order.splice(0, BATCH)))
        if (order.length < BATCH) order = shuffled(count, uniform);
      const run = network(pixels, fault, seed);
      const curve = [];
      const note = (step) => {
        if (step % LOOK) return;
        curve.push([step, run.judge(x, y), run.judge(given.slice(half), labels.slice(half))]);
      };
      note(0);
      run.train(x, y, batches, rate, note);
      // Three examples of different classes, a network of their own.
      const three = [...new Set(y)].slice(0, 3).map((label) => y.indexOf(label));
      const alone = network(pixels, fault, seed);
      alone.train(x, y, Array(ALONE).fill(three), rate);
      found = {
        steps: curve.map(([step]) => step),
        train: curve.map(([, [loss]]) => loss),
        validation: curve.map(([, , [loss]]) => loss),
        accuracy: curve.at(-1)[2][1],
        three: alone.judge(three.map((i) => x[i]), three.map((i) => y[i]))[0],
        means: means(y),
      };
    }

    // The mean image of each class, 0 to 1; a class without an image is blank.
    function means(y) {
      const sums = Array.from({ length: CLASSES }, () => new Float64Array(pixels));
      const sizes = new Int32Array(CLASSES);
      y.forEach((label, i) => {
        sizes[label]++;
        scaled[i].forEach((value, k) => (sums[label][k] += value));
      });
      return sums.map((sum, label) => sum.map((value) => value / Math.max(1, sizes[label])));
    }

    const view = live.frame(root, SIZE, "Training and validation loss by step",
      `${side} × ${side} pixels, ${HIDDEN} ReLU units, 10 logits; Adam, ${STEPS} steps of ${BATCH} images. Thin dashes: ln 10. Beside it step 1 of the recipe, the mean training image of each label. Below: step 3, the first loss, and step 4, the loss on three examples after ${ALONE} steps with them alone.`,
      [[SIZE, "Mean image of each label"]], true);
    const across = live.scale([0, STEPS], PLOT.across);
    const axes = svg("g");
    const lines = ["live-target", "live-path live-strong live-dashed", "live-thin live-dashed"].map((name) => svg("path", { class: name }));
    const legend = ["training", "validation"].flatMap((name, k) => [
      svg("path", { class: lines[k].getAttribute("class"), d: `M${[186, 278][k]} 23h20` }),
      svg("text", { x: [210, 302][k], y: 28, class: "live-halo" }, name),
    ]);
    const shades = Array.from({ length: SHADES }, (_, k) =>
      svg("path", { class: "live-class-0", opacity: (k + 1) / SHADES, "shape-rendering": "crispEdges" }));
    const corner = (label) => [10 + 78 * (label % 5), 34 + 116 * Math.floor(label / 5)];
    const digits = Array.from({ length: CLASSES }, (_, label) => {
      const [x, y] = corner(label);
      return svg("text", { x: x + 34, y: y + 88, "text-anchor": "middle" }, String(label));
    });
    view.pictures[0].append(axes, live.inside(PLOT, ...lines), ...legend);
    view.pictures[1].append(svg("text", { x: 10, y: 22 }, "mean image of each label"), ...shades, ...digits);

    function drawCurves() {
      const { steps, train, validation } = found;
      const top = TOPS.find((limit) => limit >= Math.max(train.at(-1), validation.at(-1)));
      const up = live.scale([0, top], PLOT.up);
      live.axes(axes, across, up, ["steps", ""]);
      [train, validation, steps.map(() => Math.log(CLASSES))].forEach((list, k) =>
        lines[k].setAttribute("d", live.trace(list.map((loss, i) => [steps[i], loss]), across, up)));
    }

    function drawMeans() {
      const paths = shades.map(() => "");
      const size = 68 / side;
      found.means.forEach((mean, label) => mean.forEach((value, k) => {
        const shade = Math.round(SHADES * value) - 1;
        if (shade < 0) return;
        const [x, y] = corner(label);
        const [left, up] = [x + size * (k % side), y + size * Math.floor(k / side)];
        paths[shade] += `M${left.toFixed(2)} ${up.toFixed(2)}h${size}v${size}h${-size}z`;
      }));
      shades.forEach((path, k) => path.setAttribute("d", paths[k]));
    }

    function draw(verdict = "") {
      compute();
      drawCurves();
      drawMeans();
      unknown.hidden = !secret;
      if (!secret) menu.value = fault;
      rateDial.show(RATES.indexOf(rate), String(rate));
      countDial.show(counts.indexOf(count), String(count), `${count} images`);
      const [train, validation] = [found.train, found.validation].map((list) => shown(list.at(-1)));
      view.show(
        {
          "first loss": shown(found.train[0]), "three examples": shown(found.three),
          training: train, validation, accuracy: found.accuracy.toFixed(2), weights: `no. ${seed}`,
        },
        [secret ? "Which fault is it? Choose it and press Guess." : `Fault: ${FAULTS[fault]}.`],
        verdict || `Training loss ${train}, validation loss ${validation} after ${STEPS} steps.`,
      );
    }

    function set(changes) {
      if ("secret" in changes) {
        fault = NAMES[Math.floor(random(changes.secret)() * NAMES.length)];
        [secret, guesses, menu.value] = [true, 0, "secret"];
        ({ learning_rate: rate, training: count } = config);
      } else if ("fault" in changes) [fault, secret] = [changes.fault, false];
      rate = RATES[live.nearest(RATES, changes.learning_rate ?? rate, Math.log)];
      count = counts[live.nearest(counts, changes.training ?? count)];
      seed = changes.seed ?? seed;
      draw();
    }

    function guess(name) {
      guesses++;
      secret = name !== fault;
      draw(secret ? `No, not this: ${FAULTS[name]}.` : `Yes, at guess ${guesses}: ${FAULTS[name]}.`);
    }

    // While the fault is a secret, the arrow keys walk through the menu and guess nothing.
    const choose = (name) => (secret ? undefined : set({ fault: name }));
    const [menuLabel, menu] = live.select("Fault", Object.entries(FAULTS), choose);
    const unknown = live.html("option", { value: "secret" }, "secret");
    menu.prepend(unknown);
    const answer = live.button("Guess", () => {
      if (!secret) draw("There is no secret: press Secret fault.");
      else if (menu.value === "secret") draw("Choose a fault in the menu.");
      else guess(menu.value);
    });
    const rateDial = live.dial("Learning rate", { min: 0, max: RATES.length - 1, step: 1 }, (k) => set({ learning_rate: RATES[k] }));
    const countDial = live.dial("Training images", { min: 0, max: counts.length - 1, step: 1 }, (k) => set({ training: counts[k] }));
    const reset = () => set(config);
    view.controls.append(
      menuLabel, answer, rateDial.label, countDial.label,
      live.button("Secret fault", () => set({ secret: Math.floor(Math.random() * 2 ** 31), seed: Math.floor(Math.random() * SEEDS) })),
      live.button("New weights", () => set({ seed: (seed + 1) % SEEDS })),
      live.button("Reset", reset),
    );
    reset();

    return {
      state: () => ({
        ...found, means: found.means.map((mean) => [...mean]), fault, secret, guesses,
        learning_rate: rate, training: count, seed, running: false,
      }),
      set, guess,
      step: (n = 1) => set({ learning_rate: RATES[Math.min(RATES.indexOf(rate) + n, RATES.length - 1)] }),
      run() {}, stop() {}, reset,
    };
  });
})();
