// Letters become sounds: an encoder, a decoder and the attention between them.
(() => {
  "use strict";
  const live = window.dlbookLiveRuntime;
  const { svg, html, fill, clamp, sigmoid } = live;
  const [LEFT, WIDE, TOP, HIGH] = [58, 34, 52, 29]; // of the table of attention weights
  const [LETTERS, STEPS, BEST] = [10, 12, 3];
  const SIZE = [400, TOP + HIGH * STEPS + 6];
  const [BAR, ROW] = [[84, 326], 36]; // of the likeliest sounds
  const UNITS = 64; // of each direction of the encoder
  // A word for each sound, in the order of their numbers.
  const AS_IN = "father cat cup law cow my bee chin day then bed bird say fun get hat sit see jam key leg man no sing boat boy pen red sun she tea thin book blue van we yes zoo vision".split(" ");

  // The numbers of an array whose columns are rounded to 255 levels each.
  function unpack({ levels, scale }) {
    const steps = new Int8Array(live.bytes(levels).buffer);
    const unit = new Float32Array(live.bytes(scale).buffer);
    return Float32Array.from(steps, (step, k) => step * unit[k % unit.length]);
  }

  const dot = (a, b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
  function softmax(logits) {
    const top = Math.max(...logits);
    const powers = Array.from(logits, (v) => Math.exp(v - top));
    const total = powers.reduce((sum, v) => sum + v, 0);
    return powers.map((v) => v / total);
  }

  // x @ kernel + bias
  function dense(x, kernel, bias) {
    const y = Float64Array.from(bias);
    x.forEach((v, i) => {
      for (let j = 0; j < y.length; j++) y[j] += v * kernel[i * y.length + j];
    });
    return y;
  }

  // A step of keras.layers.GRU: gates z, r and the candidate, reset after the product.
  function gru(x, h, [kernel, recurrent, bias]) {
    const n = h.length;
    const [a, s] = [dense(x, kernel, bias.subarray(0, 3 * n)), dense(h, recurrent, bias.subarray(3 * n))];
    return h.map((old, k) => {
      const [z, r] = [k, n + k].map((j) => sigmoid(a[j] + s[j]));
      return z * old + (1 - z) * Math.tanh(a[2 * n + k] + r * s[2 * n + k]);
    });
  }

  function network({ weights }) {
    const w = weights.map(unpack);
    const [letters, forward, backward, sounds, decoder, mixed, logits] = [w[0], w.slice(1, 4), w.slice(4, 7), w[7], w.slice(8, 11), w.slice(11, 13), w.slice(13)];
    const row = (table, number) => table.subarray(number * 32, number * 32 + 32);
    function scan(numbers, parts) {
      let h = new Float64Array(UNITS);
      return numbers.map((number) => (h = gru(row(letters, number), h, parts)));
    }
    return {
      // A row for each letter, and the decoder's first state.
      encode(word) {
        const numbers = [...word].map((letter) => letter.charCodeAt(0) - 96);
        const [there, back] = [scan(numbers, forward), scan(numbers.reverse(), backward).reverse()];
        return { rows: there.map((h, i) => [...h, ...back[i]]), h: Float64Array.from([...there.at(-1), ...back[0]]) };
      },
      // One sound more: the sound before it makes the next state, which looks at the rows.
      decode(rows, before, old) {
        const h = gru(row(sounds, before), old, decoder);
        const attention = softmax(rows.map((memory) => dot(memory, h)));
        const context = rows[0].map((_, k) => dot(attention, rows.map((memory) => memory[k])));
        const scores = dense(dense([...h, ...context], ...mixed).map(Math.tanh), ...logits);
        return { h, attention, logits: [...scores], probabilities: softmax(scores) };
      },
    };
  }

  live.define("attention", (root, config) => {
    const signs = ["end", ...config.sounds];
    const net = network(config);
    let word, choices, steps, step;

    // What the net says, sound by sound; where the reader has chosen, the choice goes on.
    function say(letters, chosen, given = null) {
      const { rows, h } = net.encode(letters);
      const found = [];
      for (let t = 0; t < (given?.length ?? STEPS); t++) {
        const before = given ? given[t] : (found[t - 1]?.sound ?? 0);
        const now = net.decode(rows, before, found[t - 1]?.h ?? h);
        const order = now.probabilities.map((_, k) => k).sort((a, b) => now.probabilities[b] - now.probabilities[a]);
        found.push({ ...now, best: order.slice(0, BEST), sound: chosen[t] ?? order[0] });
        if (!given && !found[t].sound) break;
      }
      return found;
    }

    const view = live.frame(root, SIZE, "Attention: a column for each letter, a row for each sound",
      "Type a word. A row is a sound; the fuller a square, the more the decoder looks at that letter. Click a row, or move Step, to see its numbers. Click another of the three sounds, or press Enter on it, to put it there and see what follows; *: your choice.",
      [[[400, ROW * BEST + 4], "The three likeliest sounds here"]]);
    const [table, chart] = view.pictures;
    const text = (x, y, value = "", anchor = "middle", name = "live-small") => svg("text", { x, y, "text-anchor": anchor, class: name }, value);
    const columns = Array.from({ length: LETTERS }, (_, i) => {
      const x = LEFT + WIDE * (i + 0.5);
      const [letter, share] = [text(x, 22, "", "middle", "live-bit"), text(x, 43)];
      table.append(letter, share);
      return { letter, share };
    });
    const lines = Array.from({ length: STEPS }, (_, t) => {
      const y = TOP + HIGH * t;
      const squares = columns.map((_column, i) => svg("rect", { x: LEFT + WIDE * i + 1, y: y + 1, width: WIDE - 2, height: HIGH - 2, class: "live-cell live-heat" }));
      const frame = svg("rect", { x: 1, y, width: 398, height: HIGH, rx: 4, class: "live-thin" });
      const name = text(LEFT - 8, y + 20, "", "end", "");
      const hit = svg("rect", { y, width: 400, height: HIGH, class: "live-hit live-point" });
      hit.addEventListener("click", () => set({ step: t }));
      const node = svg("g", {}, ...squares, frame, name, hit);
      table.append(node);
      return { node, squares, frame, name };
    });
    const places = Array.from({ length: BEST }, (_, k) => {
      const y = ROW * k + 2;
      const [name, bar, value] = [text(BAR[0] - 10, y + 22, "", "end", ""), svg("rect", { x: BAR[0], y: y + 5, height: ROW - 12 }), text(BAR[1] + 70, y + 22, "", "end", "")];
      const node = live.press(svg("g", {}, bar, name, value, svg("rect", { x: 1, y, width: 398, height: ROW - 2, rx: 4, class: "live-hit" })), "button", () => choose(steps[step].best[k]));
      chart.append(node);
      return { node, name, bar, value };
    });

    function choose(sound) {
      choices = [...Array.from({ length: step }, (_, t) => choices[t]), sound === steps[step].best[0] ? undefined : sound];
      change(() => (steps = say(word, choices)));
    }

    const heard = (found) => found.map(({ sound }) => sound).filter((sound) => sound).map((sound) => signs[sound]);
    function draw() {
      step = clamp(step, 0, steps.length - 1);
      const { attention, probabilities, best, sound } = steps[step];
      columns.forEach(({ letter, share }, i) => {
        letter.textContent = word[i] ?? "";
        share.textContent = i < word.length ? attention[i].toFixed(2).replace(/^0/, "") : "";
      });
      lines.forEach(({ node, squares, frame, name }, t) => {
        node.toggleAttribute("hidden", t >= steps.length || (auto.running && t > step));
        if (t >= steps.length) return;
        frame.toggleAttribute("hidden", t !== step);
        name.textContent = `${signs[steps[t].sound]}${choices[t] === undefined ? "" : "*"}`;
        squares.forEach((square, i) => {
          square.toggleAttribute("hidden", i >= word.length);
          square.setAttribute("fill-opacity", steps[t].attention[i] ?? 0);
        });
      });
      places.forEach(({ node, name, bar, value }, k) => {
        const p = probabilities[best[k]];
        name.textContent = signs[best[k]];
        value.textContent = p.toFixed(3);
        fill(bar, { width: p * (BAR[1] - BAR[0]), class: `live-class-${Number(best[k] === sound)}` });
        fill(node, { "aria-label": `Say ${signs[best[k]]}, probability ${p.toFixed(3)}`, "aria-pressed": best[k] === sound });
      });
      if (field !== document.activeElement) field.value = word;
      buttons.forEach((node) => node.setAttribute("aria-pressed", node.textContent === word));
      fill(pointer.node, { max: steps.length });
      pointer.show(step + 1, `${step + 1}: ${signs[sound]}`);
      play.textContent = auto.running ? "Stop" : "Play";
      const looked = attention.map((v, i) => [v, word[i]]).sort(([a], [b]) => b - a).slice(0, 3);
      const told = sound ? `${signs[sound]} as in “${AS_IN[sound - 1]}”` : "the end of the word";
      const said = heard(auto.running ? steps.slice(0, step + 1) : steps).join(" ");
      view.show({}, [
        `Step ${step + 1}: ${told}, probability ${probabilities[sound].toFixed(3)}.`,
        `It looks at ${looked.map(([v, letter]) => `${letter} ${v.toFixed(2)}`).join(", ")}.`,
        choices[step] === undefined ? "" : `Your choice; the net would say ${signs[best[0]]}.`,
      ], auto.running ? "" : `${word}: ${said || "no sound"}${steps.at(-1).sound ? " …, no end in 12 steps" : ""}.`);
    }

    function change(edit) {
      edit();
      draw();
    }
    const clean = (typed) => typed.toLowerCase().replace(/[^a-z]/g, "").slice(0, LETTERS);
    const set = (values) => change(() => {
      if (values.word !== undefined) [word, choices] = [values.word, []];
      choices = values.choices ?? choices;
      step = values.step ?? (values.word === undefined ? step : 0);
      if (values.word !== undefined || values.choices) steps = say(word, choices);
    });
    const auto = live.runner(root, () => ++step < steps.length - 1, draw);
    const field = html("input", { type: "text", maxlength: LETTERS, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
    field.addEventListener("input", () => {
      const typed = clean(field.value);
      if (field.value !== typed) field.value = typed;
      if (typed) set({ word: typed });
    });
    field.addEventListener("blur", () => (field.value = word)); // if it was left empty
    const buttons = config.words.map((name) => live.button(name, () => set({ word: name })));
    const pointer = live.dial("Step", { min: 1, max: STEPS, step: 1 }, (v) => set({ step: v - 1 }));
    const run = () => {
      if (steps.length === 1) return;
      step = 0;
      auto.start();
    };
    const play = live.button("Play", () => (auto.running ? auto.stop() : run()));
    const reset = () => {
      auto.running = false;
      set({ word: config.words[0] });
    };
    view.controls.append(html("label", {}, "Word", field), ...buttons, pointer.label, play, live.button("Reset", reset));
    reset();

    const copy = (found) => found.map(({ attention, logits, probabilities }) => ({ attention, logits, probabilities }));
    return {
      state: () => ({
        word, sounds: heard(steps), ended: !steps.at(-1).sound, step, steps: copy(steps), choices: steps.map((_, t) => choices[t] ?? null),
        best: steps[step].best.map((sound) => [signs[sound], steps[step].probabilities[sound]]), running: auto.running,
      }),
      read: (letters, before) => copy(say(letters, [], before)),
      set, step: (n = 1) => set({ step: step + n }), run, stop: auto.stop, reset,
    };
  });
})();
