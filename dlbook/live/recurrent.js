// A recurrent net of one unit, unrolled over bits that the reader types.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, html, fill, clamp, rounded, enclosed, brief, press, lowered: low } = live;
  const SIZE = [400, 372];
  const [MOST, SLOT] = [10, 36];
  const STATES = [122, 28]; // the lanes of the bars, from below to above
  const SLOPES = [338, 284];
  const [BOX, BIT] = [158, 212]; // upper edges
  const RANGES = { w: 2, u: 1.5, b: 2 };
  // Name, activation, w, u, b.
  const PRESETS = {
    counts: ["Counts exactly", "linear", 1, 1, 0],
    forgets: ["Forgets", "linear", 1, 0.5, 0],
    explodes: ["Explodes", "linear", 1, 1.5, 0],
    saturates: ["Saturates", "tanh", 1, 1.5, 0],
  };
  // f, its slope by a and h, and a picture of f.
  const ACTIVATIONS = {
    linear: [(a) => a, () => 1, "M-9 9L9 -9"],
    relu: [(a) => Math.max(a, 0), (a) => Number(a > 0), "M-9 5H0L9 -8"],
    tanh: [Math.tanh, (a, h) => 1 - h * h, "M-10 8C2 8 -2 -8 10 -8"],
  };

  const column = (t) => SLOT * (t + 0.5);
  const full = (v, digits = 4) => rounded(v, digits);
  const factor = (v) => enclosed(full(v));

  live.define("recurrent", (root, config) => {
    let bits, weights, activation, step, result;

    function run() {
      const { w, u, b } = weights;
      const [f, slope] = ACTIVATIONS[activation];
      const [preactivations, states, slopes] = [[], [], []];
      bits.forEach((x, t) => {
        preactivations.push(w * x + u * (states[t - 1] ?? 0) + b);
        states.push(f(preactivations[t]));
        slopes.push(slope(preactivations[t], states[t]));
      });
      // Backwards: the last state by the sum of each step.
      const backward = [];
      for (let t = bits.length - 1; t >= 0; t--) backward[t] = slopes[t] * (t === bits.length - 1 ? 1 : u * backward[t + 1]);
      const gradient = backward.map((d, t) => d * bits[t]);
      const total = (values) => values.reduce((sum, v) => sum + v, 0);
      const count = total(bits);
      const output = states.at(-1);
      return {
        preactivations, states, slopes, backward, gradient, count, output, error: output - count,
        gradients: { w: total(gradient), u: total(backward.map((d, t) => d * (states[t - 1] ?? 0))), b: total(backward) },
      };
    }

    const view = live.frame(root, SIZE, "The net unrolled: a column for each bit",
      "Type bits, click one to flip it, + to add one; Delete removes. A click on a column shows its step. Stroke: the ones so far, where the bar should end.");
    const text = (x, y, value, name = "live-small") => svg("text", { x, y, class: name, "text-anchor": "middle" }, value);
    const ground = svg("g");
    view.picture.append(svg("text", { x: 4, y: 18 }, "States hₜ (bars), ones so far (strokes)"), ground);
    const slopeTitle = svg("text", { x: 4, y: 276 });
    view.picture.append(slopeTitle);

    const columns = Array.from({ length: MOST }, (_, k) => {
      const x = column(k + 1);
      const shade = svg("rect", { x: x - SLOT / 2, y: 24, width: SLOT, height: 340, class: "live-tint-0" });
      const hit = svg("rect", { x: x - SLOT / 2, y: 24, width: SLOT, height: 340, class: "live-hit" });
      hit.addEventListener("click", () => change(() => (step = k)));
      const [bar, slopeBar] = [svg("rect", { x: x - 11, width: 22, class: "live-class-1" }), svg("rect", { x: x - 11, width: 22, class: "live-class-0" })];
      const [target, glyph] = [svg("path", { class: "live-line" }), svg("path", { class: "live-thin", transform: `translate(${x} ${BOX + 14})` })];
      const [value, slopeValue, sign] = [text(x, 144, ""), text(x, 358, ""), text(x, BIT + 25, "", "live-bit")];
      const box = svg("rect", { x: x - 13, y: BOX, width: 26, height: 28, rx: 4, class: "live-thin" });
      const arrows = svg("path", { class: "live-thin", d: `M${x - 23} ${BOX + 14}h9m-4 -3l4 3l-4 3M${x} ${BIT}V${BOX + 29}m-3 4l3 -4l3 4` });
      const bit = press(svg("g", {}, svg("rect", { x: x - 17, y: BIT - 4, width: 34, height: 46, rx: 4, class: "live-hit" }),
        svg("rect", { x: x - 14, y: BIT, width: 28, height: 36, rx: 4, class: "live-cell live-well" }), sign), "button", () => change(() => (bits[k] = 1 - bits[k])));
      bit.addEventListener("keydown", (event) => {
        if ((event.key !== "Delete" && event.key !== "Backspace") || bits.length === 1) return;
        event.preventDefault();
        change(() => bits.splice(k, 1));
        columns[Math.min(k, bits.length - 1)].bit.focus();
      });
      const node = svg("g", {}, shade, bar, target, box, glyph, arrows, slopeBar, value, slopeValue, hit, bit);
      view.picture.append(node);
      return { node, shade, bar, target, glyph, value, slopeBar, slopeValue, bit, sign };
    });
    const plus = press(svg("g", { "aria-label": "Add a bit" }, svg("rect", { x: -17, y: -4, width: 34, height: 46, rx: 4, class: "live-hit" }),
      svg("rect", { x: -14, width: 28, height: 36, rx: 4, class: "live-cell live-zero" }), text(0, 25, "+", "live-bit")), "button", () => {
      change(() => bits.push(1));
      if (bits.length === MOST) columns[MOST - 1].bit.focus();
    });
    view.picture.append(plus, text(column(0), 144, "0"), text(column(0), BOX + 19, "h₀"), text(column(0), BIT + 24, "xₜ"),
      text(SLOT, BOX + 4, "u"), text(column(1) + 9, BIT - 9, "w"));

    // A bar from the lane's zero to the value.
    function stand(bar, map, v) {
      const [a, b] = [map(0), map(v)];
      fill(bar, { y: Math.min(a, b), height: Math.max(Math.abs(a - b), 0.5) });
    }

    function draw() {
      result = run();
      const { preactivations, states, slopes, backward, count, output, error, gradients } = result;
      const T = bits.length;
      step = clamp(step, 0, T - 1);
      const so = bits.map((_, t) => bits.slice(0, t + 1).reduce((sum, x) => sum + x, 0));
      const height = live.scale([Math.min(0, ...states), Math.max(1, ...states, ...so)], STATES);
      const reach = live.scale([Math.min(0, ...backward), Math.max(1, ...backward)], SLOPES);
      ground.replaceChildren(svg("path", { class: "live-thin", d: `M2 ${height(0)}H398M2 ${reach(0)}H398` }));
      columns.forEach(({ node, shade, bar, target, glyph, value, slopeBar, slopeValue, bit, sign }, t) => {
        node.toggleAttribute("hidden", t >= T);
        if (t >= T) return;
        shade.toggleAttribute("hidden", t !== step);
        stand(bar, height, states[t]);
        stand(slopeBar, reach, backward[t]);
        target.setAttribute("d", `M${column(t + 1) - 15} ${height(so[t])}h30`);
        glyph.setAttribute("d", ACTIVATIONS[activation][2]);
        [value.textContent, slopeValue.textContent, sign.textContent] = [brief(states[t]), brief(backward[t]), bits[t]];
        fill(bit, { "aria-label": `Bit ${t + 1}: ${bits[t]}` });
      });
      plus.toggleAttribute("hidden", T === MOST);
      plus.setAttribute("transform", `translate(${column(T + 1)} ${BIT})`);
      const [now, end] = [low(step + 1), `h${low(T)}`];
      slopeTitle.textContent = `∂${end}/∂aₜ: what ${end} hears of step t`;
      const { w, u, b } = weights;
      if (field !== document.activeElement || field.value.replace(/[^01]/g, "") !== bits.join("")) field.value = bits.join("");
      menu.value = activation;
      dials.forEach((dial, k) => dial.show(Object.values(weights)[k], full(Object.values(weights)[k])));
      fill(pointer.node, { max: T });
      pointer.show(step + 1, step + 1);
      buttons.forEach((node, k) => node.setAttribute("aria-pressed", preset() === Object.keys(PRESETS)[k]));
      const before = states[step - 1] ?? 0;
      const name = activation === "linear" ? "" : activation;
      const later = T - 1 - step;
      view.show({ [end]: full(output, 3), ones: count, error: full(error, 3), "∂h/∂w": full(gradients.w, 3) }, [
        `a${now} = w·x${now} + u·h${low(step)} + b`,
        `= ${factor(w)}·${bits[step]} + ${factor(u)}·${factor(before)} + ${factor(b)} = ${full(preactivations[step])}`,
        `h${now} = ${name ? `${name}(a${now})` : `a${now}`} = ${full(states[step])}; slope ${full(slopes[step])}`,
        `∂${end}/∂a${now} = ${later ? `u${live.raised(later)} × slopes` : "slope"} = ${full(backward[step])}`,
        `Its part of ∂${end}/∂w: times x${now} = ${full(result.gradient[step])}`,
      ], `${bits.join("")} has ${count} ${count === 1 ? "one" : "ones"}; the net says ${full(output)}: ${
        Math.abs(error) < 1e-9 ? "exactly right" : `${Math.abs(error) < 0.5 ? "right when rounded" : "wrong"}, error ${full(error)}`}.`);
    }

    const preset = () => Object.keys(PRESETS).find((name) => {
      const [, f, ...numbers] = PRESETS[name];
      return f === activation && numbers.every((v, k) => v === Object.values(weights)[k]);
    }) ?? null;

    function change(edit) {
      edit();
      draw();
    }
    const set = (values) => change(() => {
      if (values.preset) {
        const [, f, w, u, b] = PRESETS[values.preset];
        [activation, weights] = [f, { w, u, b }];
      }
      activation = values.activation ?? activation;
      for (const [name, limit] of Object.entries(RANGES)) weights[name] = clamp(values[name] ?? weights[name], -limit, limit);
      if (values.bits !== undefined) bits = [...values.bits].slice(0, MOST).map(Number);
      step = values.step ?? step;
    });

    const field = html("input", { type: "text", inputmode: "numeric", maxlength: MOST, autocomplete: "off", spellcheck: "false" });
    field.addEventListener("input", () => {
      const typed = field.value.replace(/[^01]/g, "");
      if (field.value !== typed) field.value = typed;
      if (typed) set({ bits: typed, step: typed.length - 1 });
    });
    field.addEventListener("blur", () => (field.value = bits.join(""))); // if it was left empty
    const [menuLabel, menu] = live.select("Activation f", Object.keys(ACTIVATIONS).map((name) => [name, name]), (name) => set({ activation: name }));
    const dials = Object.entries(RANGES).map(([name, limit]) => live.dial(name, { min: -limit, max: limit, step: 0.05 }, (v) => set({ [name]: v })));
    const pointer = live.dial("Step", { min: 1, max: MOST, step: 1 }, (v) => set({ step: v - 1 }));
    const buttons = Object.entries(PRESETS).map(([name, [title]]) => live.button(title, () => set({ preset: name })));
    const reset = () => {
      [weights, step] = [{}, config.bits.length - 1];
      set(config);
    };
    view.controls.append(html("label", {}, "Bits", field), ...buttons, live.button("Reset", reset), menuLabel, ...dials.map(({ label }) => label), pointer.label);
    reset();

    return {
      state: () => ({ ...result, bits: [...bits], weights: { ...weights }, activation, preset: preset(), step, running: false }),
      set, step: (n = 1) => set({ step: step + n }), run() {}, stop() {}, reset,
    };
  });
})();
