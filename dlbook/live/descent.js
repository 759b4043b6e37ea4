// Gradient descent on a loss of one weight.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, clamp, format, enclosed } = live;
  const SIZE = [400, 340];
  const PLOT = { across: [44, 392], up: [312, 10] };
  const MAX_STEPS = 20000;
  const SHOWN = 300; // iterates drawn, the latest
  const FAR = 1e9;
  const STILL = 1e-6;

  const quadratic = (a) => ({
    f: (x) => a * x * x + 3, slope: (x) => 2 * a * x, L: 2 * a, width: 3, floor: 0,
  });
  const LOSSES = {
    lecture: { name: "x² + 3, the lecture's", ...quadratic(1) },
    steep: { name: "4x² + 3, steeper", ...quadratic(4) },
    absolute: {
      name: "|x|, with a corner", f: Math.abs, slope: Math.sign, width: 3, floor: 0,
      why: "At the corner the slope jumps from −1 to 1: no step is shorter than η.",
    },
    valleys: {
      name: "x⁴/4 − x² + x/4 + 2",
      f: (x) => (x * x * x * x) / 4 - x * x + x / 4 + 2,
      slope: (x) => x * x * x - 2 * x + 0.25, width: 2.5, floor: 0,
      why: "The curvature varies, so there is no one threshold; the start picks the valley.",
    },
  };
  // Stops of the slider: evenly spaced to the eye on a log scale, and the thresholds
  // 0.25 and 1 are among them.
  const RATES = [-3, -2, -1, 0].flatMap((power) =>
    [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 9].map((m) => Number(`${m}e${power}`)));

  live.define("descent", (root, config) => {
    let key = config.losses[0];
    let { start, learning_rate: rate } = config;
    let loss, path, status, across, up;

    const view = live.frame(root, SIZE, "Curve of the loss with the walk of gradient descent",
      "Drag the large blue start along the curve, click the picture where it is to be, or focus it and use the arrow keys. The dashed line is the tangent.");
    const axes = svg("g");
    const curve = svg("path", { class: "live-line" });
    const tangent = svg("path", { class: "live-thin live-dashed" });
    const walk = svg("path", { class: "live-path" });
    const dots = svg("path", { class: "live-dots" });
    const now = svg("circle", { r: 7, class: "live-class-1" });
    const inner = live.inside(PLOT, curve, tangent, walk, dots, now);
    const grip = svg("g", live.grip("Start x"), svg("circle", { r: 20, class: "live-hit" }), svg("circle", { r: 10, class: "live-class-0" }));
    const area = live.area(view.picture, PLOT, ([px]) => place(across.invert(px)));
    view.picture.append(axes, inner, area, grip);

    const x = () => path.at(-1);

    function restart() {
      path = [start];
      status = loss.slope(start) === 0 ? "converged" : "ready";
    }

    function load() {
      loss = LOSSES[key];
      const width = Math.max(loss.width, 1.25 * Math.abs(start));
      across = live.scale([-width, width], PLOT.across);
      const heights = [-width, 0, width].map(loss.f);
      up = live.scale([loss.floor, 1.05 * Math.max(...heights)], PLOT.up);
      live.axes(axes, across, up, ["x", "loss"]);
      const steps = Array.from({ length: 201 }, (_, k) => width * (k / 100 - 1));
      curve.setAttribute("d", live.trace(steps.map((v) => [v, loss.f(v)]), across, up));
      restart();
    }

    // One step. Returns whether another makes sense.
    function advance() {
      if (status !== "ready" && status !== "descending") return false;
      path.push(x() - rate * loss.slope(x()));
      const [before, previous, here] = path.length > 2 ? path.slice(-3) : [NaN, ...path];
      const near = 1e-9 * Math.max(1, Math.abs(here));
      status = "descending";
      if (!(Math.abs(here) < FAR)) status = "diverged";
      else if (Math.abs(loss.slope(here)) < STILL) status = "converged";
      // Two steps on x must be back, to nine digits: a shrinking zigzag is not.
      else if (Math.abs(here - before) < near && Math.abs(here - previous) > 1e3 * near) status = "oscillating";
      else if (path.length > MAX_STEPS) status = "stopped";
      return status === "descending";
    }

    // What theory says of a quadratic: each step multiplies the distance by 1 − ηL.
    function forecast() {
      if (!loss.L) return null;
      const product = rate * loss.L;
      return product < 2 ? "converges" : product === 2 ? "oscillates" : "diverges";
    }

    function theory() {
      if (!loss.L) return loss.why;
      const side = { converges: "below it", oscillates: "exactly there", diverges: "above it" }[forecast()];
      return `L = ${format(loss.L)}, threshold 2/L = ${format(2 / loss.L)}. η = ${format(rate)} is ${side}: the walk ${forecast()}.`;
    }

    function explain() {
      if (path.length === 1) return [theory(), "A step: x ← x − η · f′(x)"];
      const previous = path.at(-2);
      return [
        theory(),
        `x ← ${format(previous)} − ${format(rate)} · ${enclosed(format(loss.slope(previous)))} = ${format(x())}`,
        `loss: ${format(loss.f(previous))} → ${format(loss.f(x()))}`,
      ];
    }

    function verdict() {
      const steps = path.length - 1;
      const count = `${steps} step${steps === 1 ? "" : "s"}`;
      if (status === "converged") return `Converged after ${count}: x = ${format(x())}, slope ${format(loss.slope(x()))}.`;
      if (status === "oscillating") return `Oscillates: after ${count} x jumps between ${format(path.at(-2))} and ${format(x())}.`;
      if (status === "diverged") return `Diverged: after ${count} |x| is beyond ${format(FAR)}.`;
      if (status === "stopped") return `Stopped after ${count}: neither settled nor gone.`;
      if (loop.running) return "Running.";
      return steps ? `After ${count}: loss ${format(loss.f(x()))}.` : `Ready at x = ${format(start)}.`;
    }

    function draw() {
      const places = path.slice(-SHOWN).map((v) => [v, loss.f(v)]).map(live.spot(across, up));
      walk.setAttribute("d", "M" + places.join("L"));
      dots.setAttribute("d", places.map((p) => `M${p}h0`).join(""));
      const [cx, cy] = places.at(-1).split(" ");
      live.fill(now, { cx, cy });
      const reach = (across.domain[1] - across.domain[0]) / 5;
      const end = (side) => {
        const at = x() + side * reach;
        return `${across(at)} ${up(loss.f(x()) + side * reach * loss.slope(x()))}`;
      };
      const visible = Math.abs(x()) <= 2 * across.domain[1];
      tangent.setAttribute("d", visible ? `M${end(-1)}L${end(1)}` : "");
      grip.setAttribute("transform", `translate(${across(start)} ${up(loss.f(start))})`);
      live.tell(grip, `x = ${format(start)}`, start, across.domain);
      loop.show();
      const numbers = { steps: path.length - 1, x: format(x()), loss: format(loss.f(x())), slope: format(loss.slope(x())) };
      view.show(numbers, explain(), verdict());
    }

    function change(edit) {
      loop.running = false;
      edit();
      restart();
      draw();
    }

    const place = (value) => change(() => {
      start = clamp(Math.round(value * 20) / 20, ...across.domain);
    });
    live.handle(view.picture, grip, {
      move: ([px]) => place(across.invert(px)),
      nudge: (aside, rise) => place(start + (aside + rise) * 0.05),
    });

    const fresh = () => ["ready", "descending"].includes(status) || restart();
    const loop = live.runner(root, advance, draw, fresh);
    const choose = (value) => change(() => {
      key = menu.value = value;
      start = clamp(start, -LOSSES[key].width, LOSSES[key].width);
      load();
    });
    const [menuLabel, menu] = live.select("Loss", config.losses.map((k) => [k, LOSSES[k].name]), choose);

    const [sliderLabel, slider] = live.slider("Learning rate η",
      { min: 0, max: RATES.length - 1, step: 1 }, (k) => setRate(RATES[k]));
    const number = live.html("input", { type: "number", min: 0, step: "any", "aria-label": "Learning rate η as a number" });
    function setRate(value) {
      if (!(value > 0 && value <= 100)) return void (number.value = rate);
      change(() => (rate = value));
      slider.value = live.nearest(RATES, rate, Math.log);
      slider.setAttribute("aria-valuetext", format(rate));
      number.value = rate;
    }
    number.addEventListener("change", () => setRate(Number(number.value)));

    view.controls.append(
      menuLabel,
      live.html("div", { class: "live-row" }, sliderLabel, number),
      live.button("Step", () => { loop.running = false; fresh(); advance(); draw(); }),
      loop.button,
      live.button("Reset", () => change(() => {})),
    );
    load();
    setRate(rate);

    return {
      state: () => ({
        loss: key, start, learning_rate: rate, x: x(), value: loss.f(x()), slope: loss.slope(x()),
        steps: path.length - 1, path: [...path], status, forecast: forecast(),
        threshold: loss.L ? 2 / loss.L : null, running: loop.running,
      }),
      set: (values) => change(() => {
        if (values.loss) choose(values.loss);
        start = values.start ?? start;
        load();
        if (values.learning_rate) setRate(values.learning_rate);
      }),
      step: (n = 1) => { for (; n > 0 && advance(); n--); draw(); },
      run: loop.start, stop: loop.stop, reset: () => change(() => {}),
    };
  });
})();
