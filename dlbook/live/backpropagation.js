// One example through a small network and back again, a cell at a time.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { html, scientific: format } = live;
  const LIMIT = 1000; // of a number that the reader types
  const DELTA = 1e-5; // step of the finite differences

  const enclosed = (value) => live.enclosed(format(value));
  const vector = (values) => `(${values.map(format).join(", ")})`;

  // A quantity "W'" is a list of rows; "dW'" is the loss's derivative by it. Entries
  // and classes count from 0, as in code.
  const isGradient = (key) => key[0] === "d";
  const pretty = (key) => key.replace(/^d/, "∂L/∂").replace("'", "′");
  function name([key, i, j]) {
    if (key === "L") return "L";
    return pretty(key) + (key.includes("W") ? "₀₁₂₃"[i] : "") + "₀₁₂₃"[j];
  }
  function spoken([key, i, j]) {
    if (key === "L") return "L";
    return `${pretty(key)} ${key.includes("W") ? `row ${i}, column` : "entry"} ${j}`;
  }
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const outer = (a, b) => a.map((u) => b.map((v) => u * v));

  // `nudge` is a cell and what to add to it once it is known.
  function forward(inputs, label, nudge) {
    const v = {};
    function put(key, rows) {
      v[key] = rows.map((row) => [...row]);
      if (nudge?.[0] === key) v[key][nudge[1]][nudge[2]] += nudge[3];
    }
    const affine = ([x], W, [b]) => [b.map((bias, j) => sum(x.map((u, i) => u * W[i][j])) + bias)];
    for (const key in inputs) put(key, inputs[key]);
    if (v.f) {
      put("z", affine(v.f, v.W, v.b));
      put("h", [v.z[0].map((z) => Math.max(0, z))]);
    }
    put("c", affine(v.h, v["W'"], v["b'"]));
    // With the largest score taken out nothing overflows, and log1p keeps tiny losses.
    const [c] = v.c;
    const top = Math.max(...c);
    const powers = c.map((score) => Math.exp(score - top));
    const rest = sum(powers.filter((_, k) => k !== c.indexOf(top)));
    put("p", [powers.map((power) => power / (1 + rest))]);
    put("L", [[Math.log1p(rest) + (top - c[label])]]);
    return v;
  }

  function backward(v, label) {
    const [p] = v.p;
    // p − 1 as minus the other probabilities: it survives where p rounds to 1.
    const dc = p.map((_, k) => k === label ? -sum(p.filter((_, other) => other !== k)) : p[k]);
    const dh = v["W'"].map((row) => sum(row.map((w, k) => w * dc[k])));
    Object.assign(v, { dc: [dc], "dW'": outer(v.h[0], dc), "db'": [dc], dh: [dh] });
    if (v.f) {
      const dz = dh.map((slope, j) => v.z[0][j] > 0 ? slope : 0);
      Object.assign(v, { dz: [dz], dW: outer(v.f[0], dz), db: [dz] });
    }
    for (const key in v) v[key] = v[key].map((row) => row.map((value) => value + 0)); // no −0
    return v;
  }

  // How each cell comes about: the rule of its matrix, the cells used, the sum in words.
  function explain([key, i, j], v, label) {
    const at = ([k, row, column]) => v[k][row][column];
    const cells = (k) => v[k][0].map((_, column) => [k, 0, column]);
    const dot = (rule, pairs, ...more) => ({
      rule,
      uses: [...pairs.flat(), ...more],
      words: [
        ...pairs.map(([a, b], n) => `${(n ? enclosed : format)(at(a))}·${enclosed(at(b))}`),
        ...more.map((cell) => enclosed(at(cell))),
      ].join(" + "),
    });
    const affine = (x, W, b) => dot(`${x}${pretty(W)} + ${pretty(b)}`,
      cells(x).map((cell, row) => [cell, [W, row, j]]), [b, 0, j]);
    const copy = (from) => ({ rule: pretty(from), uses: [[from, 0, j]], words: name([from, 0, j]) });
    const product = (x, from) => dot(`${x}ᵀ ${pretty(from)}`, [[[x, 0, i], [from, 0, j]]]);
    const y = v.c[0].map((_, k) => Number(k === label));
    const powers = v.c[0].map((score) => `exp(${format(score)})`).join(" + ");
    const on = v.z?.[0][j] > 0;
    const rules = {
      z: () => affine("f", "W", "b"),
      h: () => ({ rule: "ReLU(z)", uses: [["z", 0, j]], words: `max(0, ${format(at(["z", 0, j]))})` }),
      c: () => affine("h", "W'", "b'"),
      p: () => ({ rule: "softmax(c)", uses: cells("c"), words: `exp(${format(v.c[0][j])}) / (${powers})` }),
      L: () => ({
        rule: `−log ${name(["p", 0, label])} = log(Σ exp(cₖ)) − ${name(["c", 0, label])}`,
        uses: cells("c"), words: `log(${powers}) − ${enclosed(v.c[0][label])}`,
      }),
      dc: () => ({
        rule: `p − y, where y = ${vector(y)}`, uses: [["p", 0, j]],
        words: y[j] && v.p[0][j] > 0.999 ? `(1 − ${format(-v.dc[0][j])}) − 1` : `${format(v.p[0][j])} − ${y[j]}`,
      }),
      "dW'": () => product("h", "dc"),
      "db'": () => copy("dc"),
      dh: () => dot("∂L/∂c\u00a0W′ᵀ", cells("dc").map((cell, k) => [cell, ["W'", j, k]])),
      dz: () => ({
        rule: "∂L/∂h ⊙ 1[z > 0]", uses: [["dh", 0, j], ["z", 0, j]],
        words: `${format(v.dh[0][j])}·${Number(on)}`, why: `, for ${name(["z", 0, j])} ${on ? ">" : "≤"} 0`,
      }),
      dW: () => product("f", "dz"),
      db: () => copy("dz"),
    };
    return rules[key]();
  }

  live.define("backpropagation", (root, config) => {
    let start, inputs, label, v, steps, order, done, chosen, nodes, classMenu;
    let checking = false;

    const controls = html("div", { class: "live-controls" });
    const note = html("p", { class: "live-note" });
    const status = live.announcer(root);
    const help = html("p", { class: "live-hint", id: live.unique() }, "Below each matrix stands the derivative of L by it, in the same shape. Solid frame: the cell; dashed frames: what it is made of. Press a computed cell to see its sum again. Any number in a filled box can be changed, from −1000 to 1000.");
    const matrices = html("div", { class: "live-matrices" });
    root.replaceChildren(controls, html("div", { class: "live-words" }, note, ...status.nodes), matrices, help);
    root.setAttribute("aria-describedby", help.id);

    function load(key) {
      const { x, layers, label: right } = structuredClone(config.starts[(start = menu.value = key)]);
      const [[W, b], last] = [layers[0], layers.at(-1)];
      inputs = layers.length > 1 ? { f: [x], W, b: [b] } : { h: [x] };
      Object.assign(inputs, { "W'": last[0], "b'": [last[1]] });
      label = right;
      [done, chosen] = [0, -1];
      compute();
      const keys = ["z", "h", "c", "p", "L", "dc", "dW'", "db'", "dh", "dz", "dW", "db"];
      steps = keys.filter((k) => v[k] && !inputs[k]).flatMap((k) =>
        v[k].flatMap((row, i) => row.map((_, j) => [k, i, j])));
      order = new Map(steps.map((cell, k) => [String(cell), k]));
      populate();
    }

    const compute = () => (v = backward(forward(inputs, label), label));
    function change(edit) {
      edit();
      compute();
      draw();
    }

    function field(cell) {
      const [key, i, j] = cell;
      const node = html("input", { type: "number", step: "any", min: -LIMIT, max: LIMIT, "aria-label": spoken(cell) });
      node.addEventListener("change", () => change(() => {
        const value = node.valueAsNumber;
        if (Math.abs(value) <= LIMIT) inputs[key][i][j] = value;
      }));
      return node;
    }

    function computed(cell) {
      return live.button("", () => {
        chosen = order.get(String(cell));
        draw();
      });
    }

    function populate() {
      nodes = new Map();
      const matrix = (key) => {
        const grid = html("div", { class: "live-matrix" });
        grid.style.gridTemplateColumns = `repeat(${v[key][0].length}, auto)`;
        v[key].forEach((row, i) => row.forEach((_, j) => {
          const cell = [key, i, j];
          const node = (inputs[key] ? field : computed)(cell);
          nodes.set(String(cell), { cell, node });
          grid.append(node);
        }));
        return html("div", { role: "group", "aria-label": pretty(key) }, html("span", {}, pretty(key)), grid);
      };
      const blocks = ["f", "W", "b", "z", "h", "W'", "b'", "c", "p", "L"].filter((key) => v[key]);
      matrices.replaceChildren(...blocks.map((key) =>
        html("div", {}, ...[key, `d${key}`].filter((k) => v[k]).map(matrix))));
      const classes = v.p[0].map((_, k) => [k, k]);
      const [classLabel, menu] = live.select("Correct class", classes, (value) =>
        change(() => (label = Number(value))));
      classMenu = menu;
      matrices.append(classLabel);
    }

    function check([key, i, j]) {
      if (!isGradient(key)) return "Check: choose a cell of a gradient.";
      const by = key.slice(1);
      const loss = (delta) => forward(inputs, label, [by, i, j, delta]).L[0][0];
      const [x, slope] = [name([by, i, j]), (loss(DELTA) - loss(-DELTA)) / (2 * DELTA)];
      return `Check: (L(${x} + δ) − L(${x} − δ)) / 2δ = ${format(slope)} with δ = 10⁻⁵.`;
    }

    function words() {
      if (chosen < 0) return [[`${steps.length} cells to compute. The first: ${name(steps[0])}.`], "Ready."];
      const cell = steps[chosen];
      const { rule, words, why = "" } = explain(cell, v, label);
      const way = isGradient(cell[0]) ? "Backward" : "Forward";
      const lines = [`${way}, cell ${chosen + 1} of ${steps.length}: ${pretty(cell[0])} = ${rule}`];
      if (checking) lines.push(check(cell));
      return [lines, `${name(cell)} = ${words} = ${format(v[cell[0]][cell[1]][cell[2]])}${why}`];
    }

    function draw() {
      const current = String(steps[chosen]);
      const used = new Set(chosen < 0 ? [] : explain(steps[chosen], v, label).uses.map(String));
      for (const [id, { cell, node }] of nodes) {
        const value = v[cell[0]][cell[1]][cell[2]];
        node.classList.toggle("live-current", id === current);
        node.classList.toggle("live-used", used.has(id));
        if (inputs[cell[0]]) {
          node.value = value;
          continue;
        }
        const text = order.get(id) < done ? format(value) : "";
        node.textContent = text;
        node.disabled = !text;
        node.setAttribute("aria-label", `${spoken(cell)}: ${text || "not computed yet"}`);
      }
      classMenu.value = label;
      checkButton.setAttribute("aria-pressed", checking);
      const [lines, sentence] = words();
      note.replaceChildren(...lines.map((line) => html("span", {}, line)));
      status.say(sentence);
    }

    function step(n) {
      done = live.clamp(done + n, 0, steps.length);
      chosen = done - 1;
      draw();
      if (chosen < 0) return;
      // On a phone the matrices scroll in a window of their own: show the cell there.
      const { offsetTop: top, offsetHeight: height } = nodes.get(String(steps[chosen])).node;
      const low = top + height + 8 - matrices.clientHeight;
      matrices.scrollTop = live.clamp(matrices.scrollTop, low, Math.max(low, top - 32));
    }
    // To the end of the matrix in which the next cell lies.
    function stepMatrix() {
      const key = steps[done]?.[0];
      step(steps.filter((cell, k) => k >= done && cell[0] === key).length);
    }
    function choose(key) {
      load(key);
      draw();
    }

    const titles = Object.entries(config.starts).map(([key, { title }]) => [key, title]);
    const [menuLabel, menu] = live.select("Numbers", titles, choose);
    const checkButton = live.button("Check", () => {
      checking = !checking;
      draw();
    });
    controls.append(
      menuLabel, live.button("Next cell", () => step(1)), live.button("Next matrix", stepMatrix),
      live.button("All", () => step(steps.length)), live.button("Back", () => step(-1)), checkButton,
      live.button("Reset", () => choose(start)),
    );
    choose(config.start);

    const hidden = (key, i, j) => order.get(String([key, i, j])) >= done;
    const seen = (key) => v[key].map((row, i) => row.map((value, j) => hidden(key, i, j) ? null : value));
    return {
      state: () => ({
        start, label, done, steps: steps.length, status: done === steps.length ? "done" : done ? "stepping" : "ready",
        cell: chosen < 0 ? null : name(steps[chosen]), running: false,
        values: Object.fromEntries(Object.keys(v).map((key) => [key, seen(key)])),
      }),
      set: (values) => change(() => {
        if (values.start) load(values.start);
        label = values.label ?? label;
        for (const key in inputs) inputs[key] = values[key] ?? inputs[key];
      }),
      step: (n = 1) => step(n), run: () => step(steps.length), stop() {}, reset: () => choose(start),
    };
  });
})();
