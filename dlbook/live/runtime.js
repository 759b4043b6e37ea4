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

  function format(value) {
    const size = Math.abs(value);
    const plain = size === 0 || (size >= 1e-3 && size < 1e5);
    const text = plain ? String(Number(value.toPrecision(5))) : value.toExponential(2);
    return text.replaceAll("-", "\u2212");
  }

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

  // A finger that starts on the node does not scroll the page. On parts of a drawing
  // Chromium ignores touch-action.
  const hold = (node) => node.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });

  // Mouse, pen, finger and keyboard on one handle: move([x, y]) in drawing units,
  // nudge(right, up) in key presses, press() for a click or Enter, remove() for Delete.
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
    const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
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

  // A slider that shows its value beside it: show(value, as text).
  function dial(text, attributes, action) {
    const [label, node] = slider(text, attributes, action);
    const shown = html("span", { class: "live-value", "aria-hidden": "true" });
    label.append(shown);
    const show = (value, as) => {
      node.value = value;
      shown.textContent = as;
      node.setAttribute("aria-valuetext", as);
    };
    return { label, node, show };
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
    const status = html("p", { class: "live-status", role: "status", "aria-live": "polite" });
    const panel = html("div", {}, controls, numbers, note, status);
    const help = html("p", { class: "live-hint" }, hint);
    const layout = wide ? "live-body live-wide" : "live-body";
    root.replaceChildren(html("div", { class: layout }, ...pictures, panel, help));
    return {
      picture: pictures[0], pictures, controls,
      show(values, lines, text) {
        numbers.replaceChildren(
          ...Object.entries(values).flatMap(([name, value]) => [
            html("dt", {}, name), html("dd", {}, value),
          ]),
        );
        note.replaceChildren(...lines.map((line) => html("span", {}, line)));
        // Equal text is not written again, or a screen reader would repeat it.
        if (status.textContent !== text) status.textContent = text;
      },
    };
  }

  // advance() makes a step and returns whether another is left; draw() shows it.
  function runner(root, advance, draw) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    const self = { running: false };
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

  function mount() {
    const waiting = ".live-figure[data-live]:not([data-live-ready])";
    for (const root of document.querySelectorAll(waiting)) {
      const name = root.dataset.live;
      if (!definitions[name]) continue;
      root.dataset.liveReady = "";
      const api = definitions[name](root, JSON.parse(root.dataset.liveConfig));
      let key = name;
      // A figure that a notebook has thrown away gives its name back.
      for (let n = 2; figures[key]?.root.isConnected; n++) key = `${name}-${n}`;
      figures[key] = { ...api, root };
    }
  }

  window.dlbookLiveRuntime = {
    define, mount, html, svg, fill, clamp, format, brief, raised, lowered, scientific, short, random, normals,
    scale, axes, inside, cut, point, hold, handle, press, button, select, slider, dial, frame, runner,
  };
})();
