/* Definitions at the word. A link to the glossary names its definition, which stands
   hidden on the page, in `aria-describedby`. It is shown while the pointer is on one of
   the two or the link has the focus; Escape hides it. A finger's first tap shows it,
   the second follows the link. Without this script the link is a link. */

(() => {
  "use strict";
  const LINKS = 'a[aria-describedby^="definition-"]';
  const PAUSE = 200; // ms to pass over a link, or to go from it to its definition
  const EDGE = 8; // px that stay free at the window's edges
  let link, line, definition; // what is shown, at which line of a link that breaks
  let tapped; // the link that a finger touches, if its definition is not shown yet
  let timer;

  const linkAt = event => event.target.closest?.(LINKS);

  function later(action) {
    clearTimeout(timer);
    timer = setTimeout(action, PAUSE);
  }

  function show(wanted, y) {
    hide();
    link = wanted;
    definition = document.getElementById(link.getAttribute("aria-describedby"));
    definition.hidden = false;
    const lines = [...link.getClientRects()];
    line = Math.max(0, lines.findIndex(box => box.top <= y && y <= box.bottom));
    place();
  }

  function hide() {
    clearTimeout(timer);
    if (definition) definition.hidden = true;
    link = definition = undefined;
  }

  function hideIfLeft() {
    const held = link === document.activeElement
      || [link, definition].some(element => element?.matches(":hover"));
    if (!held) hide();
  }

  /* Below the link, or above it where there is more room. */
  function place() {
    const lines = link.getClientRects();
    const word = lines[line] ?? lines[0];
    if (!word) return hide(); // the link is folded away
    definition.style.left = definition.style.top = "0";
    const box = definition.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const left = Math.max(EDGE, Math.min(word.left, clientWidth - EDGE - box.width));
    const under = clientHeight - word.bottom;
    const below = under >= box.height + EDGE || under >= word.top;
    const top = below ? word.bottom : word.top - box.height;
    definition.style.left = `${left - box.left}px`;
    definition.style.top = `${top - box.top}px`;
  }

  document.addEventListener("pointerover", event => {
    if (event.pointerType === "touch") return;
    const over = linkAt(event);
    if (over && over !== link) later(() => show(over, event.clientY));
    else if (over || definition?.contains(event.target)) clearTimeout(timer);
  });

  document.addEventListener("pointerout", event => {
    if (event.pointerType === "touch") return;
    if (linkAt(event) || definition?.contains(event.target)) later(hideIfLeft);
  });

  document.addEventListener("focusin", event => {
    const focused = linkAt(event);
    if (focused && focused !== link) show(focused);
  });

  document.addEventListener("focusout", event => {
    if (linkAt(event)) later(hideIfLeft);
  });

  document.addEventListener("pointerdown", event => {
    const pressed = linkAt(event);
    tapped = event.pointerType === "touch" && pressed !== link ? pressed : undefined;
    if (pressed !== link && !definition?.contains(event.target)) hide();
  });

  document.addEventListener("click", event => {
    if (!tapped || linkAt(event) !== tapped) return;
    event.preventDefault();
    show(tapped, event.clientY);
    tapped = undefined;
  });

  document.addEventListener("keydown", event => {
    if (event.key === "Escape") hide();
  });

  // The focus may scroll the page to its link, and a line may break elsewhere.
  const follow = () => link && place();
  document.addEventListener("scroll", follow, { capture: true, passive: true });
  addEventListener("resize", follow);
  addEventListener("pagehide", hide); // a page that the reader comes back to
})();
