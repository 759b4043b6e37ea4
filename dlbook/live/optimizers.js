// A race of optimizers on a loss of two weights, from a start that the reader sets.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { html, svg, fill, clamp, format, rounded } = live;
  const SIZE = [400, 372];
  const PLOT = { across: [36, 392], up: [344, 10] };
  const MAX_STEPS = 2000;
  const FAR = 1e6;
  const NEAR = 1e-3; // of the least loss: arrived
  const STAY = 20; // steps in a row within NEAR, then the race is over for one
  const [RHO, BETA_2, EPSILON, SUM] = [0.9, 0.999, 1e-7, 0.1]; // Keras's defaults

  // New weight from a weight, its slope, its own state s, the rate and the momentum: in
  // the order of operations of dlbook.scratch.optimizer, so that the numbers agree.
  const RULES = {
    sgd: { name: "gradient descent", kind: 0, step: (w, g, s, rate) => w - rate * g },
    momentum: { name: "momentum", kind: 1, step: (w, g, s, rate, beta) => w + (s.v = beta * (s.v ?? 0) - rate * g) },
    nesterov: { name: "Nesterov", kind: 1, step: (w, g, s, rate, beta) => {
      s.v = beta * (s.v ?? 0) - rate * g;
      return w + beta * s.v - rate * g;
    } },
    adagrad: { name: "Adagrad", kind: 2, step: (w, g, s, rate) => {
      s.total = (s.total ?? SUM) + g * g;
      return w - (rate * g) / Math.sqrt(s.total + EPSILON);
    } },
    rmsprop: { name: "RMSprop", kind: 2, step: (w, g, s, rate) => {
      s.mean = RHO * (s.mean ?? 0) + (1 - RHO) * (g * g);
      return w - (rate * g) / Math.sqrt(s.mean + EPSILON);
    } },
    adam: { name: "Adam", kind: 2, step: (w, g, s, rate, beta) => {
      s.t = (s.t ?? 0) + 1;
      s.m = beta * (s.m ?? 0) + (1 - beta) * g;
      s.v = BETA_2 * (s.v ?? 0) + (1 - BETA_2) * (g * g);
      const size = (rate * Math.sqrt(1 - BETA_2 ** s.t)) / (1 - beta ** s.t);
      return w - (size * s.m) / (Math.sqrt(s.v) + EPSILON);
    } },
  };
  const SHAPES = ["M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z", "M0-7L7 6H-7z", "M-5-5h10v10h-10z",
    "M0-8L8 0L0 8L-8 0z", "M0 7L7-6H-7z", "M-2-7h4v5h5v4h-5v5h-4v-5h-5v-4h5z"];

  // rates: by kind, gradient descent, with momentum, adaptive (a step is about as long
  // as the rate).
  const SURFACES = {
    ravine: {
      name: "ravine, ½(x² + 20y²)", minima: [[0, 0]], window: [[-3, 3], [-2, 2]], start: [-2.5, 1.5],
      rates: [0.09, 0.04, 0.2], L: 20,
      f: (x, y) => (x * x + 20 * y * y) / 2, slope: (x, y) => [x, 20 * y],
    },
    tilted: {
      name: "the ravine, turned by 45°", minima: [[0, 0]], window: [[-3, 3], [-2.8, 2.8]], start: [-2.5, -0.5],
      rates: [0.09, 0.04, 0.2], L: 20,
      f: (x, y) => ((x + y) * (x + y) + 20 * (x - y) * (x - y)) / 4,
      slope: (x, y) => [(x + y + 20 * (x - y)) / 2, (x + y - 20 * (x - y)) / 2],
    },
    rosenbrock: {
      name: "Rosenbrock, (1 − x)² + 100(y − x²)²", minima: [[1, 1]], window: [[-2, 2], [-1, 3]], start: [-1.2, 1],
      rates: [0.0005, 0.0005, 0.05], why: "A bent valley with a flat floor: finding it is easy, following it is not.",
      f: (x, y) => (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x),
      slope: (x, y) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
    },
    beale: {
      name: "Beale, flat with steep corners", minima: [[3, 0.5]], window: [[-1, 4.5], [-2, 2]], start: [1, 1.2],
      rates: [0.005, 0.005, 0.1], why: "f = Σₖ (cₖ − x + xyᵏ)², k = 1, 2, 3, c = 1.5, 2.25, 2.625: steep at the corners, flat in the middle.",
      f: (x, y) => [1.5, 2.25, 2.625].reduce((sum, c, k) => sum + (c - x + x * y ** (k + 1)) ** 2, 0),
      slope: (x, y) => [1.5, 2.25, 2.625].reduce(([a, b], c, k) => {
        const rest = 2 * (c - x + x * y ** (k + 1));
        return [a + rest * (y ** (k + 1) - 1), b + rest * (k + 1) * x * y ** k];
      }, [0, 0]),
    },
    saddle: {
      name: "saddle, x²/2 − y²/2 + y⁴/4", minima: [[0, 1], [0, -1]], window: [[-2, 2], [-1.7, 1.7]], start: [-1.8, 0.001],
      rates: [0.1, 0.1, 0.05], why: "Between two minima the slope vanishes at (0, 0). From y = 0 nothing leaves it.",
      f: (x, y) => (x * x - y * y) / 2 + (y * y * y * y) / 4, slope: (x, y) => [x, y * y * y - y],
    },
  };
  const RATES = [-4, -3, -2, -1, 0].flatMap((power) =>
    [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 9].map((m) => Number(`${m}e${power}`)));

  live.define("optimizers", (root, config) => {
    let { momentum, optimizers: running } = config;
    let key, surface, least, start, rates, racers, steps, across, up;
    let of = "all"; // whose rate the slider sets

    const view = live.frame(root, SIZE, "Contour lines of the loss with the optimizers' paths",
      "Click or tap the picture to set the start; or drag the ring, or focus it and use the arrow keys. “Arrived 40” says: within 0.001 of the least loss since step 40. × marks a minimum.");
    const [axes, paths, ends] = Array.from({ length: 3 }, () => svg("g"));
    const contours = svg("path", { class: "live-contour" });
    const goals = svg("path", { class: "live-line" });
    const area = live.area(view.picture, PLOT, (at) => aim(at));
    const grip = svg("g", live.grip("Start", "2D slider"), svg("circle", { r: 18, class: "live-hit" }), svg("circle", { r: 10, class: "live-ring live-halo" }), svg("circle", { r: 10, class: "live-ring" }));
    view.picture.append(axes, live.inside(PLOT, contours, goals, paths, ends), area, grip);

    const on = () => Object.values(racers).filter((racer) => running.includes(racer.key));
    const gap = ({ w }) => surface.f(...w) - least;

    function restart() {
      steps = 0;
      racers = Object.fromEntries(Object.keys(RULES).map((name) => [name, {
        key: name, w: start, path: [start], state: [{}, {}], status: "ready", arrived: null, line: place(start), dots: "",
      }]));
      on().forEach(judge);
    }

    function judge(racer) {
      const taken = racer.path.length - 1;
      racer.arrived = gap(racer) <= NEAR ? racer.arrived ?? taken : null;
      if (racer.arrived !== null) racer.status = "arrived";
      else if (surface.slope(...racer.w).every((g) => Math.abs(g) < 1e-9)) racer.status = "stuck";
      else racer.status = taken ? "running" : "ready";
    }

    const over = ({ status, arrived, path }) =>
      status === "diverged" || status === "stuck" || (arrived !== null && path.length - 1 - arrived >= STAY);
    const finished = () => on().every(over) || steps >= MAX_STEPS;

    // One step of all that run. Returns whether the race goes on.
    function advance() {
      steps++;
      for (const racer of on()) {
        if (racer.status === "diverged") continue;
        const slope = surface.slope(...racer.w);
        const next = racer.w.map((w, i) => RULES[racer.key].step(w, slope[i], racer.state[i], rates[racer.key], momentum));
        if (!next.every((w) => Math.abs(w) <= FAR)) {
          racer.status = "diverged"; // the last place within reach stays
          continue;
        }
        racer.path.push((racer.w = next));
        racer.line += `L${place(next)}`;
        racer.dots += `M${place(next)}h0`;
        judge(racer);
      }
      return !finished();
    }

    const place = (w) => live.spot(across, up)(w);

    function load(name) {
      key = menu.value = name;
      surface = SURFACES[name];
      start = surface.start;
      rates = Object.fromEntries(Object.entries(RULES).map(([rule, { kind }]) => [rule, surface.rates[kind]]));
      least = surface.f(...surface.minima[0]);
      across = live.scale(surface.window[0], PLOT.across);
      up = live.scale(surface.window[1], PLOT.up);
      live.axes(axes, across, up, ["x", "y"]);
      contours.setAttribute("d", lines());
      goals.setAttribute("d", surface.minima.map(([x, y]) => `M${across(x) - 6} ${up(y) - 6}l12 12m0-12l-12 12`).join(""));
    }

    // Contour lines, by triangles, at levels that grow by an equal factor.
    function lines() {
      const [nx, ny] = [80, 76];
      const at = ([low, high], share) => low + share * (high - low);
      const nodes = Array.from({ length: nx + 1 }, (_, i) => Array.from({ length: ny + 1 }, (_, k) => {
        const [x, y] = [at(surface.window[0], i / nx), at(surface.window[1], k / ny)];
        return [across(x), up(y), surface.f(x, y) - least];
      }));
      const top = Math.max(...nodes.flat().map((node) => node[2]));
      const levels = Array.from({ length: 12 }, (_, k) => 0.03 * (top / 0.03) ** (k / 12));
      const parts = [];
      for (let i = 0; i < nx; i++) for (let k = 0; k < ny; k++) {
        const [a, b, c, d] = [nodes[i][k], nodes[i + 1][k], nodes[i + 1][k + 1], nodes[i][k + 1]];
        for (const triangle of [[a, b, c], [a, c, d]]) for (const level of levels) {
          if (triangle.every((p) => p[2] > level) || triangle.every((p) => p[2] <= level)) continue;
          const { crossings } = live.cut(triangle, (p) => p[2] - level);
          parts.push(`M${crossings.map((p) => `${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join("L")}`);
        }
      }
      return parts.join("");
    }

    const drawn = Object.keys(RULES).map((name, k) => {
      const path = svg("path", { class: `live-racer live-racer-${k}` });
      const dots = svg("path", { class: `live-racer live-racer-${k} live-steps` });
      const end = svg("path", { d: SHAPES[k], class: `live-racer-${k} live-runner` });
      paths.append(path, dots);
      ends.append(end);
      const box = html("input", { type: "checkbox" });
      box.addEventListener("change", () => change(() => {
        running = Object.keys(RULES).filter((rule) => (rule === name ? box.checked : running.includes(rule)));
      }));
      const swatch = svg("svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true" }, svg("path", { d: SHAPES[k], class: `live-racer-${k} live-runner` }));
      const cells = Array.from({ length: 3 }, () => html("td"));
      const row = html("tr", {}, html("th", { scope: "row" }, html("label", {}, box, swatch, RULES[name].name)), ...cells);
      return { name, path, dots, end, box, cells, row };
    });

    const result = ({ status, arrived, path }) =>
      `${["ready", "running"].includes(status) ? "step" : status} ${arrived ?? path.length - 1}`;

    function verdict() {
      if (loop.running) return "Running.";
      const named = (status) => on().filter((racer) => racer.status === status).map((racer) => RULES[racer.key].name).join(", ");
      const [gone, stuck] = [named("diverged"), named("stuck")];
      const first = on().filter((racer) => racer.arrived !== null).sort((a, b) => a.arrived - b.arrived)[0];
      if (!on().length) return "Nobody runs: check a box.";
      return [
        steps ? `After ${steps} step${steps === 1 ? "" : "s"}:` : "Ready.",
        steps && first ? `${RULES[first.key].name} arrived first, at step ${first.arrived}.` : steps ? "nobody has arrived." : "",
        gone && `Diverged: ${gone}.`, stuck && `Stuck: ${stuck}.`,
      ].filter(Boolean).join(" ");
    }

    function draw() {
      for (const { name, path, dots, end, box, cells } of drawn) {
        const racer = racers[name];
        const runs = running.includes(name);
        box.checked = runs;
        for (const node of [path, dots, end]) node.toggleAttribute("hidden", !runs);
        fill(path, { d: `M${racer.line}` });
        fill(dots, { d: racer.dots });
        fill(end, { transform: `translate(${place(racer.w)})` });
        const texts = [String(rates[name]), ...(runs ? [rounded(gap(racer)), result(racer)] : ["", ""])];
        cells.forEach((cell, k) => (cell.textContent = texts[k]));
      }
      grip.setAttribute("transform", `translate(${place(start)})`);
      live.tell(grip, `(${start.map(format).join(", ")})`, start[0], surface.window[0]);
      const set = of === "all" ? Object.values(rates) : [rates[of]];
      const rate = set[0];
      const rateText = set.every((v) => v === rate) ? String(rate) : "mixed";
      rateDial.show(live.nearest(RATES, rate, Math.log), rateText);
      momentumDial.show(momentum, format(momentum));
      loop.show();
      const { L, why, minima } = surface;
      view.show({ steps, start: `(${start.map(format).join(", ")})` }, [
        L ? `L = ${L}: gradient descent diverges above 2/L = ${format(2 / L)}.` : why,
        `Least loss ${format(least)} at ${minima.map(([x, y]) => `(${format(x)}, ${format(y)})`).join(" and ")}.`,
      ], verdict());
    }

    function change(edit) {
      loop.running = false;
      edit();
      restart();
      draw();
    }

    const move = (point) => change(() => {
      start = point.map((v, i) => Number(clamp(v, ...surface.window[i]).toFixed(2)));
    });
    const aim = ([px, py]) => move([across.invert(px), up.invert(py)]);
    live.handle(view.picture, grip, {
      move: aim,
      nudge: (right, rise) => move([start[0] + right * 0.05, start[1] + rise * 0.05]),
    });

    const loop = live.runner(root, advance, draw, () => finished() && restart());
    const [menuLabel, menu] = live.select("Surface", Object.entries(SURFACES).map(([k, v]) => [k, v.name]), (name) => change(() => load(name)));
    const [ofLabel, ofMenu] = live.select("Learning rate of", [["all", "all"], ...Object.entries(RULES).map(([k, v]) => [k, v.name])], (name) => {
      of = name;
      draw();
    });
    const setRate = (value, who = "all") => Object.keys(RULES).forEach((name) => {
      if (who === "all" || who === name) rates[name] = value;
    });
    const rateDial = live.dial("η", { min: 0, max: RATES.length - 1, step: 1, "aria-label": "Learning rate η" }, (k) => change(() => setRate(RATES[k], of)));
    const momentumDial = live.dial("Momentum β", { min: 0, max: 0.99, step: 0.01 }, (v) => change(() => (momentum = v)));
    const heads = ["Optimizer", "η", "above least", "result"].map((text) => html("th", { scope: "col" }, text));
    const reset = () => change(() => {});
    view.controls.append(
      menuLabel, ofLabel, rateDial.label, momentumDial.label,
      live.button("Step", () => { loop.running = false; advance(); draw(); }),
      loop.button,
      live.button("Reset", reset),
      html("table", {}, html("thead", {}, html("tr", {}, ...heads)), html("tbody", {}, ...drawn.map(({ row }) => row))),
    );
    load(config.surface);
    start = config.start ?? start;
    Object.assign(rates, config.rates);
    reset();

    return {
      state: () => ({
        surface: key, start: [...start], momentum, rates: { ...rates }, steps, running: loop.running, finished: finished(),
        racers: Object.fromEntries(on().map((racer) => [racer.key, {
          path: racer.path.map((w) => [...w]), loss: surface.f(...racer.w), slope: surface.slope(...racer.w),
          steps: racer.path.length - 1, status: racer.status, arrived: racer.arrived,
        }])),
      }),
      set: (values) => change(() => {
        if (values.surface) load(values.surface);
        start = values.start ?? start;
        if (typeof values.learning_rate === "number") setRate(values.learning_rate);
        else Object.assign(rates, values.learning_rate);
        momentum = values.momentum ?? momentum;
        running = values.optimizers ?? running;
      }),
      step: (n = 1) => { for (; n > 0; n--) advance(); draw(); },
      run: loop.start, stop: loop.stop, reset,
    };
  });
})();
