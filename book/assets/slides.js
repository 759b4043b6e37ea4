/* Parts what does not fit on one slide, then starts reveal.js. The size of things is
   known only here, with the fonts and pictures of this machine. */

(() => {
  "use strict";
  const [WIDTH, HEIGHT] = [1280, 720];
  const SMALLEST = 0.6; // below it nobody in the last row reads

  const theme = localStorage.getItem("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = ["light", "dark"].includes(theme) ? theme : dark;

  const shown = slide => [...slide.children].filter(e => !e.matches("aside"));

  /* Moves what stands below the edge to a new slide, and parts that in turn. */
  function part(slide) {
    const [heading, ...blocks] = shown(slide);
    const top = slide.getBoundingClientRect().top;
    const below = blocks.findIndex(e => e.getBoundingClientRect().bottom - top > HEIGHT);
    if (below < 0) return;
    let first = below;
    // What leads on to a formula or a list goes with it.
    while (first > 0 && blocks[first - 1].matches(".leads")) first--;
    first ||= below || 1;
    if (first < blocks.length) {
      const next = document.createElement("section");
      const again = heading.cloneNode(true);
      again.classList.add("again");
      const rest = [...slide.children];
      next.append(again, ...rest.slice(rest.indexOf(blocks[first])));
      slide.after(next);
      part(next);
    }
    if (below === 0) shrink(blocks[0], slide);
    else part(slide); // what leads on has gone, too
  }

  /* Makes the only block of a slide as small as it must be. What grows with its width,
     as live figures do, first loses width. */
  function shrink(block, slide) {
    const high = () => slide.getBoundingClientRect().height > HEIGHT;
    const live = block.querySelector(".live-figure");
    for (let width = WIDTH; live && high() && width >= 700; width -= 40)
      live.style.width = `${width}px`;
    for (let zoom = 1; high() && zoom > SMALLEST; zoom -= 0.02) block.style.zoom = zoom;
    if (!high()) return;
    // What is still too long scrolls.
    Object.assign(block.style, { maxHeight: `${0.85 * HEIGHT / block.style.zoom}px`, overflow: "auto" });
    block.tabIndex = 0;
    block.setAttribute("role", "region");
    block.setAttribute("aria-label", "Longer than the slide");
  }

  /* What stands below an output, an answer perhaps, comes with it. */
  function order(slide) {
    let step = -1;
    for (const block of shown(slide)) {
      if (block.matches(".fragment")) step++;
      if (step < 0) continue;
      block.classList.add("fragment");
      block.dataset.fragmentIndex = step;
    }
  }

  async function start() {
    await Promise.all([
      document.fonts.ready,
      ...[...document.images].map(image => image.decode().catch(() => {})),
    ]);
    for (const slide of document.querySelectorAll(".slides > section > section")) part(slide);
    for (const slide of document.querySelectorAll(".slides > section > section")) order(slide);
    for (const frame of document.querySelectorAll(".live-figure")) frame.dataset.preventSwipe = "";
    document.body.classList.remove("unparted");
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    await Reveal.initialize({
      width: WIDTH,
      height: HEIGHT,
      margin: 0.04,
      center: false,
      hash: true,
      slideNumber: "c/t",
      transition: calm ? "none" : "slide",
      backgroundTransition: "none",
      plugins: [RevealNotes],
      // Keys that move a figure's handle, or scroll, do not turn the page.
      keyboardCondition: ({ target, key }) => !target.closest(".live-figure")
        && !(target.closest("[role=region]") && /^(Arrow|Page|Home|End| )/.test(key)),
    });
    // The slides are a document to read, with formulas and tables, not an application.
    document.querySelector(".reveal").removeAttribute("role");
  }
  start();
})();
