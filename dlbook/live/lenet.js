// LeNet reads what is drawn: preparation, forward pass and feature maps in the page.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, html, fill, clamp, bytes } = live;
  const SIZE = [400, 190];
  const [BARS, FLOOR, TOP] = [[20, 392], 164, 24];
  const [SIDE, FIELD] = [28, 224]; // the network's input; the ink on the field
  const CELL = FIELD / SIDE; // what an arrow key moves the cursor by
  const PEN = 10; // radius
  const [BOX, MIDDLE] = [20, 14.5]; // MNIST: longer side, centre of mass (of pixel 14)

  function unpack({ shape, levels, scale, bias }) {
    const steps = new Int8Array(bytes(levels).buffer);
    return { shape, bias, kernel: Float32Array.from(steps, (step, k) => step * scale[k % scale.length]) };
  }

  // Valid windows of size a×b over channels-last maps [height, width, channels], then
  // ReLU, unless the layer is the last. A dense layer is one window over everything.
  function convolve(x, [height, width], { shape: [a, b, inputs, outputs], kernel, bias }, relu = true) {
    const size = [height - a + 1, width - b + 1, outputs];
    const y = new Float64Array(size[0] * size[1] * outputs);
    let at = 0;
    for (let i = 0; i < size[0]; i++) for (let j = 0; j < size[1]; j++, at += outputs) {
      for (let o = 0; o < outputs; o++) y[at + o] = bias[o];
      for (let r = 0; r < a; r++) {
        const row = ((i + r) * width + j) * inputs;
        for (let k = 0; k < b * inputs; k++) {
          const value = x[row + k];
          if (value === 0) continue; // most of a digit is paper
          const weights = (r * b * inputs + k) * outputs;
          for (let o = 0; o < outputs; o++) y[at + o] += value * kernel[weights + o];
        }
      }
      if (relu) for (let o = 0; o < outputs; o++) y[at + o] = Math.max(y[at + o], 0);
    }
    return [y, size];
  }

  function pool(x, [height, width, maps]) {
    const y = new Float64Array(x.length / 4).fill(-Infinity);
    for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) for (let m = 0; m < maps; m++) {
      const at = ((i >> 1) * (width >> 1) + (j >> 1)) * maps + m;
      y[at] = Math.max(y[at], x[(i * width + j) * maps + m]);
    }
    return [y, [height / 2, width / 2, maps]];
  }

  function padded(x, ring) {
    const wide = SIDE + 2 * ring;
    const y = new Float64Array(wide * wide);
    x.forEach((value, k) => (y[(Math.floor(k / SIDE) + ring) * wide + (k % SIDE) + ring] = value));
    return [y, [wide, wide, 1]];
  }

  function read(layers, input) {
    const [first, second, ...dense] = layers;
    const conv1 = convolve(...padded(input, 2), first);
    const conv2 = convolve(...pool(...conv1), second);
    const [features] = pool(...conv2);
    const logits = dense.reduce((x, { shape: [inputs, outputs], kernel, bias }, k) =>
      convolve(x, [1, 1], { shape: [1, 1, inputs, outputs], kernel, bias }, k < 2)[0], features);
    const top = Math.max(...logits);
    const powers = Array.from(logits, (z) => Math.exp(z - top));
    const total = powers.reduce((sum, v) => sum + v, 0);
    return { conv1, conv2, logits: [...logits], probabilities: powers.map((v) => v / total) };
  }

  // As MNIST was made: the longer side of the ink's box becomes 20 pixels, the centre of
  // mass the middle of pixel (14, 14), unless ink would then leave the 28×28; a pixel is
  // the mean of the ink on it.
  function center(ink) {
    const sums = [new Float64Array(FIELD), new Float64Array(FIELD)]; // by row, by column
    ink.forEach((v, k) => {
      sums[0][Math.floor(k / FIELD)] += v;
      sums[1][k % FIELD] += v;
    });
    const mass = sums[0].reduce((sum, v) => sum + v, 0);
    if (!mass) return new Float64Array(SIDE * SIDE);
    const boxes = sums.map((list) => [list.findIndex((v) => v > 0), list.findLastIndex((v) => v > 0) + 1]);
    const unit = Math.max(...boxes.map(([a, b]) => b - a)) / BOX; // of the field, for a pixel
    const [down, across] = sums.map((list, axis) => {
      const mean = list.reduce((sum, v, k) => sum + v * (k + 0.5), 0) / mass;
      const [a, b] = boxes[axis].map((edge) => (edge - mean) / unit);
      const middle = clamp(MIDDLE, -a, SIDE - b);
      // For each pixel its share of each of the field's lines that it meets.
      return Array.from({ length: SIDE }, (_, pixel) => {
        const [from, to] = [pixel, pixel + 1].map((edge) => mean + (edge - middle) * unit);
        const shares = [];
        for (let k = Math.max(0, Math.floor(from)); k < Math.min(FIELD, to); k++)
          shares.push([k, (Math.min(k + 1, to) - Math.max(k, from)) / unit]);
        return shares;
      });
    });
    const rows = down.map((shares) => {
      const row = new Float64Array(FIELD);
      for (const [i, share] of shares) for (let k = 0; k < FIELD; k++) row[k] += share * ink[i * FIELD + k];
      return row;
    });
    return Float64Array.from({ length: SIDE * SIDE }, (_, k) =>
      across[k % SIDE].reduce((sum, [j, share]) => sum + share * rows[Math.floor(k / SIDE)][j], 0));
  }

  // Values of one map as black ink of that strength; the style turns it white on dark.
  function paint(canvas, values, limit) {
    const { width, height } = canvas;
    const picture = new ImageData(width, height);
    for (let k = 0; k < width * height; k++) picture.data[4 * k + 3] = limit ? (255 * values(k)) / limit : 0;
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  live.define("lenet", (root, config) => {
    const layers = config.layers.map(unpack);
    const pixels = bytes(config.digits);
    const samples = Array.from({ length: pixels.length / SIDE ** 2 }, (_, k) =>
      Float64Array.from(pixels.subarray(k * SIDE ** 2, (k + 1) * SIDE ** 2), (v) => v / 255));
    let ink, input, result, sample;
    let opening = true; // the first stroke clears the digit that nobody asked for
    let cursor = [14, 14];
    let from = null; // where the pen was, while it is down

    const view = live.frame(root, SIZE, "Probabilities of the ten digits",
      "Draw with mouse, finger or pen. With the keyboard: arrow keys move the cursor, Space makes a dot, Shift and an arrow a line, Delete erases. Then add a stroke to a test digit: when does a 3 become an 8?");
    const canvas = (side) => html("canvas", { width: side, height: side, class: "live-pixels", "aria-hidden": "true" });
    const sheet = canvas(FIELD);
    const pad = html("div", { ...live.grip("Field to draw a digit on", "drawing field"), class: "live-pad" }, sheet);
    const group = (name, count, side) => {
      const tiles = Array.from({ length: count }, () => canvas(side));
      const title = html("span", {}, name);
      return { tiles, title, node: html("div", { class: `live-tiles live-tiles-${count}`, role: "img", "aria-label": name }, title, ...tiles) };
    };
    const seen = group("input", 1, SIDE);
    const maps = [group("conv1: 6 maps of 28×28", 6, SIDE), group("conv2: 16 maps of 10×10", 16, 10)];
    const body = root.firstChild;
    view.controls.after(view.picture);
    body.prepend(pad);
    body.append(html("div", { class: "live-maps" }, ...[seen, ...maps].map(({ node }) => node)));

    const place = live.scale([0, 10], BARS);
    const bars = Array.from({ length: 10 }, (_, digit) => {
      const [x, width] = [place(digit) + 4, place(1) - place(0) - 8];
      const bar = svg("rect", { x, width });
      const value = svg("text", { x: x + width / 2, "text-anchor": "middle" });
      view.picture.append(bar, value, svg("text", { x: x + width / 2, y: FLOOR + 20, "text-anchor": "middle" }, String(digit)));
      return { bar, value };
    });
    view.picture.append(svg("path", { class: "live-thin", d: `M${BARS[0]} ${FLOOR}H${BARS[1]}` }));

    function draw() {
      input = sample === null ? center(ink) : samples[sample];
      result = read(layers, input);
      paint(sheet, (k) => ink[k], 1);
      const [row, column] = cursor;
      const under = ink[(row + 0.5) * CELL * FIELD + (column + 0.5) * CELL] > 0.5 ? "ink" : "paper";
      live.tell(pad, `row ${row}, column ${column}: ${under}`, row * SIDE + column, [0, SIDE * SIDE - 1]);
      if (pad.matches(":focus-visible")) {
        const pen = sheet.getContext("2d");
        pen.globalCompositeOperation = "xor"; // the ring shows on ink and on paper
        pen.lineWidth = 3;
        pen.beginPath();
        pen.arc((cursor[1] + 0.5) * CELL, (cursor[0] + 0.5) * CELL, PEN + 2, 0, 2 * Math.PI);
        pen.stroke();
      }
      paint(seen.tiles[0], (k) => input[k], 1);
      for (const [k, name] of ["conv1", "conv2"].entries()) {
        const [values, [, , count]] = result[name];
        const limit = values.reduce((best, v) => Math.max(best, v), 0);
        maps[k].tiles.forEach((tile, m) => paint(tile, (at) => values[at * count + m], limit));
      }
      const { probabilities } = result;
      const order = probabilities.map((_, digit) => digit).sort((a, b) => probabilities[b] - probabilities[a]);
      bars.forEach(({ bar, value }, digit) => {
        const p = probabilities[digit];
        const y = FLOOR - p * (FLOOR - TOP);
        fill(bar, { y, height: FLOOR - y, class: `live-class-${Number(digit === order[0])}` });
        value.setAttribute("y", y - 6);
        value.textContent = p >= 0.005 ? p.toFixed(2) : "";
      });
      const empty = ink.every((v) => v === 0);
      const name = ([digit]) => `${digit}, probability ${probabilities[digit].toFixed(3)}`;
      view.show({}, [
        empty ? "Nothing is drawn; the network answers all the same."
          : sample !== null ? `Sample ${sample + 1} of ${samples.length}, a test digit as it is.`
            : "The drawing, scaled and centred as MNIST's digits are, is the input.",
      ], `Reads ${name(order)}; then ${name(order.slice(1))}.`);
    }

    // Ink within the pen's radius of the line from p to q, with soft edges.
    function stroke(p, q) {
      if (opening) erase();
      const [dx, dy] = [q[0] - p[0], q[1] - p[1]];
      const reach = [0, 1].map((i) => [Math.min(p[i], q[i]) - PEN - 1, Math.max(p[i], q[i]) + PEN + 1]
        .map((v) => clamp(Math.floor(v), 0, FIELD - 1)));
      for (let y = reach[1][0]; y <= reach[1][1]; y++) for (let x = reach[0][0]; x <= reach[0][1]; x++) {
        const [ax, ay] = [x + 0.5 - p[0], y + 0.5 - p[1]];
        const share = clamp((ax * dx + ay * dy) / (dx * dx + dy * dy || 1), 0, 1);
        const far = Math.hypot(ax - share * dx, ay - share * dy);
        ink[y * FIELD + x] = Math.max(ink[y * FIELD + x], clamp(PEN + 0.5 - far, 0, 1));
      }
      sample = null;
      opening = false;
    }

    function erase() {
      ink = new Float64Array(FIELD * FIELD);
      sample = null;
      opening = false;
    }

    function load(number) {
      sample = number;
      ink = Float64Array.from({ length: FIELD * FIELD }, (_, k) =>
        samples[sample][Math.floor(k / FIELD / CELL) * SIDE + Math.floor((k % FIELD) / CELL)]);
      opening = false;
    }

    const spot = ({ clientX, clientY }) => {
      const { left, top, width } = sheet.getBoundingClientRect();
      return [clientX - left, clientY - top].map((v) => (v * FIELD) / width);
    };
    pad.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      pad.setPointerCapture(event.pointerId);
      from = spot(event);
      stroke(from, from);
      draw();
    });
    pad.addEventListener("pointermove", (event) => {
      if (!from || !event.isPrimary) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const to of (all.length ? all : [event]).map(spot)) {
        stroke(from, to);
        from = to;
      }
      draw();
    });
    for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => (from = null));
    for (const change of ["focus", "blur"]) pad.addEventListener(change, draw);

    const point = () => [(cursor[1] + 0.5) * CELL, (cursor[0] + 0.5) * CELL];
    pad.addEventListener("keydown", (event) => {
      const before = point();
      const arrow = live.ARROWS[event.key];
      if (arrow) {
        cursor = cursor.map((v, i) => clamp(v + [-arrow[1], arrow[0]][i], 0, SIDE - 1));
        if (event.shiftKey) stroke(before, point());
      } else if (event.key === " ") stroke(before, before);
      else if (event.key === "Delete" || event.key === "Backspace") erase();
      else return;
      event.preventDefault();
      draw();
    });

    const change = (edit) => {
      edit();
      draw();
    };
    const reset = () => change(() => {
      load(0);
      [cursor, opening] = [[14, 14], true];
    });
    const next = () => load(sample === null ? 0 : (sample + 1) % samples.length);
    view.controls.append(live.button("Erase", () => change(erase)), live.button("Next test digit", () => change(next)));
    reset();

    const flat = (values) => Float64Array.from(values.flat(), (v) => v / 255);
    const grid = (values, side) => Array.from({ length: side }, (_, i) => [...values.slice(i * side, (i + 1) * side)]);
    const report = ({ conv1, conv2, logits, probabilities }) => ({
      logits, probabilities, digit: probabilities.indexOf(Math.max(...probabilities)),
      shapes: { conv1: conv1[1], conv2: conv2[1] }, maps: { conv1: [...conv1[0]], conv2: [...conv2[0]] },
    });
    return {
      state: () => ({
        ...report(result), input: grid(input, SIDE), source: sample === null ? "drawing" : "sample", sample,
        cursor: [...cursor], running: false,
      }),
      read: (image) => report(read(layers, flat(image))),
      drawing: () => grid(ink, FIELD),
      center: (values) => grid(center(Float64Array.from(values.flat())), SIDE),
      set: (values) => change(() => {
        if (values.sample !== undefined) load(values.sample);
        cursor = values.cursor ?? cursor;
      }),
      step: (n = 1) => change(() => { for (; n > 0; n--) next(); }),
      run() {}, stop() {}, reset,
    };
  });
})();
