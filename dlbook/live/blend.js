// An image and a map over it, blended; a probe reads the numbers.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { html, svg, clamp, rounded } = live;
  const SIDE = 400;
  const BAR = { left: 12, right: 388, height: 18 };
  // Colours at equal steps: of maps with a sign from −1 to 1, of the others from 0 to 1.
  const SIGNED = [[5, 48, 97], [67, 147, 195], [255, 255, 255], [214, 96, 77], [103, 0, 31]];
  const POSITIVE = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]];

  function colour(share, signed) {
    const stops = signed ? SIGNED : POSITIVE;
    const place = (signed ? (share + 1) / 2 : share) * (stops.length - 1);
    const k = Math.min(Math.floor(place), stops.length - 2);
    return stops[k].map((c, i) => c + (place - k) * (stops[k + 1][i] - c));
  }

  // Rows of a stretched axis: the two old places on both sides, and the second's share.
  const stretch = (size, old) => Array.from({ length: size }, (_, i) => {
    const place = clamp(((i + 0.5) * old) / size - 0.5, 0, old - 1);
    const k = Math.min(Math.floor(place), Math.max(old - 2, 0));
    return [k, Math.min(k + 1, old - 1), place - k];
  });

  async function decode(source) {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = html("canvas", { width: image.naturalWidth, height: image.naturalHeight });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  }

  live.define("blend", (root, config) => {
    const [rows, columns] = config.size;
    const height = Math.round((SIDE * rows) / columns);
    const unit = SIDE / columns;
    let chosen, alpha, at, original, pngs, blended;
    const maps = []; // in the image's size, each when it is first wanted

    const view = live.frame(root, [SIDE, height], "The image with the map over it",
      "Move the mouse over the picture, tap it, drag the ring, or focus the ring and use the arrow keys to read the numbers of a pixel.",
      [[[SIDE, 46], "The map's colours"]]);
    const canvas = html("canvas", { width: columns, height: rows, role: "img", "aria-label": "The blended image" });
    canvas.classList.toggle("live-coarse", columns < 160);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const stack = html("section", { class: "live-stack" }, canvas);
    view.picture.before(stack);
    stack.append(view.picture);
    const area = svg("rect", { width: SIDE, height, class: "live-hit live-aim" });
    const ring = svg("g", live.grip("Pixel", "2D slider"), svg("circle", { r: 18, class: "live-hit" }), svg("circle", { r: 9, class: "live-ring live-halo" }), svg("circle", { r: 9, class: "live-ring" }));
    view.picture.append(area, ring);

    // A map in the image's size: numbers (shares of the limit) and their colours.
    function expand({ limit, signed }, { data, width, height: tall }) {
      if (limit === null) return { colours: data };
      const level = (i, j) => (signed ? (data[4 * (i * width + j)] - 128) / 127 : data[4 * (i * width + j)] / 255);
      const across = stretch(columns, width);
      const shares = new Float64Array(rows * columns);
      const colours = new Float32Array(4 * rows * columns);
      stretch(rows, tall).forEach(([i, below, down], y) => across.forEach(([j, beside, right], x) => {
        const line = (row) => (1 - right) * level(row, j) + right * level(row, beside);
        const n = y * columns + x;
        shares[n] = (1 - down) * line(i) + down * line(below);
        colours.set(colour(shares[n], signed), 4 * n);
      }));
      return { shares, colours };
    }

    function compose() {
      maps[chosen] ??= expand(config.maps[chosen], pngs[chosen]);
      const over = maps[chosen].colours;
      blended = new ImageData(columns, rows);
      const { data } = blended;
      for (let k = 0; k < data.length; k++) data[k] = k % 4 === 3 ? 255 : (1 - alpha) * original[k] + alpha * over[k];
      context.putImageData(blended, 0, 0);
    }

    const rgb = (data) => [...data.slice(4 * (at[0] * columns + at[1]), 4 * (at[0] * columns + at[1]) + 3)];
    function value() {
      const { shares, colours } = maps[chosen];
      return shares ? shares[at[0] * columns + at[1]] * config.maps[chosen].limit : rgb(colours);
    }
    const told = (v) => (Array.isArray(v) ? `(${v.join(", ")})` : rounded(v));

    function drawBar() {
      const { limit, signed } = config.maps[chosen];
      const parts = [];
      const n = 94;
      if (limit !== null) for (let k = 0; k < n; k++) {
        const share = k / (n - 1);
        const part = svg("rect", { x: BAR.left + 3.98 * k, y: 2, width: 5, height: BAR.height });
        part.style.fill = `rgb(${colour(signed ? 2 * share - 1 : share, signed).map(Math.round)})`;
        parts.push(part);
      }
      const ends = limit === null ? [["start", BAR.left, "its own colours"]]
        : [["start", BAR.left, signed ? rounded(-limit) : "0"], ["middle", SIDE / 2, signed ? "0" : rounded(limit / 2)], ["end", BAR.right, rounded(limit)]];
      parts.push(...ends.map(([anchor, x, text]) => svg("text", { x, y: 40, "text-anchor": anchor }, text)));
      view.pictures[1].replaceChildren(...parts);
    }

    function draw() {
      menu.value = chosen;
      dial.show(alpha, alpha.toFixed(2), `${Math.round(100 * alpha)} % map`);
      buttons.forEach((node, k) => node.setAttribute("aria-pressed", alpha === k / 2));
      ring.setAttribute("transform", `translate(${(at[1] + 0.5) * unit} ${(at[0] + 0.5) * unit})`);
      drawBar();
      if (!pngs) return view.show({ pixel: `(${at.join(", ")})` }, [], "The images are being decoded.");
      compose();
      const now = value();
      const spoken = `Row ${at[0]}, column ${at[1]}: ${told(now)}`;
      live.tell(ring, spoken, at[1], [0, columns - 1]);
      view.show({ α: alpha.toFixed(2), pixel: `(${at.join(", ")})` }, [
        `${config.maps[chosen].name}: ${told(now)}`, `image: ${told(rgb(original))}`, `shown: ${told(rgb(blended.data))}`,
      ], `${spoken}.`);
    }

    function change(edit) {
      edit();
      draw();
    }
    const move = ([i, j]) => change(() => (at = [clamp(i, 0, rows - 1), clamp(j, 0, columns - 1)]));
    const [menuLabel, menu] = live.select("Map", config.maps.map(({ name }, k) => [k, name]), (k) => change(() => (chosen = Number(k))));
    const dial = live.dial("Blend α", { min: 0, max: 1, step: 0.01 }, (v) => change(() => (alpha = v)));
    const buttons = ["Image", "Half", "Map"].map((name, k) => live.button(name, () => change(() => (alpha = k / 2))));
    const reset = () => change(() => ([chosen, alpha, at] = [0, 0.5, [rows >> 1, columns >> 1]]));
    view.controls.append(menuLabel, dial.label, ...buttons, live.button("Reset", reset));

    live.handle(view.picture, ring, {
      move: ([x, y]) => move([Math.floor(y / unit), Math.floor(x / unit)]),
      nudge: (right, rise) => move([at[0] - rise, at[1] + right]),
    });
    for (const name of ["pointermove", "pointerdown"]) view.picture.addEventListener(name, (event) => {
      if (name === "pointermove" && event.pointerType !== "mouse") return;
      const [x, y] = live.point(view.picture, event);
      move([Math.floor(y / unit), Math.floor(x / unit)]);
    });
    reset();
    Promise.all([config.image, ...config.maps.map(({ png }) => png)].map(decode)).then(([first, ...rest]) => {
      original = first.data;
      pngs = rest;
      draw();
    });

    return {
      state: () => ({
        name: config.maps[chosen].name, alpha, position: [...at], limit: config.maps[chosen].limit,
        value: pngs ? value() : null, image: pngs ? rgb(original) : null, pixel: pngs ? rgb(blended.data) : null,
        ready: Boolean(pngs), running: false,
      }),
      set: (values) => change(() => {
        if (values.name !== undefined) chosen = config.maps.findIndex(({ name }) => name === values.name);
        ({ alpha, position: at } = { alpha, position: at, ...values });
      }),
      step: (n = 1) => change(() => (alpha = clamp(alpha + n / 100, 0, 1))), run() {}, stop() {}, reset,
    };
  });
})();
