// Clicked images teach; the nearest class mean sorts the others, by features of each depth.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, html, fill } = live;
  const [LEFT, RIGHT, ROW] = [118, 346, 30];
  const TILE = 32;
  const DRAWS = 50; // behind the mean
  const OWN = 10000; // their seeds begin here
  // By place in the menu: circle, triangle, square.
  const SHAPES = ["M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z", "M0-7L7 6H-7z", "M-5.5-5.5h11v11h-11z"];
  const NAMES = ["first", "second", "third"];

  const mark = (k) => svg("svg", { viewBox: "-9 -9 18 18", class: "live-mark", "aria-hidden": "true" },
    svg("path", { d: SHAPES[k], class: `live-racer-${k} live-runner` }));

  live.define("transfer", (root, config) => {
    const { classes, labels, columns, most } = config;
    const sets = config.features.map(({ name, scale, levels }) => {
      const steps = new Int8Array(live.bytes(levels).buffer);
      const size = steps.length / labels.length;
      return { name, rows: labels.map((_, i) => Float64Array.from(steps.subarray(i * size, (i + 1) * size), (v) => v * scale)) };
    });
    const members = classes.map((_, c) => labels.flatMap((label, i) => (label === c ? [i] : [])));
    let chosen, labelled, depth, examples, seed, results;
    let ready = false;

    const view = live.frame(root, [400, sets.length * ROW + 34], "Share read right, by features",
      "Click an image to make it an example, or to take it back; with keys, arrows lead from image to image. The sign below an image is the class that it is read as; a dashed frame: misread. | in the bars: the mean over 50 random choices of as many examples. Dashed line: chance.");
    const shelf = html("div", { class: "live-shelf" });
    view.controls.after(view.picture);
    root.firstChild.prepend(shelf);

    // The means of the labelled images, and for each other image the nearest of them.
    function sort(rows, taught, others) {
      const means = chosen.map((c) => {
        const own = taught.filter((i) => labels[i] === c);
        return own.length ? { c, mean: rows[0].map((_, k) => own.reduce((sum, i) => sum + rows[i][k], 0) / own.length) } : null;
      }).filter(Boolean);
      if (!means.length) return null;
      return others.map((i) => {
        let [best, least] = [null, Infinity];
        for (const { c, mean } of means) {
          let distance = 0;
          for (let k = 0; k < mean.length; k++) distance += (rows[i][k] - mean[k]) ** 2;
          if (distance < least) [best, least] = [c, distance];
        }
        return best;
      });
    }

    const rest = (taught) => chosen.flatMap((c) => members[c].filter((i) => !taught.includes(i)));
    const share = (predictions, others) => (predictions && others.length
      ? predictions.filter((c, k) => c === labels[others[k]]).length / others.length : null);

    // counts[k] images of the k-th chosen class, at random.
    function pick(number, counts) {
      const uniform = live.random(number);
      return chosen.flatMap((c, k) => {
        const list = [...members[c]];
        for (let j = 0; j < counts[k]; j++) {
          const other = j + Math.floor(uniform() * (list.length - j));
          [list[j], list[other]] = [list[other], list[j]];
        }
        return list.slice(0, counts[k]);
      }).sort((a, b) => a - b);
    }

    // For each set of features the mean share over the draws; once known, it is kept.
    const known = new Map();
    function means(counts) {
      const key = `${chosen} ${counts}`;
      if (!known.has(key)) {
        const draws = Array.from({ length: DRAWS }, (_, k) => pick(OWN + k, counts)).map((taught) => [taught, rest(taught)]);
        known.set(key, sets.map(({ rows }) => {
          const shares = draws.map(([taught, left]) => share(sort(rows, taught, left), left));
          return shares.includes(null) ? null : shares.reduce((sum, v) => sum + v, 0) / DRAWS;
        }));
      }
      return known.get(key);
    }

    function judge() {
      const counts = chosen.map((c) => labelled.filter((i) => labels[i] === c).length);
      const others = rest(labelled);
      results = { counts, others, sets: sets.map(({ rows }, k) => {
        const predictions = sort(rows, labelled, others);
        return { predictions, accuracy: share(predictions, others), mean: means(counts)[k] };
      }) };
    }

    const at = live.scale([0, 1], [LEFT, RIGHT]);
    const bottom = sets.length * ROW + 8;
    const bars = sets.map(({ name }, k) => {
      const y = 8 + k * ROW;
      const bar = svg("rect", { x: LEFT, y: y + 3, height: ROW - 8 });
      const stroke = svg("path", { class: "live-line" });
      const value = svg("text", { x: RIGHT + 8, y: y + 20 });
      const label = svg("text", { x: LEFT - 8, y: y + 20, "text-anchor": "end" }, name);
      const hit = svg("rect", { x: 0, y, width: 400, height: ROW, class: "live-hit" });
      hit.addEventListener("click", () => change(() => (depth = k)));
      view.picture.append(bar, stroke, value, label, hit);
      return { bar, stroke, value, label, y };
    });
    const chance = svg("path", { class: "live-thin live-dashed" });
    view.picture.append(chance, svg("path", { class: "live-thin", d: `M${LEFT} 8V${bottom}` }),
      ...[0, 0.5, 1].map((v) => svg("text", { x: at(v), y: bottom + 20, "text-anchor": "middle" }, String(v))));

    const sheet = new Image();
    let tiles = new Map(); // image number: its button and signs
    function populate() {
      tiles = new Map();
      shelf.replaceChildren(...chosen.map((c, k) => {
        const title = html("span", {});
        const buttons = members[c].map((i, n) => {
          const canvas = html("canvas", { width: TILE, height: TILE, "aria-hidden": "true" });
          const signs = chosen.map((_, j) => mark(j));
          const node = live.button("", () => change(() => {
            labelled = labelled.includes(i) ? labelled.filter((other) => other !== i) : [...labelled, i].sort((a, b) => a - b);
          }));
          node.classList.add("live-tile");
          node.append(canvas, ...signs);
          tiles.set(i, { node, canvas, signs, name: `${classes[c]} ${n + 1}` });
          return node;
        });
        rove(buttons);
        return html("div", { role: "group", "aria-label": classes[c] }, html("p", {}, mark(k), title), html("div", {}, ...buttons));
      }));
      paint();
    }

    // Sixty images are three stops of Tab; arrow keys lead from one to the next.
    function rove(nodes) {
      const stop = (chosen) => nodes.forEach((node) => (node.tabIndex = node === chosen ? 0 : -1));
      stop(nodes[0]);
      nodes.forEach((node, k) => {
        node.addEventListener("focus", () => stop(node));
        node.addEventListener("keydown", (event) => {
          const [right, up] = live.ARROWS[event.key] ?? [0, 0];
          const wide = nodes.filter(({ offsetTop }) => offsetTop === nodes[0].offsetTop).length;
          const next = nodes[k + right - up * wide];
          if (!next || next === node) return;
          event.preventDefault();
          next.focus();
        });
      });
    }
    function paint() {
      if (!ready) return;
      for (const [i, { canvas }] of tiles) {
        const [x, y] = [i % columns, Math.floor(i / columns)].map((v) => v * TILE);
        canvas.getContext("2d").drawImage(sheet, x, y, TILE, TILE, 0, 0, TILE, TILE);
      }
    }

    const percent = (v) => v.toFixed(2);
    function draw() {
      judge();
      const { counts, others, sets: found } = results;
      const { predictions, accuracy, mean } = found[depth];
      for (const [i, { node, signs, name }] of tiles) {
        const taught = labelled.includes(i);
        const read = taught || !predictions ? null : predictions[others.indexOf(i)];
        const wrong = read !== null && read !== labels[i];
        node.setAttribute("aria-pressed", taught);
        node.classList.toggle("live-misread", wrong);
        node.setAttribute("aria-label", `${name}: ${taught ? "example" : read === null ? "not read" : `${wrong ? "mis" : ""}read as ${classes[read]}`}`);
        signs.forEach((sign, k) => sign.toggleAttribute("hidden", chosen[k] !== read));
      }
      [...shelf.children].forEach((group, k) => {
        const count = counts[k];
        group.querySelector("span").textContent = `${classes[chosen[k]]}: ${count} example${count === 1 ? "" : "s"}`;
      });
      bars.forEach(({ bar, stroke, value, label, y }, k) => {
        const { accuracy: right, mean: middle } = found[k];
        fill(bar, { width: at(right ?? 0) - LEFT, class: `live-class-${Number(k === depth)}` });
        stroke.setAttribute("d", middle === null ? "" : `M${at(middle)} ${y}v${ROW - 2}`);
        value.textContent = right === null ? "–" : percent(right);
        label.setAttribute("font-weight", k === depth ? 700 : 400);
      });
      chance.setAttribute("d", `M${at(1 / chosen.length)} 8V${bottom}`);
      menus.forEach((menu, k) => (menu.value = chosen[k] ?? ""));
      depthMenu.value = depth;
      dial.show(examples, examples, `${examples} of each class`);
      const right = accuracy === null ? 0 : Math.round(accuracy * others.length);
      view.show({}, [
        predictions ? `The nearest class mean wins: ${counts.join(" + ")} examples, ${others.length} images to sort.` : "Click an image to make it an example.",
        mean === null ? "" : `Mean over 50 random choices of as many: ${percent(mean)}; chance ${percent(1 / chosen.length)}.`,
      ], accuracy === null ? "Nothing is read."
        : `With “${sets[depth].name}” ${right} of ${others.length} are read right (${percent(accuracy)}).`);
    }

    function change(edit) {
      edit();
      draw();
    }
    const random = () => (labelled = pick(seed, chosen.map(() => examples)));
    function choose(list) {
      chosen = list;
      populate();
      random();
    }

    // A class that another menu has already changes places with it.
    const choices = classes.map((name, c) => [String(c), name]);
    const menus = NAMES.map((name, k) => {
      const options = k === 2 ? [...choices, ["", "none"]] : choices;
      const [label, menu] = live.select(`${name[0].toUpperCase()}${name.slice(1)} class`, options, (value) => change(() => {
        const list = [...chosen];
        const before = list.indexOf(Number(value));
        if (value === "") list.splice(k, 1);
        else if (before < 0) list[k] = Number(value);
        else if (list[k] !== undefined) [list[k], list[before]] = [list[before], list[k]];
        choose(list);
      }));
      menu.setAttribute("aria-label", `${name[0].toUpperCase()}${name.slice(1)} class`);
      label.firstChild.remove();
      label.prepend(mark(k));
      view.controls.append(label);
      return menu;
    });
    if (classes.length < 3) menus[2].parentNode.remove();
    const [depthLabel, depthMenu] = live.select("Features", sets.map(({ name }, k) => [k, name]), (k) => change(() => (depth = Number(k))));
    const dial = live.dial("Examples a class", { min: 1, max: most, step: 1 }, (v) => change(() => {
      examples = v;
      random();
    }));
    const again = (n = 1) => change(() => {
      seed += n;
      random();
    });
    const reset = () => change(() => {
      [depth, examples, seed] = [sets.length - 1, config.examples, 0];
      choose([...config.chosen]);
    });
    view.controls.append(depthLabel, dial.label, live.button("Draw others", () => again()),
      live.button("Clear", () => change(() => (labelled = []))), live.button("Reset", reset));
    reset();
    sheet.onload = () => {
      ready = true;
      paint();
    };
    sheet.src = config.sprite;

    const named = (key) => Object.fromEntries(sets.map(({ name }, k) => [name, results.sets[k][key]]));
    return {
      state: () => ({
        chosen: [...chosen], labelled: [...labelled], others: results.others, predictions: named("predictions"),
        accuracy: named("accuracy"), mean: named("mean"), depth: sets[depth].name, examples, seed, ready, running: false,
      }),
      set: (values) => change(() => {
        depth = values.depth === undefined ? depth : sets.findIndex(({ name }) => name === values.depth);
        [examples, seed] = [values.examples ?? examples, values.seed ?? seed];
        choose(values.chosen ?? chosen);
        labelled = values.labelled ?? labelled;
      }),
      step: again, run() {}, stop() {}, reset,
    };
  });
})();
