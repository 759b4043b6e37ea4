// One LSTM or GRU cell of one unit, opened: its gates over a sequence that is edited.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, fill, clamp, sigmoid, rounded, brief, lowered: low } = live;
  const [LEFT, SLOT, MOST] = [46, 44, 8];
  const SIZE = [400, 388];
  const [MARKS, GATES, ROW] = [106, 164, 27]; // upper edges
  const [VALUES, STATES] = [[96, 32], [340, 280]]; // lanes, from below to above
  const [BIAS, SHUT] = [10, 20]; // a bias holds a gate, a mark turns it round
  const GAIN = 4; // the state holds a quarter of what is asked, where tanh is nearly straight
  // Gates in Keras's order (c and h are candidates); those that are drawn.
  const CELLS = {
    lstm: ["LSTM", "ifco", ["i", "f", "o"]],
    gru: ["GRU", "zrh", ["z", "r"]],
  };
  const [OPEN, CLOSED, OPENS, CLOSES, ONCE, AGAIN] = [[0, 0, BIAS], [0, 0, -BIAS], [SHUT, 0, -BIAS], [-SHUT, 0, BIAS], [0, 0, 0], [0, 1, 0]];
  // What to remember, and by gate its weights: of the mark, of the state, and the bias.
  const PRESETS = {
    remember: ["Remember the marked value", "the last marked value", (list) => list.findLast(([, mark]) => mark)?.[0] ?? 0,
      { i: OPENS, f: CLOSES, o: OPEN, c: ONCE, z: CLOSES, r: OPEN, h: ONCE }],
    sum: ["Sum of the marked values", "the sum of the marked values", (list) => list.reduce((sum, [v, mark]) => sum + mark * v, 0),
      { i: OPENS, f: OPEN, o: OPEN, c: ONCE, z: CLOSES, r: OPEN, h: AGAIN }],
    forget: ["Forget at a mark", "the sum since the last mark", (list) => list.reduce((sum, [v, mark]) => (mark ? v : sum + v), 0),
      { i: OPEN, f: CLOSES, o: OPEN, c: ONCE, z: CLOSED, r: CLOSES, h: AGAIN }],
  };
  // The opened cell: streams, passages [x, y, upright], places of the words, signs.
  const MAPS = {
    lstm: {
      streams: { c0: "M8 50H130", f: "M130 50H215", candidate: "M215 180V118", i: "M215 118V50", c: "M215 50H392", tanh: "M330 50V138", h: "M330 138V180" },
      valves: { f: [130, 50, false], i: [215, 118, true], o: [330, 138, true] },
      words: { c0: [8, 26, "start"], f: [130, 26], i: [192, 123, "end"], o: [307, 143, "end"], c: [392, 26, "end"], candidate: [215, 202], h: [330, 202] },
      signs: [[215, 50, "+", ""], [330, 96, "~", "tanh"]],
    },
    gru: {
      streams: { h0: "M8 50H180", z: "M180 50H315", h0r: "M50 50V112", r: "M50 112V162H120", candidate: "M245 162H315V112", new: "M315 112V50", h: "M315 50H392" },
      valves: { z: [180, 50, false], r: [50, 112, true], new: [315, 112, true] },
      words: { h0: [8, 26, "start"], z: [180, 26], r: [74, 117, "start"], new: [292, 117, "end"], h: [392, 26, "end"], candidate: [183, 168] },
      signs: [[315, 50, "+", ""]],
    },
  };

  const round = (v, digits = 3) => v.toFixed(digits).replace(/^-(0\.0+)$/, "$1").replace("-", "−");
  const sided = (v) => `live-class-${Number(v > 0)}`; // orange above 0, blue below
  const plain = (v) => rounded(v, 4);
  const copy = (values) => JSON.parse(JSON.stringify(values));

  // The arrays of keras.layers.LSTM(1) or GRU(1) for two inputs, value and mark.
  function arrays(cell, preset) {
    const gates = [...CELLS[cell][1]];
    const [mark, state, bias] = [0, 1, 2].map((k) => gates.map((gate) => PRESETS[preset][3][gate][k]));
    const value = gates.map((gate) => ("ch".includes(gate) ? 1 / GAIN : 0));
    return { kernel: [value, mark], recurrent: [state], bias: cell === "gru" ? [bias, bias.map(() => 0)] : bias };
  }

  // By step the sums before the gates, what they are and what flows.
  function run(cell, { kernel, recurrent, bias }, sequence) {
    const gru = cell === "gru";
    const [inner, outer] = gru ? bias : [bias, bias.map(() => 0)];
    let [h, c] = [0, 0];
    return sequence.map(([value, mark]) => {
      const [c0, h0] = [c, h];
      const x = inner.map((b, k) => value * kernel[0][k] + mark * kernel[1][k] + b);
      const s = outer.map((b, k) => h * recurrent[0][k] + b);
      const both = x.map((a, k) => a + s[k]);
      const [first, second, , fourth] = both.map(sigmoid);
      const sum = gru ? x[2] + second * s[2] : both[2]; // the GRU's r closes the state alone
      const candidate = Math.tanh(sum);
      if (gru) {
        h = first * h0 + (1 - first) * candidate;
        return { both, sum, candidate, h0, h, gates: { z: first, r: second },
          flows: { h0, z: first * h0, h0r: h0, r: second * h0, candidate, new: (1 - first) * candidate, h } };
      }
      c = second * c0 + first * candidate;
      h = fourth * Math.tanh(c);
      return { both, sum, candidate, c0, c, h, gates: { i: first, f: second, o: fourth },
        flows: { c0, f: second * c0, candidate, i: first * candidate, c, tanh: Math.tanh(c), h } };
    });
  }

  live.define("gates", (root, config) => {
    let cell, preset, weights, sequence, step, steps, parts;

    const view = live.frame(root, SIZE, "The sequence, the gates and the states",
      "Drag a dot, click above or below it, or focus it and press the arrow keys; click a mark to set or clear it; click a column below the mark to open the cell at that step. A gate is a passage: wide open is 1, shut is 0. Orange: above 0; blue: below.",
      [[[400, 212], "The cell at the step shown"]]);
    const [timeline, opened] = view.pictures;
    const text = (x, y, value = "", anchor = "middle", name = "live-small") => svg("text", { x, y, "text-anchor": anchor, class: name }, value);
    const level = live.scale([-1, 1], VALUES);
    const change = (edit) => {
      edit();
      draw();
    };

    // A passage with two leaves; they move across the flow.
    function valve([x, y, upright], wide, high) {
      const size = { x: x - wide / 2, y: y - high / 2, width: wide, height: high };
      const leaves = [0, 1].map(() => svg("rect", { ...size, class: "live-leaf" }));
      const show = (v) => leaves.forEach((leaf, k) => {
        const [from, length] = upright ? ["x", "width"] : ["y", "height"];
        const part = ((1 - v) * size[length]) / 2;
        fill(leaf, { [length]: part, [from]: size[from] + (k ? size[length] - part : 0) });
      });
      return { node: svg("g", {}, ...leaves, svg("rect", { ...size, class: "live-thin" })), show };
    }

    const title = text(4, STATES[1] - 12, "", "start", "");
    const ground = svg("path", { class: "live-thin" });
    const rows = [0, 1, 2].map((k) => text(LEFT - 10, GATES + ROW * k + 17, "", "end"));
    const totals = [360, 380].map((y) => text(LEFT - 10, y, "", "end"));
    timeline.append(text(4, 18, "Inputs: value (dot), mark (box)", "start", ""), svg("path", { class: "live-thin", d: `M${LEFT} ${level(0)}H398` }),
      text(2, level(0) + 5, "value", "start"), text(2, MARKS + 22, "mark", "start"), text(4, GATES - 10, "Gates", "start", ""), title, ground, ...rows, ...totals);

    const columns = Array.from({ length: MOST }, (_, t) => {
      const x = LEFT + SLOT * (t + 0.5);
      const whole = { x: x - SLOT / 2, y: 24, width: SLOT, height: SIZE[1] - 26 };
      const [shade, hit] = ["live-tint-0", "live-hit"].map((name) => svg("rect", { ...whole, class: name }));
      hit.addEventListener("click", (event) => {
        const [, y] = live.point(timeline, event);
        if (y < MARKS) put(level.invert(y));
        else set({ step: t });
      });
      const [stem, ball] = [svg("path"), svg("circle", { r: 8 })];
      const dot = svg("g", { ...live.grip(`Value ${t + 1}`), "aria-orientation": "vertical" }, svg("circle", { r: 19, class: "live-hit" }), ball);
      const put = (v) => change(() => ([sequence[t][0], step] = [clamp(Math.round(20 * v) / 20, -1, 1), t]));
      live.handle(timeline, dot, { move: ([, y]) => put(level.invert(y)), nudge: (right, up) => put(sequence[t][0] + 0.05 * (up + right)) });
      const sign = text(x, MARKS + 23, "", "middle", "live-bit");
      const mark = live.press(svg("g", { "aria-label": `Mark ${t + 1}` }, svg("rect", { x: x - 21, y: MARKS - 1, width: 42, height: 34, rx: 4, class: "live-hit" }),
        svg("rect", { x: x - 17, y: MARKS + 2, width: 34, height: 28, rx: 4, class: "live-cell live-well" }), sign), "checkbox",
      () => change(() => ([sequence[t][1], step] = [1 - sequence[t][1], t])));
      const valves = rows.map((_row, k) => valve([x, GATES + ROW * k + 12, false], 38, 22));
      const bars = [0, 1].map(() => svg("rect", { width: 14 }));
      const numbers = totals.map((node) => text(x, node.getAttribute("y")));
      const node = svg("g", {}, shade, stem, ...valves.map((part) => part.node), ...bars, ...numbers, hit, dot, mark);
      timeline.append(node);
      return { node, shade, stem, ball, dot, mark, sign, valves, bars, numbers, x };
    });

    // A stream is as wide as what flows.
    function build() {
      const { streams, valves, words, signs } = MAPS[cell];
      const each = (given, make) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, make(value)]));
      parts = {
        streams: each(streams, (d) => svg("path", { d })),
        valves: each(valves, (place) => valve(place, ...(place[2] ? [34, 22] : [22, 34]))),
        words: each(words, ([x, y, anchor]) => text(x, y, "", anchor, "")),
      };
      opened.replaceChildren(...Object.values(streams).map((d) => svg("path", { d, class: "live-bed" })), ...Object.values(parts.streams),
        ...Object.values(parts.valves).map(({ node }) => node),
        ...signs.flatMap(([x, y, sign, name]) => [svg("circle", { cx: x, cy: y, r: 13, class: "live-grip" }), text(x, y + 6, sign, "middle", ""), text(x + 18, y + 5, name, "start", "")]),
        ...Object.values(parts.words));
    }

    function drawCell() {
      const { both, sum, candidate, c0, h0, c, h, gates, flows } = steps[step];
      const [was, now] = [low(step), low(step + 1)];
      const limit = Math.max(1 / GAIN, ...Object.values(flows).map(Math.abs));
      for (const [name, v] of Object.entries(flows))
        fill(parts.streams[name], { class: `live-flow ${sided(v)}`, "stroke-width": (18 * Math.abs(v)) / limit });
      for (const [name, { show }] of Object.entries(parts.valves)) show(gates[name] ?? 1 - gates.z);
      const lstm = cell === "lstm";
      const names = { c0: `c${was}`, c: `c${now}`, h0: `h${was}`, h: `h${now}`, candidate: `${lstm ? "c" : "h"}̃${now}`, new: "1 − z" };
      const values = { ...flows, ...gates, new: 1 - gates.z };
      for (const [name, node] of Object.entries(parts.words)) node.textContent = `${names[name] ?? name} ${round(values[name])}`;
      const times = (a, b) => `${round(a)}·${b < 0 ? `(${round(b)})` : round(b)}`;
      const [, order, shown] = CELLS[cell];
      const { goal, reading } = judged();
      view.show({}, [
        ...shown.map((gate) => `${gate}${now} = σ(${plain(both[order.indexOf(gate)])}) = ${round(gates[gate])}`),
        `${names.candidate} = tanh(${plain(sum)}) = ${round(candidate)}`,
        ...(lstm ? [`${names.c} = f·${names.c0} + i·${names.candidate} = ${times(gates.f, c0)} + ${times(gates.i, candidate)} = ${round(c)}`,
          `${names.h} = o·tanh(${names.c}) = ${times(gates.o, Math.tanh(c))} = ${round(h)}`]
          : [`${names.h} = z·${names.h0} + (1 − z)·${names.candidate} = ${times(gates.z, h0)} + ${times(1 - gates.z, candidate)} = ${round(h)}`]),
      ], preset ? `Wanted, ${PRESETS[preset][1]}: ${round(goal)}. The ${lstm ? "LSTM's cell" : "GRU's state"} times ${GAIN}: ${round(reading)}.`
        : `The state after ${sequence.length} steps: ${round(steps.at(-1).h)}.`);
    }

    function judged() {
      const { c, h } = steps.at(-1);
      return preset ? { goal: PRESETS[preset][2](sequence), reading: GAIN * (c ?? h) } : { goal: null, reading: null };
    }

    function draw() {
      const lstm = cell === "lstm";
      const [, , names] = CELLS[cell];
      steps = run(cell, weights, sequence);
      step = clamp(step, 0, sequence.length - 1);
      const states = steps.map(({ c, h }) => (lstm ? [c, h] : [h]));
      title.textContent = lstm ? "Cell state c (filled), state h (frame)" : "State h";
      rows.forEach((node, k) => (node.textContent = names[k] ?? ""));
      totals.forEach((node, k) => (node.textContent = (lstm ? "ch" : "h")[k] ?? ""));
      const height = live.scale([Math.min(0, ...states.flat()), Math.max(1 / GAIN, ...states.flat())], STATES);
      ground.setAttribute("d", `M${LEFT} ${height(0)}H398`);
      columns.forEach(({ node, shade, stem, ball, dot, mark, sign, valves, bars, numbers, x }, t) => {
        node.toggleAttribute("hidden", !steps[t]);
        if (!steps[t]) return;
        shade.toggleAttribute("hidden", t !== step);
        const [value, on] = sequence[t];
        fill(stem, { d: `M${x} ${level(0)}V${level(value)}`, class: `live-flow ${sided(value)}`, "stroke-width": 3 });
        ball.setAttribute("class", sided(value));
        dot.setAttribute("transform", `translate(${x} ${level(value)})`);
        live.tell(dot, plain(value), value, level.domain);
        mark.setAttribute("aria-checked", on === 1);
        sign.textContent = on;
        valves.forEach((part, k) => {
          part.node.toggleAttribute("hidden", !names[k]);
          part.show(steps[t].gates[names[k]] ?? 0);
        });
        bars.forEach((bar, k) => {
          const ends = [0, states[t][k] ?? 0].map(height);
          // Beside the cell state the state h is a frame.
          fill(bar, { x: x + (lstm ? 15 * k - 15 : -7), y: Math.min(...ends), height: Math.abs(ends[1] - ends[0]), class: k ? "live-thin" : sided(states[t][k]) });
          numbers[k].textContent = k in states[t] ? brief(states[t][k]) : "";
        });
      });
      [cellMenu.value, presetMenu.value] = [cell, preset];
      for (const [gate, { label, show }] of Object.entries(dials)) {
        label.toggleAttribute("hidden", !names.includes(gate));
        if (names.includes(gate)) show(biases()[CELLS[cell][1].indexOf(gate)], plain(biases()[CELLS[cell][1].indexOf(gate)]));
      }
      fill(pointer.node, { max: sequence.length });
      pointer.show(step + 1, step + 1);
      drawCell();
    }

    const set = (values) => change(() => {
      const before = cell;
      ({ cell, step } = { cell, step, ...values });
      if (values.sequence) sequence = copy(values.sequence);
      if (values.weights) [preset, weights] = [null, copy(values.weights)];
      else if (values.preset || cell !== before) {
        preset = values.preset ?? preset ?? "remember";
        weights = arrays(cell, preset);
      }
      if (cell !== before) build();
    });
    const biases = () => (cell === "gru" ? weights.bias[0] : weights.bias);
    const menu = (name, choices, key) => live.select(name, Object.entries(choices).map(([value, [words]]) => [value, words]), (value) => set({ [key]: value }));
    const [cellLabel, cellMenu] = menu("Cell", CELLS, "cell");
    const [presetLabel, presetMenu] = menu("Weights", PRESETS, "preset");
    const dials = Object.fromEntries(Object.entries(CELLS).flatMap(([, [, order, names]]) => names.map((gate) => [gate,
      live.dial(`Bias of ${gate}`, { min: -BIAS, max: BIAS, step: 0.5 }, (v) => change(() => (biases()[order.indexOf(gate)] = v)))])));
    const pointer = live.dial("Step", { min: 1, max: MOST, step: 1 }, (v) => set({ step: v - 1 }));
    const reset = () => {
      cell = null;
      set({ step: config.sequence.findIndex(([, mark]) => mark), ...config });
    };
    view.controls.append(cellLabel, presetLabel, ...Object.values(dials).map(({ label }) => label), pointer.label,
      live.button("Add step", () => set({ sequence: [...sequence, [0.5, 0]].slice(0, MOST), step: sequence.length })),
      live.button("Remove step", () => set({ sequence: sequence.slice(0, Math.max(1, sequence.length - 1)) })), live.button("Reset", reset));
    reset();

    const lists = (pick) => steps.map(pick);
    return {
      state: () => ({
        cell, preset, sequence: copy(sequence), weights: copy(weights), step, ...judged(), candidate: lists(({ candidate }) => candidate),
        gates: Object.fromEntries(CELLS[cell][2].map((gate) => [gate, lists(({ gates }) => gates[gate])])),
        c: cell === "lstm" ? lists(({ c }) => c) : null, h: lists(({ h }) => h), running: false,
      }),
      set, step: (n = 1) => set({ step: step + n }), run() {}, stop() {}, reset,
    };
  });
})();
