// A kernel that can be edited slides over an image that can be painted.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { html, svg, fill, clamp, rounded } = live;
  const SIDE = 400;
  const K = 3;
  const LIMIT = 99; // of a number in the kernel
  const NS = [...Array(K * K).keys()];

  const drawn = (...rows) => rows.map((row) => [...row].map(Number));
  const IMAGES = {
    seven: ["a seven, 12×12", drawn("000000000000", "001111111100", "001111111100", "000000001100", "000000011000", "000000110000",
      "000001100000", "000011000000", "000011000000", "000110000000", "000110000000", "000000000000")],
    lecture: ["the lecture's, 5×5", drawn("11100", "01110", "00111", "00110", "01100")],
    square: ["a square, 12×12", drawn(...Array(3).fill("0".repeat(12)), ...Array(6).fill("000111111000"), ...Array(3).fill("0".repeat(12)))],
    empty: ["empty, 12×12", drawn(...Array(12).fill("0".repeat(12)))],
  };
  const KERNELS = {
    vertical: ["vertical edges (Sobel)", [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]],
    horizontal: ["horizontal edges (Sobel)", [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]],
    laplace: ["Laplace", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]],
    lecture: ["the lecture's", [[1, 0, 1], [0, 1, 0], [1, 0, 1]]],
    mean: ["mean", Array(3).fill(Array(3).fill(1 / 9))],
    sharpen: ["sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]],
    identity: ["identity", [[0, 0, 0], [0, 1, 0], [0, 0, 0]]],
  };
  const enclosed = (value) => live.enclosed(rounded(value));
  const grey = (share) => Array(3).fill(Math.round(255 * (1 - share)));
  const signed = (share) => (share < 0 ? [33, 102, 172] : [178, 24, 43]).map((c) => Math.round(255 + Math.abs(share) * (c - 255)));
  // Black or white, whichever is easier to read on the colour.
  const ink = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B > 0.179 ? "#000" : "#fff";
  };

  live.define("convolution", (root, config) => {
    let image, kernel, stride, padding, output, at, cursor, brush, imageKey, kernelKey;

    const view = live.frame(root, [SIDE, SIDE], "The image, with the window on it",
      "Drag over the image (first picture) to paint; begin on a painted cell to erase. With keys: arrows move the dashed cursor, Space paints. Over the output (second picture) move the mouse, tap, or use the arrow keys. Dotted cells are the padding's zeros.",
      [[[SIDE, SIDE], "The output"]], true);
    const layers = view.pictures.map(() => ({ cells: svg("g"), numbers: svg("g") }));
    const areas = view.pictures.map(() => svg("rect", { class: "live-hit live-aim" }));
    const [easel, result] = areas.map((area, k) => svg("g", live.grip(["Image", "Output"][k], "2D slider"), area));
    result.classList.add("live-browse");
    const frames = view.pictures.map(() => ["live-line live-halo", "live-path live-big-line"].map((name) => svg("rect", { class: name })));
    const pens = ["live-pen", "live-pen live-ink"].map((name) => svg("rect", { class: name }));
    view.pictures[0].append(layers[0].cells, layers[0].numbers, ...frames[0], easel, ...pens);
    view.pictures[1].append(layers[1].cells, layers[1].numbers, ...frames[1], result);

    const shape = (rows) => [rows.length, rows[0].length];
    const pixel = (i, j) => image[i]?.[j] ?? 0;
    // The nine (kernel entry, image value) pairs under an output cell, row by row.
    const pairs = ([i, j]) => NS.map((n) => {
      const [a, b] = [Math.floor(n / K), n % K];
      return [kernel[a][b], pixel(i * stride + a - padding, j * stride + b - padding)];
    });
    const total = (place) => pairs(place).reduce((sum, [k, x]) => sum + k * x, 0) + 0; // no −0

    function compute() {
      const [rows, columns] = shape(image).map((n) => Math.floor((n + 2 * padding - K) / stride) + 1);
      output = Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => total([i, j])));
      at = [clamp(at[0], 0, rows - 1), clamp(at[1], 0, columns - 1)];
      cursor = cursor.map((v, k) => clamp(v, 0, shape(image)[k] - 1));
    }

    // Where a grid of cells lies in its picture.
    function grid([rows, columns]) {
      const size = Math.min((SIDE - 4) / Math.max(rows, columns), 80);
      const [left, top] = [(SIDE - columns * size) / 2, (SIDE - rows * size) / 2];
      const box = (i, j, n = 1) => ({ x: left + j * size, y: top + i * size, width: n * size, height: n * size });
      const cell = (x, y) => [clamp(Math.floor((y - top) / size), 0, rows - 1), clamp(Math.floor((x - left) / size), 0, columns - 1)];
      const all = { x: left, y: top, width: columns * size, height: rows * size };
      return { size, box, cell, all };
    }
    const grids = () => [grid(shape(image).map((n) => n + 2 * padding)), grid(shape(output))];

    // Nodes are made anew when the grid has changed, and else coloured and written again.
    function paint(layer, { size, box }, values, colour, outside) {
      const texts = values.map((row) => row.map((v) => rounded(v, Number.isInteger(v) ? 5 : 2)));
      const fits = Math.max(...texts.flat().map((text) => text.length)) * 9.2 + 2 <= size;
      const key = String([shape(values), fits, padding]);
      if (layer.key !== key) {
        const boxes = values.flatMap((row, i) => row.map((_, j) => box(i, j)));
        layer.key = key;
        layer.cells.replaceChildren(...boxes.map((place) => svg("rect", place)));
        layer.numbers.replaceChildren(...(fits ? boxes : []).map(({ x, y }) =>
          svg("text", { x: x + size / 2, y: y + size / 2 + 5.5, "text-anchor": "middle" })));
      }
      const [rects, labels] = [layer.cells.children, layer.numbers.children];
      values.forEach((row, i) => row.forEach((value, j) => {
        const n = i * row.length + j;
        const zero = outside?.(i, j);
        rects[n].setAttribute("class", zero ? "live-cell live-zero" : "live-cell");
        rects[n].style.fill = zero ? "" : `rgb(${colour(value)})`;
        if (!fits) return;
        labels[n].textContent = texts[i][j];
        labels[n].style.fill = zero ? "" : ink(colour(value));
      }));
    }

    function draw() {
      compute();
      const [input, map] = grids();
      const [h, w] = shape(image);
      const padded = Array.from({ length: h + 2 * padding }, (_, i) => Array.from({ length: w + 2 * padding }, (_, j) => pixel(i - padding, j - padding)));
      const [low, high] = [Math.min(0, ...image.flat()), Math.max(1, ...image.flat())];
      const most = Math.max(...output.flat().map(Math.abs)) || 1;
      paint(layers[0], input, padded, (v) => grey((v - low) / (high - low)),
        (i, j) => Math.min(i, j, h + 2 * padding - 1 - i, w + 2 * padding - 1 - j) < padding);
      paint(layers[1], map, output, (v) => signed(v / most));
      for (const rect of frames[0]) fill(rect, input.box(at[0] * stride, at[1] * stride, K));
      for (const rect of frames[1]) fill(rect, map.box(...at));
      for (const rect of pens) fill(rect, input.box(cursor[0] + padding, cursor[1] + padding));
      const [rows, columns] = shape(output);
      fill(areas[0], input.all);
      fill(areas[1], map.all);
      const sum = output[at[0]][at[1]];
      const told = ([i, j], value) => `row ${i}, column ${j}: ${value}`;
      live.tell(easel, told(cursor, rounded(image[cursor[0]][cursor[1]], 4)), cursor[0] * w + cursor[1], [0, h * w - 1]);
      live.tell(result, told(at, rounded(sum, 5)), at[0] * columns + at[1], [0, rows * columns - 1]);
      imageMenu.value = imageKey;
      kernelMenu.value = kernelKey;
      fields.forEach((field, n) => (field.value = Number(kernel[Math.floor(n / K)][n % K].toPrecision(5))));
      dials.forEach(({ show }, k) => show([stride, padding][k], [stride, padding][k]));
      slide.max = rows * columns - 1;
      slide.value = at[0] * columns + at[1];
      slide.setAttribute("aria-valuetext", `row ${at[0]}, column ${at[1]}`);
      loop.show();
      const terms = pairs(at).map(([k, x], n) => `${(n ? enclosed : rounded)(k)}·${enclosed(x)}`);
      const line = (a) => `${a ? "+ " : ""}${terms.slice(K * a, K * a + K).join(" + ")}`;
      const size = (n) => `⌊(${n} + 2·${padding} − ${K})/${stride}⌋ + 1`;
      view.show({ image: `${h} × ${w}`, output: `${rows} × ${columns}` }, [
        `Kernel times window, for row ${at[0]}, column ${at[1]}:`, line(0), line(1), `${line(2)} = ${rounded(sum, 5)}`,
        `Rows: ${size(h)} = ${rows}`, `Columns: ${size(w)} = ${columns}`,
      ], loop.running ? "Running." : `Output at (${at.join(", ")}): ${rounded(sum, 5)}`);
    }

    function change(edit) {
      loop.running = false;
      edit();
      draw();
    }

    const copy = (rows) => rows.map((row) => [...row]);
    const own = (value, key) => (Array.isArray(value) ? { own: [key, value] } : {});
    const images = { ...own(config.image, "the cell's own"), ...IMAGES };
    const kernels = { ...own(config.kernel, "the cell's own"), ...KERNELS, edited: ["edited", null] };
    const takeImage = (key) => (image = copy(images[(imageKey = key)][1]));
    const takeKernel = (key) => kernels[key][1] && (kernel = copy(kernels[(kernelKey = key)][1]));

    const [imageLabel, imageMenu] = live.select("Image", Object.entries(images).map(([k, v]) => [k, v[0]]), (key) => change(() => takeImage(key)));
    const [kernelLabel, kernelMenu] = live.select("Kernel", Object.entries(kernels).map(([k, v]) => [k, v[0]]), (key) => change(() => takeKernel(key)));
    kernelMenu.lastChild.disabled = true;
    const fields = NS.map((n) => {
      const [a, b] = [Math.floor(n / K), n % K];
      const node = html("input", { type: "number", step: "any", min: -LIMIT, max: LIMIT, "aria-label": `Kernel, row ${a}, column ${b}` });
      node.addEventListener("change", () => change(() => {
        if (!(Math.abs(node.valueAsNumber) <= LIMIT)) return;
        kernel[a][b] = node.valueAsNumber;
        kernelKey = "edited";
      }));
      return node;
    });
    const matrix = html("div", { class: "live-matrix", role: "group", "aria-label": "Kernel" }, ...fields);
    matrix.style.gridTemplateColumns = `repeat(${K}, auto)`;
    const dials = [
      ["Stride", 1, 3, (v) => (stride = v)], ["Padding", 0, 2, (v) => (padding = v)],
    ].map(([name, min, max, put]) => live.dial(name, { min, max, step: 1 }, (v) => change(() => put(v))));
    const place = (n) => (at = [Math.floor(n / output[0].length), n % output[0].length]);
    const [slideLabel, slide] = live.slider("Position", { min: 0, step: 1 }, (n) => change(() => place(n)));

    // One cell on, row by row; returns whether another is left.
    function advance() {
      const last = output.length * output[0].length - 1;
      const n = Math.min(at[0] * output[0].length + at[1] + 1, last);
      place(n);
      return n < last;
    }
    const loop = live.runner(root, advance, draw, () => {
      if (Number(slide.value) === Number(slide.max)) at = [0, 0];
    });
    const reset = () => change(() => {
      takeImage(Array.isArray(config.image) ? "own" : config.image);
      takeKernel(Array.isArray(config.kernel) ? "own" : config.kernel);
      ({ stride, padding } = config);
      [at, cursor] = [[0, 0], [0, 0]];
    });
    view.controls.append(
      imageLabel, kernelLabel, html("div", { class: "live-row live-desk" }, matrix, html("div", {}, ...dials.map(({ label }) => label))), slideLabel,
      live.button("Step", () => change(advance)), loop.button,
      live.button("Flip", () => change(() => {
        kernel = kernel.map((row) => [...row].reverse()).reverse();
        kernelKey = "edited";
      })),
      live.button("Reset", reset),
    );

    const spot = (event, k) => grids()[k].cell(...live.point(view.pictures[k], event));
    const put = () => (image[cursor[0]][cursor[1]] = brush);
    const choose = () => (brush = image[cursor[0]][cursor[1]] ? 0 : 1);
    const reach = (event) => spot(event, 0).map((v) => v - padding);
    const within = ([i, j]) => image[i]?.[j] !== undefined;
    live.hold(easel);
    easel.addEventListener("pointerdown", (event) => {
      const cell = reach(event);
      if (event.button !== 0 || !within(cell)) return;
      easel.setPointerCapture(event.pointerId);
      cursor = cell;
      choose();
      change(put);
    });
    easel.addEventListener("pointermove", (event) => {
      if (!easel.hasPointerCapture(event.pointerId)) return;
      // A fast stroke leaves cells out: paint all between the last one and this.
      const [from, to] = [cursor, reach(event)];
      const steps = Math.max(...to.map((v, k) => Math.abs(v - from[k])));
      if (steps) change(() => {
        for (let n = 1; n <= steps; n++) {
          const cell = from.map((v, k) => Math.round(v + (n / steps) * (to[k] - v)));
          if (within(cell)) put(cursor = cell);
        }
      });
    });
    for (const name of ["pointermove", "pointerdown"]) result.addEventListener(name, (event) => {
      if (name === "pointerdown" || event.pointerType === "mouse") change(() => (at = spot(event, 1)));
    });
    [easel, result].forEach((node, k) => node.addEventListener("keydown", (event) => {
      const arrow = live.ARROWS[event.key];
      const press = !k && (event.key === " " || event.key === "Enter");
      if (!arrow && !press) return;
      event.preventDefault();
      change(() => {
        if (press) return choose(), put();
        const moved = (k ? at : cursor).map((v, axis) => Math.max(0, v + [-arrow[1], arrow[0]][axis]));
        if (k) at = moved;
        else cursor = moved;
      });
    }));
    reset();

    return {
      state: () => ({
        image: copy(image), kernel: copy(kernel), stride, padding, output: copy(output), position: [...at],
        sum: output[at[0]][at[1]], images: imageKey, kernels: kernelKey, running: loop.running,
      }),
      set: (values) => change(() => {
        if (typeof values.image === "string") takeImage(values.image);
        else if (values.image) image = copy(values.image);
        if (typeof values.kernel === "string") takeKernel(values.kernel);
        else if (values.kernel) [kernel, kernelKey] = [copy(values.kernel), "edited"];
        ({ stride, padding, position: at } = { stride, padding, position: at, ...values });
      }),
      step: (n = 1) => change(() => { for (; n > 0 && advance(); n--); }),
      run: loop.start, stop: loop.stop, reset,
    };
  });
})();
