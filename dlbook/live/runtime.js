// What all live figures share. Every output carries a copy, because Colab puts each
// output into an iframe of its own; a second copy on one page returns at once.
(() => {
  "use strict";
  if (window.dlbookLiveRuntime) return;

  const definitions = {};
  const figures = (window.dlbookLive = {}); // what readers and tests drive

  function fill(node, attributes, children = []) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  const html = (tag, attributes = {}, ...children) =>
    fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const unique = () => `live-${Math.random().toString(36).slice(2)}`; // an element's id

  // The place in a list of the entry nearest to the value, by the given measure.
  const nearest = (list, value, by = (v) => v) => {
    const gaps = list.map((entry) => Math.abs(by(entry) - by(value)));
    return gaps.indexOf(Math.min(...gaps));
  };

  function format(value) {
    const size = Math.abs(value);
    const plain = size === 0 || (size >= 1e-3 && size < 1e5);
    const text = plain ? String(Number(value.toPrecision(5))) : value.toExponential(2);
    return text.replaceAll("-", "\u2212");
  }

  const rounded = (value, digits = 3) => format(Number(value.toPrecision(digits)));

  // A negative number, already a text, in brackets.
  const enclosed = (text) => text.replace(/^−.*/, "($&)");

  // A whole number as an exponent.
  const raised = (number) => String(number).replace(/[-\u2212]/, "\u207b")
    .replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);

  // A whole number as an index.
  const lowered = (number) => String(number).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);

  // At most four signs up to ±999, where there is little room: 0.25, −.25, −2.5, 25.
  const brief = (value) => {
    const texts = Number.isInteger(value) ? [value] : [2, 1, 0].map((digits) => value.toFixed(digits));
    const short = texts.map((text) => String(text).replace(/^-(0\.?0*)$/, "$1").replace("-0.", "-."));
    return (short.find((text) => text.length < 5) ?? short.at(-1)).replace("-", "\u2212");
  };

  const scientific = (value) => format(value).replace(/e\+?(.+)/, (_, power) => `·10${raised(power)}`);
  const short = (value) => scientific(Number(value.toPrecision(3)));

  // Uniform numbers in [0, 1), the same on every machine (mulberry32).
  const random = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  // Standard normal ones by Box and Muller, from two uniform ones each.
  const normals = (uniform) => () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };

  // A linear map from data to drawing units, with its inverse.
  function scale([a, b], [u, v]) {
    const map = (value) => u + ((value - a) / (b - a)) * (v - u);
    map.invert = (place) => a + ((place - u) / (v - u)) * (b - a);
    map.domain = [a, b];
    map.range = [u, v];
    return map;
  }

  function ticks([a, b]) {
    const rough = (b - a) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const marks = [];
    for (let k = Math.ceil(a / step); k * step <= b; k++) marks.push(k * step);
    return marks.map((value) => [value, format(value)]);
  }

  // Marks of an axis of powers of ten.
  function decades([low, high], step = 1) {
    const marks = [];
    for (let power = Math.ceil(low / step) * step; power <= high; power += step)
      marks.push([power, power ? `10${raised(power)}` : "1"]);
    return marks;
  }

  // A point of the data as paths have it. Far outside the picture an exact place does not
  // matter, but a huge one breaks drawing.
  const spot = (across, up) => ([x, y]) =>
    `${clamp(across(x), -4000, 4000).toFixed(2)} ${clamp(up(y), -4000, 4000).toFixed(2)}`;
  const trace = (points, across, up) => `M${points.map(spot(across, up)).join("L")}`;

  function axes(group, across, up, names) {
    const [left, right] = across.range;
    const [bottom, top] = up.range;
    const line = (x1, y1, x2, y2) => svg("line", { x1, y1, x2, y2, class: "live-grid" });
    const label = (x, y, anchor, name) => svg("text", { x, y, "text-anchor": anchor }, name);
    // A scale may bring its own marks, as the logarithmic ones do.
    group.replaceChildren(
      ...(across.marks ?? ticks(across.domain)).flatMap(([value, name]) => [
        line(across(value), bottom, across(value), top),
        label(across(value), bottom + 18, "middle", name),
      ]),
      ...(up.marks ?? ticks(up.domain)).flatMap(([value, name]) => [
        line(left, up(value), right, up(value)),
        label(left - 6, up(value) + 5, "end", name),
      ]),
      svg("text", { x: right - 4, y: bottom - 8, "text-anchor": "end" }, names[0]),
      svg("text", { x: left + 6, y: top + 16 }, names[1]),
    );
  }

  // A nested svg clips what leaves the plot; its drawing units are the outer ones.
  function inside({ across: [left, right], up: [bottom, top] }, ...children) {
    const [width, height] = [right - left, bottom - top];
    return svg("svg", {
      x: left, y: top, width, height, viewBox: `${left} ${top} ${width} ${height}`,
    }, ...children);
  }

  // The part of a convex polygon where score(point) > 0, and the points of its edge
  // where a score that is linear on the polygon crosses zero.
  function cut(corners, score) {
    const polygon = [];
    const crossings = [];
    corners.forEach((p, k) => {
      const q = corners[(k + 1) % corners.length];
      const [here, there] = [score(p), score(q)];
      if (here > 0) polygon.push(p);
      if (here > 0 === there > 0) return;
      const share = here / (here - there);
      crossings.push(p.map((v, i) => v + share * (q[i] - v)));
      polygon.push(crossings.at(-1));
    });
    return { polygon, crossings };
  }

  // Where in a picture the mouse or finger of an event is, in drawing units.
  function point(picture, { clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(picture.getScreenCTM().inverse());
    return [x, y];
  }

  // The room of a plot, where a click does what dragging does: action([x, y]) in drawing
  // units.
  function area(picture, { across: [left, right], up: [bottom, top] }, action) {
    const [width, height] = [right - left, bottom - top];
    const node = svg("rect", { x: left, y: top, width, height, class: "live-hit live-aim" });
    node.addEventListener("click", (event) => action(point(picture, event)));
    return node;
  }

  // A finger that starts on the node does not scroll the page. On parts of a drawing
  // Chromium ignores touch-action.
  const hold = (node) => node.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });

  // Attributes of a handle: a slider, for to sliders screen readers hand the arrow keys
  // on, also on a phone. `kind` is for one that is more than a number between two ends.
  const grip = (name, kind) => ({
    class: "live-handle", tabindex: 0, role: "slider", "aria-label": name,
    ...(kind && { "aria-roledescription": kind }),
  });

  // What is spoken of a handle, and where it is between two ends.
  const tell = (node, text, now, [low, high]) => fill(node, {
    "aria-valuetext": text, "aria-valuenow": clamp(now, low, high), "aria-valuemin": low, "aria-valuemax": high,
  });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const LEAPS = { Home: [-Infinity, 0], End: [Infinity, 0], PageUp: [0, 10], PageDown: [0, -10] };

  // Mouse, pen, finger and keyboard on one handle: move([x, y]) in drawing units,
  // nudge(right, up) in key presses (without end for Home and End), press() for a click or
  // Enter, remove() for Delete.
  function handle(picture, node, { move, nudge, press, remove }) {
    let from = null;
    let moved = false;
    node.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      node.setPointerCapture(event.pointerId);
      from = [event.clientX, event.clientY];
      moved = false;
    });
    hold(node);
    node.addEventListener("pointermove", (event) => {
      if (!from) return;
      // A trembling finger is a click, not a drag.
      moved ||= Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4;
      if (!moved) return;
      move(point(picture, event));
    });
    for (const end of ["pointerup", "pointercancel"])
      node.addEventListener(end, () => (from = null));
    node.addEventListener("click", () => {
      if (!moved) press?.();
      moved = false;
    });
    const keys = node.hasAttribute("aria-roledescription") ? ARROWS : { ...ARROWS, ...LEAPS };
    node.addEventListener("keydown", (event) => {
      const arrow = keys[event.key];
      const far = event.shiftKey ? 4 : 1;
      if (arrow) nudge(far * arrow[0], far * arrow[1]);
      else if (press && (event.key === "Enter" || event.key === " ")) press();
      else if (remove && event.key === "Delete") remove();
      else return;
      event.preventDefault();
    });
  }

  // A part of a drawing that is a button; the finger that scrolls may start on it.
  function press(node, role, action) {
    fill(node, { class: "live-press", tabindex: 0, role });
    node.addEventListener("click", action);
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      action();
    });
    return node;
  }

  function button(text, action) {
    const node = html("button", { type: "button" }, text);
    node.addEventListener("click", action);
    return node;
  }

  function select(text, options, action) {
    const items = options.map(([value, name]) => html("option", { value }, name));
    const node = html("select", { "aria-label": text }, ...items);
    node.addEventListener("change", () => action(node.value));
    return [html("label", {}, text, node), node];
  }

  function slider(text, attributes, action) {
    const node = html("input", { type: "range", ...attributes });
    node.addEventListener("input", () => action(Number(node.value)));
    return [html("label", {}, text, node), node];
  }

  // A slider that shows its value beside it: show(value, as text, as it is spoken).
  function dial(text, attributes, action) {
    const [label, node] = slider(text, attributes, action);
    const shown = html("span", { class: "live-value", "aria-hidden": "true" });
    label.append(shown);
    const show = (value, as, spoken = as) => {
      node.value = value;
      shown.textContent = as;
      node.setAttribute("aria-valuetext", spoken);
    };
    return { label, node, show };
  }

  // A line that is shown at once and spoken when it has been still for a moment: a drag
  // changes it with every frame. Nothing is spoken before the reader has done something.
  function announcer(root) {
    const shown = html("p", { class: "live-status" });
    const spoken = html("p", { class: "live-spoken", role: "status" });
    let [used, timer] = [false, null];
    for (const name of ["pointermove", "keydown", "click", "input"])
      root.addEventListener(name, () => (used = true), { once: true, capture: true });
    function say(text) {
      if (shown.textContent === text) return;
      shown.textContent = text;
      clearTimeout(timer);
      if (used) timer = setTimeout(() => {
        spoken.textContent = text;
        // Who reads on is not to meet it twice.
        timer = setTimeout(() => spoken.replaceChildren(), 2000);
      }, 500);
    }
    return { nodes: [shown, spoken], say };
  }

  // Picture on one side; controls, numbers, a note and a spoken status on the other.
  // More pictures, as [size, label], stand below the first, or beside it if `wide`.
  function frame(root, size, label, hint, more = [], wide = false) {
    const pictures = [[size, label], ...more].map(([[width, height], name]) => svg("svg", {
      viewBox: `0 0 ${width} ${height}`, class: "live-picture", role: "group", "aria-label": name,
    }));
    const controls = html("div", { class: "live-controls" });
    const numbers = html("dl");
    const note = html("p", { class: "live-note" });
    const { nodes, say } = announcer(root);
    const panel = html("div", {}, controls, numbers, note, ...nodes);
    const help = html("p", { class: "live-hint", id: unique() }, hint);
    const layout = wide ? "live-body live-wide" : "live-body";
    root.replaceChildren(html("div", { class: layout }, ...pictures, panel, help));
    root.setAttribute("aria-describedby", help.id);
    return {
      picture: pictures[0], pictures, controls,
      show(values, lines, text) {
        numbers.replaceChildren(
          ...Object.entries(values).flatMap(([name, value]) => [
            html("dt", {}, name), html("dd", {}, value),
          ]),
        );
        note.replaceChildren(...lines.map((line) => html("span", {}, line)));
        say(text);
      },
    };
  }

  // advance() makes a step and returns whether another is left; draw() shows it. The
  // button runs and pauses; before it runs, fresh() makes ready. show() writes its name.
  function runner(root, advance, draw, fresh = () => {}) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    const self = { running: false };
    self.button = button("Run", () => {
      if (self.running) return self.stop();
      fresh();
      self.start();
    });
    self.show = () => (self.button.textContent = self.running ? "Pause" : "Run");
    self.start = () => {
      if (calm.matches) {
        while (advance());
        return draw();
      }
      if (self.running) return;
      self.running = true;
      let due = 0;
      let pause = 300;
      requestAnimationFrame(function tick(now) {
        if (!self.running || !root.isConnected) return;
        // A hidden tab must not catch up all at once.
        due = Math.max(due, now - 50);
        for (; self.running && due <= now; due += pause) {
          self.running = advance();
          // Slow enough to follow at first, then faster and faster.
          pause = Math.max(0.5, 0.95 * pause);
        }
        draw();
        requestAnimationFrame(tick);
      });
      draw();
    };
    self.stop = () => {
      self.running = false;
      draw();
    };
    return self;
  }

  function define(name, build) {
    definitions[name] ??= build;
  }

  function build(root) {
    const name = root.dataset.live;
    if (!definitions[name] || "liveReady" in root.dataset) return;
    root.dataset.liveReady = "";
    const api = definitions[name](root, JSON.parse(root.dataset.liveConfig));
    let key = name;
    // A figure that a notebook has thrown away gives its name back.
    for (let n = 2; figures[key]?.root.isConnected; n++) key = `${name}-${n}`;
    figures[key] = { ...api, root };
  }

  // A page may leave a figure until its section is laid out, and keep its data in a file,
  // a script that writes them to the figure.
  const explain = (root, what) => {
    root.firstElementChild.textContent = `${root.getAttribute("aria-label")}: ${what}`;
  };
  function fetchAndBuild(root) {
    const { liveSource } = root.dataset;
    if (!liveSource || "liveConfig" in root.dataset) return build(root);
    const script = html("script", { src: liveSource });
    script.addEventListener("load", () => build(root));
    script.addEventListener("error", () => explain(root, "its data cannot be loaded."));
    document.head.append(script);
  }
  const later = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      later.unobserve(target);
      fetchAndBuild(target);
    }
  });
  addEventListener("beforeprint", () =>
    document.querySelectorAll("[data-live-later]").forEach(fetchAndBuild));

  function mount() {
    const waiting = ".live-figure[data-live]:not([data-live-ready])";
    for (const root of document.querySelectorAll(waiting))
      if ("liveLater" in root.dataset) {
        if (root.dataset.liveSource) explain(root, "drawn once it has come into view.");
        later.observe(root);
      } else build(root);
  }

  window.dlbookLiveRuntime = {
    define, mount, html, svg, fill, clamp, sigmoid, bytes, unique, nearest, format, rounded, enclosed, brief,
    raised, lowered, scientific, short, random, normals, scale, decades, spot, trace, axes, inside, cut, point,
    area, hold, grip, tell, ARROWS, handle, press, button, select, slider, dial, announcer, frame, runner,
  };
})();
