// A function as a sum of weighted ReLU hinges, and how its largest error falls.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, fill, clamp, format, rounded } = live;
  const SIZES = [[400, 290], [400, 250]];
  const [PLOT, LOG] = [{ across: [44, 392], up: [262, 10] }, { across: [52, 384], up: [222, 14] }];
  const MAX = 64;
  const DRAGGED = 12; // with more hinges the knots stand too close for a finger

  // curve: max|f″|. decades: of the error, in the lower plot.
  const FUNCTIONS = {
    square: { name: "x² on [0, 1]", f: (x) => x * x, ends: [0, 1], range: [0, 1], curve: 2, decades: [-5, 1] },
    sine: { name: "sin 2πx on [0, 1]", f: (x) => Math.sin(2 * Math.PI * x), ends: [0, 1], range: [-1, 1], curve: 4 * Math.PI ** 2, decades: [-4, 2] },
    runge: { name: "1/(1 + 25x²) on [−1, 1]", f: (x) => 1 / (1 + 25 * x * x), ends: [-1, 1], range: [0, 1], curve: 50, decades: [-3, 2] },
    root: { name: "√|x| on [−1, 1]", f: (x) => Math.sqrt(Math.abs(x)), ends: [-1, 1], range: [0, 1], curve: null, corner: 0, decades: [-4, 0] },
    exp: { name: "eˣ on [0, 1]", f: Math.exp, ends: [0, 1], range: [1, Math.E], curve: Math.E, decades: [-5, 1] },
  };
  const short = (v) => rounded(Math.abs(v) < 1e-12 ? 0 : v);

  live.define("hinges", (root, config) => {
    let key = config.f;
    let target = FUNCTIONS[key];
    let { n } = config;
    let showHinges = false;
    let knots, equal, fit, tried, across, up, errorUp;
    const errorAcross = live.scale([0, Math.log2(MAX)], LOG.across);
    errorAcross.marks = [1, 2, 4, 8, 16, 32, 64].map((count) => [Math.log2(count), String(count)]);

    const view = live.frame(root, SIZES[0], "The function, its interpolant and the knots",
      "Blue: the function. Orange: the network. Drag a knot, click where the nearest one is to go, or focus it and use the arrow keys (up to 12 hinges). Below, ● stands for equal spacing, ■ for knots of your own.",
      [[SIZES[1], "Largest error against the number of hinges, both axes logarithmic"]]);
    const [axes, errorAxes, handles, dots] = Array.from({ length: 4 }, () => svg("g"));
    const curve = svg("path", { class: "live-target" });
    const each = svg("path", { class: "live-mesh" });
    const network = svg("path", { class: "live-path live-strong" });
    const gap = svg("path", { class: "live-line" });
    const ticks = svg("path", { class: "live-thin" });
    const bound = svg("path", { class: "live-thin live-dashed" });
    const boundName = svg("text", { "text-anchor": "end" }, "h²/8 · max|f″|");
    const area = live.area(view.picture, PLOT, ([x]) => {
      if (n > 1 && n <= DRAGGED) shift(1 + live.nearest(knots.slice(1, -1), across.invert(x)), across.invert(x));
    });
    view.pictures[0].append(axes, live.inside(PLOT, curve, each, network, gap, ticks), area, handles);
    view.pictures[1].append(errorAxes, live.inside(LOG, bound), boundName, dots);

    const spread = (count) => {
      const [a, b] = target.ends;
      return Array.from({ length: count + 1 }, (_, i) => (i === count ? b : a + (i * (b - a)) / count));
    };

    // The largest error between two knots, and where: on each side of a corner a grid,
    // then finer grids round its best point.
    function worst(a, b) {
      const [fa, fb] = [target.f(a), target.f(b)];
      const error = (x) => Math.abs(target.f(x) - (fa + ((x - a) / (b - a)) * (fb - fa)));
      const stops = a < target.corner && target.corner < b ? [a, target.corner, b] : [a, b];
      const found = stops.slice(1).map((right, i) => {
        const left = stops[i];
        let [x, reach] = [(left + right) / 2, (right - left) / 2]; // where a parabola errs most
        for (let round = 0; round < 5; round++) {
          const middle = x;
          for (let k = -16; k <= 16; k++) {
            const v = clamp(middle + (k / 16) * reach, left, right);
            if (error(v) > error(x)) x = v;
          }
          reach /= 12;
        }
        return { x, error: error(x), a, b };
      });
      return found.reduce((best, next) => (next.error > best.error ? next : best));
    }

    function interpolate() {
      const values = knots.map(target.f);
      const slopes = values.slice(1).map((v, i) => (v - values[i]) / (knots[i + 1] - knots[i]));
      const pieces = slopes.map((_, i) => worst(knots[i], knots[i + 1]));
      const h = Math.max(...pieces.map(({ a, b }) => b - a));
      const [a, b] = target.ends;
      fit = {
        f0: values[0],
        alphas: slopes.map((slope, i) => slope - (i && slopes[i - 1])),
        peak: pieces.reduce((best, piece) => (piece.error > best.error ? piece : best)),
        bound: target.curve && ((equal ? (b - a) / n : h) ** 2 / 8) * target.curve,
      };
      const mark = `${n} ${equal}`;
      // Of knots of the reader's own, the best count.
      if (!(tried.get(mark)?.sup_error <= fit.peak.error))
        tried.set(mark, { n, sup_error: fit.peak.error, equal });
    }

    function drawFunction() {
      const [a, b] = target.ends;
      const ends = fit.alphas.map((alpha, i) => alpha * (b - knots[i]));
      const [low, high] = target.range;
      const span = high - low;
      const far = showHinges ? ends.map((v) => clamp(v, low - 3 * span, high + 3 * span)) : [];
      const [bottom, top] = [Math.min(low, ...far), Math.max(high, ...far)];
      const space = 0.08 * (top - bottom);
      across = live.scale([a - 0.02 * (b - a), b + 0.02 * (b - a)], PLOT.across);
      up = live.scale([bottom - space, top + space], PLOT.up);
      live.axes(axes, across, up, ["x", ""]);
      const drawn = (list) => live.trace(list.map((x) => [x, target.f(x)]), across, up);
      curve.setAttribute("d", drawn(spread(400)));
      network.setAttribute("d", drawn(knots));
      ticks.setAttribute("d", knots.slice(0, n).map((x) => `M${across(x)} ${PLOT.up[0]}v-8`).join(""));
      each.setAttribute("d", showHinges
        ? knots.slice(0, n).map((x, i) => live.trace([[a, 0], [x, 0], [b, ends[i]]], across, up)).join("") : "");
      const { x, a: left, b: right } = fit.peak;
      const line = target.f(left) + ((x - left) / (right - left)) * (target.f(right) - target.f(left));
      gap.setAttribute("d", live.trace([[x, target.f(x)], [x, line]], across, up));
      if (handles.childElementCount !== (n <= DRAGGED ? n - 1 : 0)) populate();
      [...handles.children].forEach((node, i) => {
        const knot = knots[i + 1];
        node.setAttribute("transform", `translate(${across(knot)} ${up(target.f(knot))})`);
        live.tell(node, `x = ${format(knot)}`, knot, [a, b]);
      });
    }

    function drawErrors() {
      const [low, high] = target.decades;
      errorUp = live.scale([low, high], LOG.up);
      errorUp.marks = live.decades(target.decades);
      live.axes(errorAxes, errorAcross, errorUp, ["n", "largest error"]);
      const height = (error) => errorUp(clamp(Math.log10(error), low, high));
      const [a, b] = target.ends;
      const exponent = (count) => Math.log10((((b - a) / count) ** 2 / 8) * target.curve);
      const [[l, r], limits] = [LOG.across, [exponent(1), exponent(MAX)].map((v) => errorUp(v))];
      bound.setAttribute("d", target.curve ? `M${l} ${limits[0]}L${r} ${limits[1]}` : "");
      boundName.toggleAttribute("hidden", !target.curve);
      fill(boundName, { x: r - 4, y: LOG.up[1] + 34 });
      dots.replaceChildren(...[...tried.values()].map((dot) => {
        const [x, y] = [errorAcross(Math.log2(dot.n)), height(dot.sup_error)];
        const now = dot.n === n && dot.equal === equal;
        const size = now ? 6 : 3.5;
        return dot.equal
          ? svg("circle", { cx: x, cy: y, r: size, class: "live-class-1" })
          : svg("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, class: "live-fill" });
      }));
    }

    function explain() {
      const shown = fit.alphas.slice(0, 4).map(short).join(", ");
      const lines = [
        "p(x) = f(x₀) + Σ αᵢ · ReLU(x − xᵢ)",
        `f(x₀) = ${short(fit.f0)}; α = ${shown}${n > 4 ? ", …" : ""}`,
      ];
      const half = tried.get(`${n / 2} true`);
      if (equal && half) lines.push(`n = ${n / 2} → ${n}: error divided by ${short(half.sup_error / fit.peak.error)}`);
      if (!target.curve) lines.push("f″ is not bounded near 0, so the bound says nothing here.");
      return lines;
    }

    function verdict() {
      const where = `Largest error ${short(fit.peak.error)} at x = ${short(fit.peak.x)}`;
      if (!target.curve) return `${where}.`;
      return `${where}; h²/8 · max|f″| is ${short(fit.bound)}${equal ? "" : ", h the widest piece"}.`;
    }

    function draw() {
      drawFunction();
      drawErrors();
      count.value = n;
      count.setAttribute("aria-valuetext", `${n} hinges`);
      loop.show();
      hingesButton.setAttribute("aria-pressed", showHinges);
      view.show({ n, knots: equal ? "equal" : "own", error: format(fit.peak.error), bound: fit.bound ? format(fit.bound) : "none" }, explain(), verdict());
    }

    function change(edit) {
      loop.running = false;
      edit();
      draw();
    }

    function place(list) {
      knots = list;
      n = list.length - 1;
      const even = spread(n);
      equal = list.every((x, i) => Math.abs(x - even[i]) < 1e-12);
      interpolate();
    }

    function load(name, hinges) {
      key = menu.value = name;
      target = FUNCTIONS[name];
      tried = new Map();
      place(spread(hinges));
    }

    const unit = () => (target.ends[1] - target.ends[0]) / 200;
    const shift = (i, x) => change(() => {
      // A knot does not pass its neighbours.
      const kept = clamp(Math.round(x / unit()) * unit(), knots[i - 1] + unit() / 2, knots[i + 1] - unit() / 2);
      place(knots.map((knot, k) => (k === i ? kept : knot)));
    });

    function populate() {
      handles.replaceChildren(...(n <= DRAGGED ? knots.slice(1, -1) : []).map((_, k) => {
        const i = k + 1;
        const node = svg("g", live.grip(`Knot ${i}`), svg("circle", { r: 15, class: "live-hit" }), svg("circle", { r: 7, class: "live-class-0" }));
        live.handle(view.picture, node, {
          move: ([x]) => shift(i, across.invert(x)),
          nudge: (right, rise) => shift(i, knots[i] + (right + rise) * unit()),
        });
        return node;
      }));
    }

    // One hinge more, at equal spacing. Returns whether another fits.
    function advance() {
      if (n < MAX) place(spread(n + 1));
      return n < MAX;
    }

    const loop = live.runner(root, advance, draw);
    const reset = () => change(() => load(config.f, config.n));
    const [menuLabel, menu] = live.select("Function", Object.entries(FUNCTIONS).map(([k, v]) => [k, v.name]), (name) => change(() => load(name, n)));
    const [countLabel, count] = live.slider("Hinges n", { min: 1, max: MAX, step: 1 }, (v) => change(() => place(spread(v))));
    const hingesButton = live.button("Show hinges", () => change(() => (showHinges = !showHinges)));
    view.controls.append(
      menuLabel, countLabel,
      live.button("Step", () => change(advance)),
      loop.button,
      live.button("Reset", reset),
      live.button("Equal spacing", () => change(() => place(spread(n)))),
      live.button("Split the worst", () => change(() => {
        const { a, b } = fit.peak;
        if (n < MAX) place([...knots.filter((x) => x <= a), (a + b) / 2, ...knots.filter((x) => x >= b)]);
      })),
      hingesButton,
    );
    load(key, n);
    draw();

    return {
      state: () => ({
        f: key, n, knots: [...knots], f0: fit.f0, alphas: [...fit.alphas], sup_error: fit.peak.error, at: fit.peak.x,
        bound: fit.bound, equal, hinges: showHinges, tried: [...tried.values()], running: loop.running,
      }),
      set: (values) => change(() => {
        showHinges = values.hinges ?? showHinges;
        if (values.f) load(values.f, values.n ?? n);
        else if (values.n) place(spread(values.n));
        if (values.knots) place([...values.knots]);
      }),
      step: (steps = 1) => change(() => { for (; steps > 0 && advance(); steps--); }),
      run: loop.start, stop: loop.stop, reset,
    };
  });
})();
