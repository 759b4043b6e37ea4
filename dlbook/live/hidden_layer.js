// A hidden layer of two units on XOR: the input plane, and what the layer makes of it.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, fill, clamp, sigmoid, format } = live;
  const SIZE = [400, 340];
  const PLOT = { across: [40, 388], up: [312, 12] };
  const WINDOW = [[-0.8, 1.8], [-0.6, 1.6]]; // of the input plane, equal scales
  const X = [[0, 0], [0, 1], [1, 0], [1, 1]];
  const Y = [0, 1, 1, 0];
  const LIMIT = 8; // of the sliders; training may pass it
  const MAX_STEPS = 10000;
  const SHAPES = ["M-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0z", "M-8-8h16v16h-16z"];
  const NAMES = ["W₁₁", "W₁₂", "W₂₁", "W₂₂", "b₁", "b₂", "w₁", "w₂", "b"];
  const CORNER = [[-12, 18], [-12, -10], [12, 18], [12, -10]]; // where a point's name stands

  // Function, derivative from z and h, half-width of the hidden plane, weights that
  // solve XOR in the order of NAMES.
  const ACTIVATIONS = {
    identity: { f: (z) => z, slope: () => 1 },
    step: { f: (z) => (z > 0 ? 1 : 0), slope: () => 0, reach: 1.4, solution: [1, 1, 1, 1, -0.5, -1.5, 4, -4, -2] },
    sigmoid: { f: sigmoid, slope: (z, h) => h * (1 - h), reach: 1.4, solution: [5, 5, 5, 5, -2.5, -7.5, 8, -8, -4] },
    tanh: { f: Math.tanh, slope: (z, h) => 1 - h * h, reach: 1.4, solution: [2, 2, 2, 2, -1, -3, 4, -4, -3.5] },
    relu: { f: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0), solution: [1, 1, 1, 1, 0, -1, 4, -8, -2] },
  };
  const STRAIGHT = ["identity", "step", "relu"]; // straight pieces between the hinges

  // Keras's usual start: Glorot's uniform weights, biases 0. Start k is the same everywhere.
  function draw9(seed) {
    const random = live.random(seed);
    const limits = [4, 4, 4, 4, 0, 0, 3, 3, 0].map((fans) => (fans ? Math.sqrt(6 / fans) : 0));
    return limits.map((limit) => limit && limit * (2 * random() - 1));
  }

  live.define("hidden_layer", (root, config) => {
    const initial = config.weights;
    let { activation: key, learning_rate: rate } = config;
    let theta;
    let start = 0; // number of the random start, 0 before the first
    let steps = 0;
    let status = "ready";
    let across2, up2;
    let feet; // a point of each hinge, where its grip sits

    const unit = (x, j) => theta[j] * x[0] + theta[2 + j] * x[1] + theta[4 + j];
    const hidden = (x) => [0, 1].map((j) => ACTIVATIONS[key].f(unit(x, j)));
    const output = (h) => theta[6] * h[0] + theta[7] * h[1] + theta[8];

    // Forward and backward over the four points, mean binary cross-entropy.
    function evaluate() {
      const H = X.map(hidden);
      const logits = H.map(output);
      const outputs = logits.map(sigmoid);
      const gradient = Array(9).fill(0);
      let loss = 0;
      let correct = 0;
      X.forEach((x, i) => {
        const z = logits[i];
        loss += (Math.max(z, 0) - z * Y[i] + Math.log1p(Math.exp(-Math.abs(z)))) / 4;
        correct += (z > 0) === (Y[i] === 1);
        const delta = (outputs[i] - Y[i]) / 4;
        gradient[8] += delta;
        H[i].forEach((h, j) => {
          gradient[6 + j] += delta * h;
          const back = delta * theta[6 + j] * ACTIVATIONS[key].slope(unit(x, j), h);
          gradient[j] += back * x[0];
          gradient[2 + j] += back * x[1];
          gradient[4 + j] += back;
        });
      });
      return { hidden: H, logits, outputs, gradient, loss, correct };
    }

    const steepest = ({ gradient }) => Math.max(...gradient.map(Math.abs));

    // One step of gradient descent. Returns whether another makes sense.
    function advance() {
      if (status !== "ready" && status !== "training") return false;
      const { gradient } = evaluate();
      theta = theta.map((value, k) => value - rate * gradient[k]);
      steps++;
      const now = evaluate();
      status = "training";
      if (!(now.loss < 1e6)) status = "diverged";
      else if (now.correct === 4 && now.loss < 0.05) status = "solved";
      else if (steepest(now) < 1e-6) status = "stuck";
      else if (steps >= MAX_STEPS) status = "stopped";
      return status === "training";
    }

    const view = live.frame(root, SIZE, "Input plane with the four points of XOR and the hinges of two hidden units",
      "● class 0, ■ class 1. Drag a hinge by its round grip, turn it by its tip, or focus either and use the arrow keys. The net over the input plane is the same net in the hidden plane; its bold square has the four points as corners.",
      [[SIZE, "Hidden plane: the same points and net after the hidden layer"]], true);
    const [plane, image] = view.pictures.map((picture) => {
      const parts = {
        tints: [0, 1].map((d) => svg("path", { class: `live-tint-${d}`, "fill-rule": "evenodd" })),
        mesh: svg("path", { class: "live-mesh live-ends" }),
        square: svg("path", { class: "live-thin live-ends" }),
        line: svg("path", { class: "live-line" }),
        axes: svg("g"),
        marks: svg("g"),
      };
      const { tints, mesh, square, line, axes, marks } = parts;
      picture.append(axes, live.inside(PLOT, ...tints, mesh, square, line), marks);
      marks.append(...X.map((_, i) => svg("g", {},
        svg("path", { d: SHAPES[Y[i]], class: `live-class-${Y[i]}` }),
        svg("text", { x: CORNER[i][0], y: CORNER[i][1], "text-anchor": CORNER[i][0] < 0 ? "end" : "start" }, X[i].join("")))));
      return parts;
    });
    const across = live.scale(WINDOW[0], PLOT.across);
    const up = live.scale(WINDOW[1], PLOT.up);
    live.axes(plane.axes, across, up, ["x₁", "x₂"]);

    const trace = (points, x = across, y = up) =>
      "M" + points.map((p) => `${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`).join("L");
    const corners = ([[l, r], [d, t]]) => [[l, d], [r, d], [r, t], [l, t]];

    // Polygons on which the network's output is linear, or nearly so.
    function pieces() {
      if (STRAIGHT.includes(key)) {
        return [0, 1].reduce((all, j) => all.flatMap((piece) => [1, -1].map((sign) =>
          live.cut(piece, (p) => sign * unit(p, j) || (sign < 0 ? 1e-12 : 0)).polygon)), [corners(WINDOW)])
          .filter((piece) => piece.length > 2);
      }
      const cells = [];
      const [columns, rows] = [52, 44];
      const at = ([low, high], share) => low + share * (high - low);
      for (let i = 0; i < columns; i++) for (let k = 0; k < rows; k++)
        cells.push(corners([[i, i + 1].map((v) => at(WINDOW[0], v / columns)), [k, k + 1].map((v) => at(WINDOW[1], v / rows))]));
      return cells;
    }

    function drawRegions() {
      const score = (p) => output(hidden(p));
      const [areas, edges] = [[], []];
      for (const piece of pieces()) {
        // A step is constant on a piece, and its corners may belong to another one.
        const middle = [0, 1].map((k) => piece.reduce((sum, p) => sum + p[k], 0) / piece.length);
        const { polygon, crossings } = live.cut(piece, key === "step" ? () => score(middle) : score);
        if (polygon.length > 2) areas.push(trace(polygon) + "z");
        if (crossings.length === 2) edges.push(trace(crossings));
      }
      paint(plane, areas.join(""), edges.join(""));

      const far = corners([across2.domain, up2.domain]);
      const { polygon, crossings } = live.cut(far, output);
      paint(image, polygon.length ? trace(polygon, across2, up2) + "z" : "", crossings.length ? trace(crossings, across2, up2) : "");
    }

    function paint(parts, area, edge) {
      const [[l, r], [b, t]] = [PLOT.across, PLOT.up];
      parts.tints[0].setAttribute("d", `M${l} ${b}H${r}V${t}H${l}z${area}`); // all but class 1
      parts.tints[1].setAttribute("d", area);
      parts.line.setAttribute("d", edge);
    }

    // The net over the input plane, and its image.
    function drawNet() {
      const along = Array.from({ length: 65 }, (_, k) => -0.5 + k / 32);
      const lines = (values) => values.flatMap((v) => [along.map((u) => [v, u]), along.map((u) => [u, v])]);
      const side = along.filter((u) => u >= 0 && u <= 1);
      const square = [0, 1].flatMap((v) => [side.map((u) => [v, u]), side.map((u) => [u, v])]);
      const net = lines(along.filter((_, k) => k % 8 === 0));
      // Steps map the plane to four points: dots, since no line joins them.
      const dots = key === "step";
      const moved = (line) => (dots
        ? [...new Set(line.map((p) => trace([hidden(p)], across2, up2) + "h0"))].join("")
        : trace(line.map(hidden), across2, up2));
      for (const [part, set] of [["mesh", net], ["square", square]]) {
        plane[part].setAttribute("d", set.map((line) => trace(line)).join(""));
        image[part].setAttribute("d", set.map(moved).join(""));
        image[part].classList.toggle("live-big", dots);
      }
    }

    function drawHidden(now) {
      const wide = ACTIVATIONS[key].reach ?? [1, 2, 4, 8, 16, 32, 64, 128, 256].find((reach) =>
        now.hidden.flat().every((h) => Math.abs(h) <= 0.8 * reach)) ?? 512;
      const low = key === "relu" || key === "step" || key === "sigmoid" ? -0.25 * wide : -wide;
      across2 = live.scale([low, wide], PLOT.across);
      up2 = live.scale([low, wide], PLOT.up);
      live.axes(image.axes, across2, up2, ["h₁", "h₂"]);
      X.forEach((x, i) => {
        const h = now.hidden[i];
        plane.marks.children[i].setAttribute("transform", `translate(${across(x[0])} ${up(x[1])})`);
        image.marks.children[i].setAttribute("transform", `translate(${across2(h[0])} ${up2(h[1])})`);
      });
    }

    // Each hinge has a grip to shift it and a tip, on the side where z > 0, to turn it.
    const hinges = [0, 1].map((j) => {
      const line = svg("path", { class: "live-thin live-dashed" });
      const name = svg("text", { "text-anchor": "middle", class: "live-halo" }, `z${"₁₂"[j]} = 0`);
      const part = (what, kind, shape) => svg("g", live.grip(`Hinge ${j + 1}, ${what}`, kind), svg("circle", { r: 18, class: "live-hit" }), shape);
      const grip = part("shift", "2D slider", svg("circle", { r: 8, class: "live-grip" }));
      const tip = part("turn", "dial", svg("path", { d: "M-8-7L9 0L-8 7z", class: "live-fill" }));
      const shift = (foot) => change(() => {
        feet[j] = foot.map((v, k) => clamp(v, ...WINDOW[k]));
        theta[4 + j] = -(theta[j] * feet[j][0] + theta[2 + j] * feet[j][1]);
      });
      const turn = (angle) => change(() => {
        const length = Math.hypot(theta[j], theta[2 + j]);
        theta[j] = length * Math.cos(angle);
        theta[2 + j] = length * Math.sin(angle);
        theta[4 + j] = -(theta[j] * feet[j][0] + theta[2 + j] * feet[j][1]);
      });
      live.handle(view.picture, grip, {
        move: ([x, y]) => shift([across.invert(x), up.invert(y)]),
        nudge: (right, rise) => shift([feet[j][0] + 0.05 * right, feet[j][1] + 0.05 * rise]),
      });
      live.handle(view.picture, tip, {
        move: ([x, y]) => turn(Math.atan2(up.invert(y) - feet[j][1], across.invert(x) - feet[j][0])),
        nudge: (right, rise) => turn(Math.atan2(theta[2 + j], theta[j]) + ((rise - right) * Math.PI) / 36),
      });
      plane.line.parentNode.append(line);
      view.picture.append(name, tip, grip);
      return { line, name, grip, tip };
    });

    function drawHinges() {
      hinges.forEach(({ line, name, grip, tip }, j) => {
        const length = Math.hypot(theta[j], theta[2 + j]);
        for (const node of [line, name, grip, tip]) node.toggleAttribute("hidden", !length);
        if (!length) return;
        const [ux, uy] = [theta[j] / length, theta[2 + j] / length];
        // After a slider: the hinge's point nearest to where its grip was.
        const gap = unit(feet[j], j) / length;
        feet[j] = [feet[j][0] - gap * ux, feet[j][1] - gap * uy];
        const [px, py] = [across(clamp(feet[j][0], ...WINDOW[0])), up(clamp(feet[j][1], ...WINDOW[1]))];
        const [fx, fy] = [across(feet[j][0]), up(feet[j][1])];
        line.setAttribute("d", `M${fx - 900 * uy} ${fy - 900 * ux}L${fx + 900 * uy} ${fy + 900 * ux}`);
        grip.setAttribute("transform", `translate(${px} ${py})`);
        live.tell(grip, `at (${feet[j].map((v) => format(Number(v.toFixed(2)))).join(", ")})`, feet[j][0], WINDOW[0]);
        const angle = Math.round((Math.atan2(uy, ux) * 180) / Math.PI);
        live.tell(tip, `${format(angle)} degrees`, angle, [-180, 180]);
        tip.setAttribute("transform", `translate(${px + 44 * ux} ${py - 44 * uy}) rotate(${(-Math.atan2(uy, ux) * 180) / Math.PI})`);
        fill(name, { x: clamp(px + 56 * uy, 72, 364), y: clamp(py + 56 * ux + 5, 28, 300) });
      });
    }

    function explain(now) {
      return X.map((x, i) => {
        const right = now.logits[i] > 0 === (Y[i] === 1);
        const h = now.hidden[i].map((v) => format(Number(v.toFixed(2)))).join(", ");
        return `${x.join("")} → h = (${h}), p = ${now.outputs[i].toFixed(3)} ${right ? "✓" : "✗"}`;
      });
    }

    function verdict(now) {
      const after = `After ${steps} step${steps === 1 ? "" : "s"}`;
      if (status === "solved") return `${after}: solved, all four right and the loss below 0.05.`;
      if (status === "stuck") return `${after}: stuck, ${now.correct} of 4 right and the gradient is 0, or below 0.000001.`;
      if (status === "stopped") return `${after}: not solved, ${now.correct} of 4 right. Largest entry of the gradient: ${format(Number(steepest(now).toPrecision(2)))}.`;
      if (status === "diverged") return `${after}: diverged.`;
      if (loop.running) return "Training.";
      if (status === "refused") return "No solution exists: with the identity two layers are one, and a line gets at most 3 of 4 right.";
      if (steps) return `${after}: ${now.correct} of 4 right.`;
      return now.correct === 4 ? "All four right: a straight line parts the classes in the hidden plane." : `${now.correct} of 4 right.`;
    }

    function draw() {
      const now = evaluate();
      drawHidden(now);
      drawNet();
      drawRegions();
      drawHinges();
      dials.forEach(({ show }, k) => show(theta[k], format(Number(theta[k].toFixed(2)))));
      loop.show();
      view.show({ loss: now.loss.toFixed(4), right: `${now.correct} of 4`, steps, "random start": start || "–" }, explain(now), verdict(now));
    }

    function change(edit, then = "ready") {
      loop.running = false;
      [steps, status] = [0, then];
      edit();
      draw();
    }

    const fresh = () => { if (status !== "training") status = "ready"; };
    const loop = live.runner(root, advance, draw, fresh);
    const choose = (value) => change(() => (key = menu.value = value));
    function load(values) {
      theta = [...values];
      feet = [[0.5, 0.2], [0.2, 0.5]];
    }
    const begin = (number) => load(draw9((start = number)));
    const reset = () => change(() => {
      start = 0;
      load(initial);
    });
    const [menuLabel, menu] = live.select("Activation", Object.keys(ACTIVATIONS).map((name) => [name, name]), choose);
    menu.value = key;
    const dials = NAMES.map((name, k) => live.dial(name, { min: -LIMIT, max: LIMIT, step: 0.1 }, (v) => change(() => (theta[k] = v))));
    view.controls.append(
      menuLabel,
      live.html("div", { class: "live-pair" }, ...dials.map(({ label }) => label)),
      live.button("Step", () => { loop.running = false; fresh(); advance(); draw(); }),
      loop.button,
      live.button("Random start", () => change(() => begin(start + 1))),
      live.button("Solution", () => {
        const { solution } = ACTIVATIONS[key];
        change(() => load(solution ?? theta), solution ? "ready" : "refused");
      }),
      live.button("Reset", reset),
    );
    reset();

    const named = ([a, b, c, d, b1, b2, v1, v2, bias]) => ({ W1: [[a, b], [c, d]], b1: [b1, b2], w2: [v1, v2], b2: bias });
    return {
      state: () => {
        const { gradient, ...now } = evaluate();
        return { ...named(theta), ...now, gradient: named(gradient), activation: key, learning_rate: rate, start, steps, status, running: loop.running };
      },
      set: (values) => change(() => {
        key = menu.value = values.activation ?? key;
        rate = values.learning_rate ?? rate;
        if (values.start) begin(values.start);
        const { W1, b1, w2, b2 } = { ...named(theta), ...values };
        theta = [...W1.flat(), ...b1, ...w2, b2];
      }),
      step: (n = 1) => { for (fresh(); n > 0 && advance(); n--); draw(); },
      run: loop.start, stop: loop.stop, reset,
    };
  });
})();
