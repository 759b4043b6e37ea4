// Random-feature regression: the fit, and the errors against the number of features.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, fill, clamp, format, nearest, rounded } = live;
  const SIZE = [400, 320];
  const [DATA, ERROR] = [{ across: [36, 392], up: [292, 10] }, { across: [44, 380], up: [292, 10] }];
  const WAVES = 64; // cosines in a feature
  const TESTS = 100;
  const DRAWS = 9;
  const PICKS = Array.from({ length: DRAWS }, (_, k) => k + 1);
  const DECADES = [-2, 2]; // of the errors
  const RIDGES = [0, ...[-6, -5, -4, -3, -2, -1, 0].flatMap((power) => [1, 3].map((m) => Number(`${m}e${power}`))), 10];
  const CURVE = Array.from({ length: 401 }, (_, k) => k / 400);

  const target = (x) => Math.sin(2 * Math.PI * x);
  const waves = (x) => Float64Array.from({ length: WAVES }, (_, k) => Math.cos(Math.PI * k * x) / (k + 1));

  function dot(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

  // Modified Gram and Schmidt: columns = Q R, with Q and R as lists, Q of columns, R of rows.
  function qr(columns) {
    const R = columns.map(() => new Float64Array(columns.length));
    const Q = [];
    columns.forEach((column, j) => {
      const v = Float64Array.from(column);
      for (let i = 0; i < j; i++) {
        const share = (R[i][j] = dot(Q[i], v));
        for (let k = 0; k < v.length; k++) v[k] -= share * Q[i][k];
      }
      R[j][j] = Math.sqrt(dot(v, v));
      Q.push(v.map((entry) => entry / R[j][j]));
    });
    return { Q, R };
  }

  // min |A z − y|² + λ|z|² by the QR decomposition of [A; √λ I] with y beside it.
  function solve(A, y, ridge) {
    const m = A.length;
    const below = ridge ? m : 0;
    const stacked = [...A, y].map((column, j) => {
      const long = new Float64Array(y.length + below);
      long.set(column);
      if (ridge && j < m) long[y.length + j] = Math.sqrt(ridge);
      return long;
    });
    const { R } = qr(stacked);
    const z = new Float64Array(m);
    for (let i = m - 1; i >= 0; i--) {
      let rest = R[i][m];
      for (let k = i + 1; k < m; k++) rest -= R[i][k] * z[k];
      z[i] = rest / R[i][i];
    }
    return z;
  }

  function combine(columns, weights) {
    const sum = new Float64Array(columns[0].length);
    columns.forEach((column, j) => {
      for (let i = 0; i < sum.length; i++) sum[i] += weights[j] * column[i];
    });
    return sum;
  }

  live.define("double_descent", (root, config) => {
    const { samples: n, noise } = config;
    const most = 10 * n;
    let { draw: pick, ridge } = config;

    // The numbers of features: an equal factor apart, and one by one round n.
    const counts = new Set([config.features]);
    for (let p = 1; p < most; p *= 1.12) counts.add(Math.round(p));
    for (let p = n - 4; p <= n + 4; p++) counts.add(p);
    const grid = [...counts.add(most)].sort((a, b) => a - b);
    let at = grid.indexOf(config.features);

    const waveCurve = CURVE.map(waves);

    // For each number of features the least-squares problem in min(n, p) unknowns z. With
    // p > n the weights are Q z, in the span of the rows: the shortest among equals.
    const prepared = [];
    function prepare(draw) {
      if (prepared[draw]) return prepared[draw];
      const uniform = live.random(draw);
      const normal = live.normals(uniform);
      const noisy = (x) => target(x) + noise * normal();
      const x = Array.from({ length: n }, (_, i) => (i + uniform()) / n);
      const y = Float64Array.from(x, noisy);
      const xTest = Array.from({ length: TESTS }, uniform);
      const yTest = Float64Array.from(xTest, noisy);
      const G = Array.from({ length: most }, () => Float64Array.from({ length: WAVES }, normal));
      const columns = (places) => {
        const basis = places.map(waves);
        return G.map((g) => Float64Array.from(basis, (b) => dot(g, b)));
      };
      const [train, test] = [columns(x), columns(xTest)];
      const problems = grid.map((p) => {
        const scaled = (list) => list.slice(0, p).map((column) => column.map((v) => v / Math.sqrt(p)));
        const [A, T] = [scaled(train), scaled(test)];
        if (p <= n) return { A, T, Q: null };
        const { Q, R } = qr(x.map((_, i) => Float64Array.from(A, (column) => column[i])));
        return { A: R, T: Q.map((q) => combine(T, q)), Q };
      });
      return (prepared[draw] = { x, y, xTest, yTest, G, problems, errors: new Map() });
    }

    // Errors and the weights' length at each number of features.
    function errors(draw) {
      const { y, yTest, problems, errors: known } = prepare(draw);
      if (!known.has(ridge)) known.set(ridge, problems.map(({ A, T }) => {
        const z = solve(A, y, ridge);
        const error = (columns, labels) => mean(combine(columns, z).map((v, i) => (v - labels[i]) ** 2));
        return { train: error(A, y), test: error(T, yTest), norm: Math.sqrt(dot(z, z)) };
      }));
      return known.get(ridge);
    }

    // The middle of the nine draws, at each number of features.
    function medians() {
      const all = PICKS.map(errors);
      return grid.map((_, k) => Object.fromEntries(["train", "test"].map((key) =>
        [key, all.map((list) => list[k][key]).sort((a, b) => a - b)[(DRAWS - 1) / 2]])));
    }

    function fit() {
      const { y, G, problems } = prepare(pick);
      const { A, Q } = problems[at];
      const z = solve(A, y, ridge);
      const weights = Q ? combine(Q, z) : z;
      const shares = combine(G.slice(0, grid[at]), weights).map((v) => v / Math.sqrt(grid[at]));
      return { weights, curve: waveCurve.map((wave) => dot(wave, shares)) };
    }

    const view = live.frame(root, SIZE, "The data, the function behind them and the fit",
      "First picture: this draw's data, the function behind them (dashed) and the fit. Second, both axes logarithmic: errors against the number of features p. Thick: medians of nine draws of data and features; thin: each draw's test error; dots: this draw's errors.",
      [[SIZE, "Training and test error against the number of features"]], true);
    const across = live.scale([-0.02, 1.02], DATA.across);
    const up = live.scale([-2.5, 2.5], DATA.up);
    const countAcross = live.scale([0, Math.log10(most)], ERROR.across);
    const errorUp = live.scale(DECADES, ERROR.up);
    countAcross.marks = [1, 3, 10, n, 100, most].filter((p, k, all) => all.indexOf(p) === k).map((p) => [Math.log10(p), String(p)]);
    errorUp.marks = live.decades(DECADES);
    const [axes, errorAxes, dots] = Array.from({ length: 3 }, () => svg("g"));
    live.axes(axes, across, up, ["x", "y"]);
    live.axes(errorAxes, countAcross, errorUp, ["features p", ""]);
    const circles = Array.from({ length: n }, () => svg("circle", { r: 4.5, class: "live-class-0" }));
    const truth = svg("path", { class: "live-thin live-dashed" });
    const curve = svg("path", { class: "live-path live-strong" });
    const threshold = svg("path", { class: "live-thin live-dashed", d: `M${countAcross(Math.log10(n))} ${ERROR.up[0]}V${ERROR.up[1]}` });
    const others = svg("path", { class: "live-path live-faint" });
    const train = svg("path", { class: "live-target live-dashed" });
    const test = svg("path", { class: "live-path live-big-line" });
    const own = svg("path", { class: "live-path" });
    const now = svg("path", { class: "live-thin" });
    const marks = [0, 1].map((d) => svg("circle", { r: 6, class: `live-class-${d}` }));
    const legend = ["test error", "train error"].flatMap((name, k) => [
      svg("path", { d: `M54 ${30 + 24 * k}h24`, class: ["live-path live-big-line", "live-target live-dashed"][k] }),
      svg("text", { x: 84, y: 35 + 24 * k, class: "live-halo" }, name),
    ]);
    dots.append(...circles);
    view.pictures[0].append(axes, live.inside(DATA, truth, curve, dots));
    view.pictures[1].append(errorAxes, live.inside(ERROR, threshold, others, own, train, test, now, ...marks), ...legend);
    const trace = (values) => live.trace(values.map((v, k) => [CURVE[k], v]), across, up);
    truth.setAttribute("d", trace(CURVE.map(target)));

    const shown = (error) => clamp(Math.log10(error), DECADES[0] - 1, DECADES[1] + 1);
    const line = (list, key) => live.trace(list.map((e, k) => [Math.log10(grid[k]), shown(e[key])]), countAcross, errorUp);

    // The other draws are computed one by one, so that the page stays quick; until all
    // are there, their lines stay as they were.
    let waiting = false;
    function drawErrors() {
      own.setAttribute("d", line(errors(pick), "test"));
      const next = PICKS.find((k) => !prepared[k]?.errors.has(ridge));
      if (!next) {
        const middle = medians();
        train.setAttribute("d", line(middle, "train"));
        test.setAttribute("d", line(middle, "test"));
        others.setAttribute("d", PICKS.filter((k) => k !== pick).map((k) => line(errors(k), "test")).join(""));
      } else if (!waiting) {
        waiting = true;
        setTimeout(() => {
          waiting = false;
          if (!root.isConnected) return;
          errors(next);
          drawErrors();
        });
      }
    }

    function draw() {
      const [p, list] = [grid[at], errors(pick)];
      const here = list[at];
      const { curve: values } = fit();
      curve.setAttribute("d", trace(values));
      const { x, y } = prepare(pick);
      circles.forEach((circle, i) => fill(circle, { cx: across(x[i]), cy: up(y[i]) }));
      const cx = countAcross(Math.log10(p));
      now.setAttribute("d", `M${cx} ${ERROR.up[0]}V${ERROR.up[1]}`);
      fill(marks[0], { cx, cy: errorUp(shown(here.train)) });
      fill(marks[1], { cx, cy: errorUp(shown(here.test)) });
      drawErrors();
      countSlider.value = at;
      countSlider.setAttribute("aria-valuetext", `${p} features`);
      ridgeSlider.value = nearest(RIDGES, ridge);
      ridgeSlider.setAttribute("aria-valuetext", format(ridge));
      loop.show();
      const top = list.reduce((best, e, k) => (e.test > list[best].test ? k : best), 0);
      const short = (v) => (v < 1e-12 ? "≈ 0" : rounded(v));
      view.show({ p, λ: format(ridge), train: short(here.train), test: short(here.test), "‖w‖": short(here.norm), draw: pick }, [
        `f(x) = Σⱼ wⱼ φⱼ(x) / √p, ${n} data; φⱼ is a random sum of cosines.`,
        ridge ? "w minimizes Σ (f(xᵢ) − yᵢ)² + λ‖w‖²." : p > n
          ? "Many w pass through all data; this is the shortest." : "w minimizes Σ (f(xᵢ) − yᵢ)².",
      ], loop.running ? "Running." : `p = ${p}, n = ${n}: test error ${short(here.test)}. Largest in this draw: ${short(list[top].test)}, at p = ${grid[top]}.`);
    }

    function change(edit) {
      loop.running = false;
      edit();
      draw();
    }

    function advance() {
      at = Math.min(at + 1, grid.length - 1);
      return at < grid.length - 1;
    }

    const loop = live.runner(root, advance, draw, () => {
      if (at === grid.length - 1) at = 0;
    });
    const reset = () => change(() => {
      at = grid.indexOf(config.features);
      ({ ridge, draw: pick } = config);
    });
    const [countLabel, countSlider] = live.slider("Features p", { min: 0, max: grid.length - 1, step: 1 }, (k) => change(() => (at = k)));
    const [ridgeLabel, ridgeSlider] = live.slider("Ridge λ", { min: 0, max: RIDGES.length - 1, step: 1 }, (k) => change(() => (ridge = RIDGES[k])));
    view.controls.append(
      countLabel, ridgeLabel,
      live.button("Step", () => change(advance)),
      loop.button,
      live.button("Reset", reset),
      live.button("p = n", () => change(() => (at = grid.indexOf(n)))),
      live.button("Next draw", () => change(() => (pick = (pick % DRAWS) + 1))),
    );
    draw();

    return {
      state: () => {
        const { weights, curve: values } = fit();
        const pluck = (list, key) => list.map((e) => e[key]);
        const { x, y, xTest, yTest } = prepare(pick);
        const [all, middle] = [errors(pick), medians()];
        return {
          features: grid[at], ridge, draw: pick, running: loop.running, x, y: [...y], x_test: xTest, y_test: [...yTest],
          grid, train: pluck(all, "train"), test: pluck(all, "test"), norms: pluck(all, "norm"),
          median_train: pluck(middle, "train"), median_test: pluck(middle, "test"), weights: [...weights], curve: values,
        };
      },
      set: (values) => change(() => {
        at = values.features ? nearest(grid, values.features) : at;
        ridge = values.ridge ?? ridge;
        pick = values.draw ?? pick;
      }),
      step: (steps = 1) => change(() => { for (; steps > 0 && advance(); steps--); }),
      run: loop.start, stop: loop.stop, reset,
    };
  });
})();
