// One training step on N devices that share a batch: computation and exchange.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, fill, clamp, short } = live;
  const SIZE = [400, 322];
  const PLOT = { across: [60, 392], up: [272, 34] };
  const MOST = 64; // devices
  const [SMALL, LARGE] = [16, 65536]; // batches
  const LINKS = [["1 Gbit/s", 0.125e9, 50e-6], ["100 Gbit/s", 12.5e9, 5e-6], ["NVLink", 450e9, 2e-6]];
  const UNITS = [["h", 3600], ["min", 60], ["s", 1], ["ms", 1e-3], ["µs", 1e-6]];
  const MODES = {
    strong: ["the batch is fixed (strong)", "as fast as"],
    weak: ["each keeps its batch (weak)", "as many examples a second as"],
  };

  const unitOf = (seconds) => UNITS.find(([, size]) => seconds >= size) ?? UNITS.at(-1);
  const whole = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  function duration(seconds) {
    const [unit, size] = unitOf(seconds);
    return `${short(seconds / size)}\u00a0${unit}`;
  }
  const many = (n) => `${n} device${n === 1 ? "" : "s"}`;

  live.define("scaling", (root, config) => {
    let network, devices, batch, link, latency, speed, mode;
    let weights, work, bytes, most, curve, best;

    const view = live.frame(root, SIZE, "Time of one training step by the number of devices",
      "Click the picture, drag the ring or move it by the arrow keys to choose N. First picture: the exchange of the gradient stands on the computation. Second: both axes are logarithmic; the ideal is N devices N times as fast, and the gap to it is what the exchange costs. In c, 6 is two operations for a multiply-add, times three: a pass forward and, as dear as two, one backward.",
      [[SIZE, "Speed-up by the number of devices"]], true);
    const across = live.scale([-0.25, 6.25], PLOT.across); // of log₂ N
    across.marks = Array.from({ length: 7 }, (_, k) => [k, String(2 ** k)]);
    const text = (x, y, value = "", more = {}) => svg("text", { x, y, ...more }, value);
    const place = (n) => across(Math.log2(n));
    const titles = [text(8, 18), text(8, 18, "Speed-up over one device, by devices N")];
    const axes = [svg("g"), svg("g")];
    const areas = [svg("path", { class: "live-class-0" }), svg("path", { class: "live-class-1" })];
    const [edge, crest, column] = ["live-thin", "live-line", "live-line"].map((name) => svg("path", { class: name }));
    const least = svg("path", { class: "live-thin live-dashed" });
    const leastName = text(0, PLOT.up[1] + 18, "", { class: "live-halo" });
    const [ideal, gap, line] = ["live-thin live-dashed", "live-path live-big-line", "live-line"].map((name) => svg("path", { class: name }));
    const dot = svg("circle", { r: 7, class: "live-grip" });
    const grip = svg("g", live.grip("Devices in the picture"), svg("circle", { r: 20, class: "live-hit" }), svg("circle", { r: 9, class: "live-grip" }));
    const key = (x, name, mark) => [mark, text(x + 34, 315, name)];
    const patch = (x, name) => svg("rect", { x: x + 8, y: 302, width: 18, height: 16, class: name });
    const stroke = (x, name) => svg("path", { d: `M${x} 310h28`, class: name });
    const choose = ([x]) => set({ devices: 2 ** across.invert(x) });
    const hits = view.pictures.map((picture) => live.area(picture, PLOT, choose));
    view.pictures[0].append(titles[0], axes[0], live.inside(PLOT, ...areas, edge, crest, column, least), leastName,
      ...key(60, "computation", patch(60, "live-class-0")), ...key(220, "exchange", patch(220, "live-class-1")), hits[0], grip);
    view.pictures[1].append(titles[1], axes[1], live.inside(PLOT, ideal, gap, line), dot,
      ...key(60, "this network", stroke(60, "live-line")), ...key(220, "ideal", stroke(220, "live-thin live-dashed")), hits[1]);
    live.handle(view.picture, grip, { move: choose, nudge: (right, up) => set({ devices: devices + right + up }) });

    function stepOf(n) {
      const c = (6 * work * batch) / speed;
      const compute = mode === "weak" ? c : c / n;
      const exchange = 2 * (n - 1) * (latency + bytes / (n * link));
      const speedup = ((mode === "weak" ? n : 1) * c) / (compute + exchange);
      return { compute, exchange, step: compute + exchange, speedup, efficiency: speedup / n };
    }

    const path = (points, height) => points.map((point) => `${place(point.n).toFixed(2)} ${height(point).toFixed(2)}`).join("L");

    function drawTime(points) {
      const slowest = Math.max(...points.map(({ step }) => step));
      const [unit, size] = unitOf(slowest);
      const longest = slowest / size;
      const power = 10 ** Math.floor(Math.log10(longest));
      const top = power * [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= longest);
      const up = live.scale([0, top], PLOT.up);
      const map = (seconds) => up(seconds / size);
      live.axes(axes[0], across, up, ["", ""]);
      titles[0].textContent = `Time of a step in ${unit}, by devices N`;
      const [below, above] = [path(points, ({ compute }) => map(compute)), path(points, ({ step }) => map(step))];
      const back = below.split("L").reverse().join("L");
      areas[0].setAttribute("d", `M${below}V${up(0)}H${place(1)}Z`);
      areas[1].setAttribute("d", `M${above}L${back}Z`);
      edge.setAttribute("d", `M${below}`);
      crest.setAttribute("d", `M${above}`);
      const [x, height] = [place(devices), map(stepOf(devices).step)];
      column.setAttribute("d", `M${x} ${up(0)}V${height}`);
      grip.setAttribute("transform", `translate(${x} ${height})`);
      live.tell(grip, many(devices), devices, [1, most]);
      const right = best < 12;
      least.setAttribute("d", best ? `M${place(best)} ${up(0)}V${PLOT.up[1]}` : "");
      fill(leastName, { x: place(best ?? 1) + (right ? 6 : -6), "text-anchor": right ? "start" : "end" });
      leastName.textContent = best ? `shortest: N = ${best}` : "";
    }

    function drawSpeed(points) {
      const height = ({ speedup }) => up(Math.log2(speedup));
      const lowest = Math.log2(Math.min(...points.map(({ speedup }) => speedup)));
      const low = [0, -2, -4, -6, -9, -12].find((limit) => limit <= lowest + 1e-9) ?? -18;
      const up = live.scale([low, 6], PLOT.up);
      const every = Math.ceil((6 - low) / 6);
      up.marks = [];
      for (let k = 6; k >= low; k -= every) up.marks.push([k, k < 0 ? `1/${2 ** -k}` : String(2 ** k)]);
      live.axes(axes[1], across, up, ["", ""]);
      line.setAttribute("d", `M${path(points, height)}`);
      ideal.setAttribute("d", `M${place(1)} ${up(0)}L${place(MOST)} ${up(6)}`);
      const [x, y] = [place(devices), height(stepOf(devices))];
      gap.setAttribute("d", `M${x} ${y}V${up(Math.log2(devices))}`);
      fill(dot, { cx: x, cy: y });
    }

    function verdict() {
      if (mode === "weak") return "";
      if (best === 1) return " A second device makes the step slower.";
      if (best) return ` More than ${best} devices make the step slower.`;
      return most < MOST ? ` At ${most} each has one example left.` : ` Up to ${MOST} every device helps.`;
    }

    function draw() {
      const all = Array.from({ length: most }, (_, k) => stepOf(k + 1));
      curve = { devices: all.map((_, k) => k + 1) };
      for (const name of Object.keys(all[0])) curve[name] = all.map((one) => one[name]);
      best = mode === "weak" ? null : curve.devices.find((n) => stepOf(n).step <= stepOf(n + 1).step) ?? null;
      // Between whole N too, else the lines would have corners.
      const points = Array.from({ length: 97 }, (_, k) => ({ n: most ** (k / 96), ...stepOf(most ** (k / 96)) }));
      drawTime(points);
      drawSpeed(points);
      [networkMenu.value, modeMenu.value] = [network, mode];
      const rate = short(link / 1e9).replace("Infinity", "∞");
      fill(dials[0].node, { max: most });
      [[devices, devices], [Math.log2(batch), whole(batch)], [Math.log10(link / 1e9), rate]].forEach(([at, as], k) => dials[k].show(at, as));
      links.forEach(([node, v, wait]) => node.setAttribute("aria-pressed", v === link && wait === latency));
      const now = all[devices - 1];
      const percent = `${now.efficiency < 1e-4 ? "<\u00a00.01" : short(100 * now.efficiency)}\u00a0%`;
      const times = now.speedup < 0.1 ? `1/${short(1 / now.speedup)}` : short(now.speedup);
      const size = `${short(bytes / 1e6)}\u00a0MB`;
      const total = examples() < 1e6 ? whole(examples()) : `${short(examples() / 1e6)}\u00a0M`;
      view.show({ step: duration(now.step), batch: total, "speed\u2011up": times, efficiency: percent }, [
        `${whole(weights)} weights: G = ${size}`,
        `c = 6·${short(work)}·${whole(batch)} ÷ ${short(speed / 1e12)}\u00a0TFLOP/s = ${duration(all[0].step)}`,
        `Compute: ${mode === "weak" ? "c" : "c/N"} = ${duration(now.compute)}`,
        `Exchange: 2·${devices - 1}·(${duration(latency)} + ${size}/(${devices}·${rate}\u00a0GB/s)) = ${duration(now.exchange)}`,
      ], `${many(devices)}: ${duration(now.compute)} computation + ${duration(now.exchange)} exchange; ${times} times ${MODES[mode][1]} one, efficiency ${percent}.${verdict()}`);
    }

    const examples = () => (mode === "weak" ? devices * batch : batch);

    function set(values) {
      ({ network, devices, batch, link, latency, speed, mode } = { network, devices, batch, link, latency, speed, mode, ...values });
      [, weights, work] = config.networks.find(([name]) => name === network);
      bytes = 4 * weights;
      [batch, link, latency] = [clamp(Math.round(batch), SMALL, LARGE), Math.max(link, 1e8), Math.max(latency, 0)];
      most = mode === "weak" ? MOST : Math.min(MOST, batch);
      devices = clamp(Math.round(devices), 1, most);
      draw();
    }

    const [networkLabel, networkMenu] = live.select("Network", config.networks.map(([name]) => [name, name]), (name) => set({ network: name }));
    const [modeLabel, modeMenu] = live.select("Scaling", Object.entries(MODES).map(([name, [title]]) => [name, title]), (name) => set({ mode: name }));
    const dials = [
      live.dial("Devices N", { min: 1, max: MOST, step: 1 }, (v) => set({ devices: v })),
      live.dial("Batch", { min: Math.log2(SMALL), max: Math.log2(LARGE), step: 1 }, (v) => set({ batch: 2 ** v })),
      live.dial("Link, GB/s", { min: -1, max: 3, step: 0.05 }, (v) => set({ link: 1e9 * Number((10 ** v).toPrecision(2)) })),
    ];
    const links = LINKS.map(([name, v, wait]) => [live.button(name, () => set({ link: v, latency: wait })), v, wait]);
    const reset = () => set(config);
    view.controls.append(networkLabel, modeLabel, ...dials.map(({ label }) => label), ...links.map(([node]) => node), live.button("Reset", reset));
    reset();

    return {
      state: () => ({
        network, weights, multiply_adds: work, bytes, devices, batch, examples: examples(), link, latency, speed, mode,
        ...stepOf(devices), best, curve: Object.fromEntries(Object.entries(curve).map(([name, values]) => [name, [...values]])), running: false,
      }),
      set, step: (n = 1) => set({ devices: devices + n }), run() {}, stop() {}, reset,
    };
  });
})();
