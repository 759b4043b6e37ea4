// The perceptron rule on points that can be dragged.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, format } = live;
  const SIZE = [400, 380];
  const PLOT = { across: [44, 392], up: [356, 8] };
  const MAX_POINTS = 64;
  const MAX_EPOCHS = 2000;

  // Rows of x1, x2, class. Small multiples of 1/4: every sum is exact in floating
  // point, so that a state that comes back comes back to the last bit.
  const gate = (d) => [[0, 0, d[0]], [0, 1, d[1]], [1, 0, d[2]], [1, 1, d[3]]];
  const separable = [
    [0, 1, 0], [2.5, 2, 1], [0.5, -0.5, 0], [3, 1, 1],
    [2, -1, 0], [1, 2, 1], [1.5, 0, 0], [2, 1.25, 1],
  ];
  const narrow = [
    [-1.5, -1.25, 1], [-1.5, -1.75, 0], [0, 0.25, 1],
    [0, -0.25, 0], [1.5, 1.75, 1], [1.5, 1.25, 0],
  ];
  const PRESETS = {
    separable: ["separable", separable],
    narrow: ["separable, narrow margin", narrow],
    and: ["AND", gate([0, 0, 0, 1])],
    xor: ["XOR", gate([0, 1, 1, 0])],
    outlier: ["separable but for one point", [...separable, [0.75, 0, 1]]],
  };
  const SHAPES = ["M-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0z", "M-8-8h16v16h-16z"];
  const RING = "M-14 0a14 14 0 1 0 28 0a14 14 0 1 0-28 0z";
  const vector = (v) => `(${v.map(format).join(", ")})`;
  const times = (n, word) => `${n} ${word}${n === 1 ? "" : word.endsWith("s") ? "es" : "s"}`;

  live.define("perceptron", (root, config) => {
    const own = config.x?.map((x, i) => [...x, config.y[i]]);
    const sets = { ...(own && { own: ["the cell's own points", own] }), ...PRESETS };
    let preset = own ? "own" : config.preset;
    let rate = config.learning_rate;
    let points, w, b, epoch, index, mistakes, wrong, seen, status, period, last;
    let across, up, grid;
    let current; // the point last touched

    const view = live.frame(root, SIZE, "Plane with points of two classes and the perceptron's line",
      "● class 0, ■ class 1. Drag a point; or click an empty place, and the nearest point goes there; or focus a point and use the arrow keys. Click or Enter changes its class, Delete removes it.");
    const axes = svg("g");
    const tints = [0, 1].map((d) => svg("polygon", { class: `live-tint-${d}` }));
    const line = svg("line", { class: "live-line" });
    const arrow = svg("path", { class: "live-thin" });
    const name = svg("text", { "text-anchor": "middle" }, "w");
    const ring = svg("path", { class: "live-thin", d: RING });
    const marks = svg("g");
    const area = live.area(view.picture, PLOT, ([px, py]) => {
      const gap = ({ x }) => Math.hypot(across(x[0]) - px, up(x[1]) - py);
      const point = points.reduce((best, other) => (gap(other) < gap(best) ? other : best));
      // A click that just misses a point was meant for it.
      if (gap(point) > 40) place(point, [across.invert(px), up.invert(py)]);
    });
    view.picture.append(...tints, axes, line, arrow, name, ring, area, marks);

    function restart() {
      [w, b, epoch, index, mistakes, wrong] = [[0, 0], 0, 0, 0, 0, 0];
      seen = new Map([["0,0,0", 0]]);
      [status, period, last] = ["ready", null, null];
    }

    function load(rows) {
      points = rows.map(([x1, x2, d]) => ({ x: [x1, x2], d }));
      const range = (k) => [Math.min(...points.map((p) => p.x[k])), Math.max(...points.map((p) => p.x[k]))];
      const ends = [range(0), range(1)];
      const span = Math.max(...ends.map(([low, high]) => high - low)) || 2;
      const around = ([low, high]) => [(low + high) / 2 - 0.75 * span, (low + high) / 2 + 0.75 * span];
      across = live.scale(around(ends[0]), PLOT.across);
      up = live.scale(around(ends[1]), PLOT.up);
      grid = 2 ** Math.floor(Math.log2(span / 16)); // a power of two: sums stay exact
      live.axes(axes, across, up, ["x₁", "x₂"]);
      restart();
      populate();
    }

    // One visit. Returns whether there is anything left to learn.
    function advance() {
      if (status !== "ready" && status !== "learning") return false;
      const { x, d } = points[index];
      const score = w[0] * x[0] + w[1] * x[1] + b;
      const y = score > 0 ? 1 : 0;
      last = { index, x, d, y, score, w, b };
      if (y !== d) {
        w = w.map((weight, k) => weight + rate * (d - y) * x[k]);
        b += rate * (d - y);
        mistakes++;
        wrong++;
      }
      status = "learning";
      index++;
      if (index === points.length) endEpoch();
      return status === "learning";
    }

    function endEpoch() {
      epoch++;
      const key = `${w[0]},${w[1]},${b}`;
      if (wrong === 0) status = "converged";
      else if (seen.has(key)) [status, period] = ["cycling", epoch - seen.get(key)];
      else if (epoch === MAX_EPOCHS) status = "stopped";
      seen.set(key, epoch);
      index = 0;
      wrong = 0;
    }

    // The part of the plane where sign·(w·x + b) > 0, and where its edge crosses zero.
    function half(sign) {
      const [[l, r], [d, t]] = [across.domain, up.domain];
      const corners = [[l, d], [r, d], [r, t], [l, t]];
      const score = (p) => w[0] * p[0] + w[1] * p[1] + b;
      // A score of zero is class 0.
      return live.cut(corners, sign > 0 ? score : (p) => -score(p) || Number.MIN_VALUE);
    }

    function drawLine() {
      tints.forEach((tint, d) => {
        const corners = half(d ? 1 : -1).polygon;
        tint.setAttribute("points", corners.map((p) => [across(p[0]), up(p[1])]).join(" "));
      });
      const [p, q] = half(1).crossings.map((c) => [across(c[0]), up(c[1])]);
      for (const node of [line, arrow, name]) node.toggleAttribute("hidden", !p);
      if (!p) return;
      live.fill(line, { x1: p[0], y1: p[1], x2: q[0], y2: q[1] });
      const length = Math.hypot(...w);
      const [ux, uy] = [w[0] / length, -w[1] / length];
      const reach = Math.min(90, Math.max(28, across(length) - across(0)));
      const [mx, my] = [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
      const [ex, ey] = [mx + reach * ux, my + reach * uy];
      const barb = (side) => `${ex - 9 * ux + side * 5 * uy} ${ey - 9 * uy - side * 5 * ux}`;
      live.fill(arrow, { d: `M${mx} ${my}L${ex} ${ey}M${barb(1)}L${ex} ${ey}L${barb(-1)}` });
      live.fill(name, { x: ex + 12 * ux, y: ey + 12 * uy + 5 });
    }

    function explain() {
      if (!last) return ["A step visits one point, asks for y = 1[w·x + b > 0] and compares it with the class d."];
      const { x, d, y, score } = last;
      const sign = y ? ">" : "≤";
      const seenAs = `Point ${last.index + 1}, x = ${vector(x)}: w·x + b = ${format(score)} ${sign} 0, so y\u00a0=\u00a0${y}; d\u00a0=\u00a0${d}.`;
      if (y === d) return [seenAs, "Right: nothing changes."];
      const factor = `${format(rate)} · (${d} − ${y})`;
      return [
        `${seenAs} A mistake:`,
        `w ← ${vector(last.w)} + ${factor} · ${vector(x)} = ${vector(w)}`,
        `b ← ${format(last.b)} + ${factor} = ${format(b)}`,
      ];
    }

    function verdict() {
      if (status === "converged") return `Converged after ${times(mistakes, "mistake")}: a whole epoch without one.`;
      if (status === "cycling")
        return `Cycling with period ${times(period, "epoch")}: w and b are again what they were after epoch ${epoch - period}. From here all repeats for ever.`;
      if (status === "stopped") return `Stopped after ${MAX_EPOCHS} epochs: no line found, no state seen twice.`;
      if (loop.running) return "Running.";
      if (!last) return "Ready: w = 0, b = 0.";
      return `Point ${last.index + 1} was ${last.y === last.d ? "right" : "wrong"}.`;
    }

    function draw() {
      drawLine();
      ring.toggleAttribute("hidden", !last);
      if (last) {
        ring.setAttribute("transform", `translate(${across(last.x[0])} ${up(last.x[1])})`);
        ring.classList.toggle("live-dashed", last.y !== last.d);
      }
      points.forEach(({ x, d }, i) => {
        const node = marks.children[i];
        node.setAttribute("transform", `translate(${across(x[0])} ${up(x[1])})`);
        node.setAttribute("aria-label", `Point ${i + 1}`);
        live.tell(node, `class ${d}, at ${vector(x)}`, x[0], across.domain);
        node.lastChild.setAttribute("d", SHAPES[d]);
        node.lastChild.setAttribute("class", `live-class-${d}`);
      });
      loop.show();
      view.show({ epoch, mistakes, w: vector(w), b: format(b) }, explain(), verdict());
    }

    function change(edit) {
      loop.running = false;
      edit();
      restart();
      draw();
    }

    const place = (point, x) => change(() => {
      point.x = x.map((v, k) => live.clamp(Math.round(v / grid) * grid, ...(k ? up : across).domain));
    });

    function populate() {
      marks.replaceChildren(...points.map((point) => {
        const hit = svg("circle", { r: 20, class: "live-hit" });
        const node = svg("g", live.grip("", "2D slider"), hit, svg("path"));
        node.addEventListener("focus", () => (current = point));
        live.handle(view.picture, node, {
          move: ([x, y]) => place(point, [across.invert(x), up.invert(y)]),
          nudge: (right, rise) => place(point, [point.x[0] + right * grid, point.x[1] + rise * grid]),
          press: () => change(() => (point.d = 1 - point.d)),
          remove: () => remove(point) && marks.firstChild.focus(),
        });
        return node;
      }));
    }

    // Returns whether the point is gone: the last one stays.
    function remove(point) {
      if (points.length === 1) return false;
      change(() => {
        points.splice(points.indexOf(point), 1);
        populate();
      });
      return true;
    }

    const fresh = () => ["ready", "learning"].includes(status) || restart();
    const loop = live.runner(root, advance, draw, fresh);
    const choose = (value) => change(() => load(sets[(preset = menu.value = value)][1]));
    const [menuLabel, menu] = live.select("Points", Object.entries(sets).map(([k, v]) => [k, v[0]]), choose);
    view.controls.append(
      menuLabel,
      live.button("Step", () => { loop.running = false; fresh(); advance(); draw(); }),
      loop.button,
      live.button("Reset", () => choose(preset)),
      live.button("Add point", () => points.length < MAX_POINTS && change(() => {
        const middle = (ends) => Math.round((ends[0] + ends[1]) / 2 / grid) * grid;
        points.push({ x: [middle(across.domain), middle(up.domain)], d: 1 });
        populate();
        marks.lastChild.focus();
      })),
      live.button("Remove point", () => remove(points.includes(current) ? current : points.at(-1))),
    );
    choose(preset);

    return {
      state: () => ({
        points: points.map((p) => ({ x: [...p.x], d: p.d })), preset, learning_rate: rate,
        weights: [...w], bias: b, epoch, mistakes, status, period, next: index,
        visited: last && last.index, running: loop.running,
      }),
      set: (values) => change(() => {
        rate = values.learning_rate ?? rate;
        if (values.preset) choose(values.preset);
        if (values.x) load(values.x.map((x, i) => [...x, values.y[i]]));
      }),
      step: (n = 1) => { for (; n > 0 && advance(); n--); draw(); },
      run: loop.start, stop: loop.stop, reset: () => choose(preset),
    };
  });
})();
