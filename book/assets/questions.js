/* Questions that the page can judge. A chapter writes

     <details data-question="1.2" data-answer="0.25" data-within="0.01"><summary>...

   and stays readable without this script. What a reader answers is kept in this
   browser alone. `data-answer` is a number, or a formula in the letters of
   `data-letters`, or, after a numbered list, the number of the right item. */

(() => {
  "use strict";
  const KEY = "dlbook-answers";

  // --- formulas: a small calculator, since the page's policy forbids eval ---

  const FUNCTIONS = {
    abs: Math.abs, cos: Math.cos, exp: Math.exp, ln: Math.log, log: Math.log,
    max: Math.max, min: Math.min, sin: Math.sin, sqrt: Math.sqrt, tanh: Math.tanh,
    sigmoid: z => 1 / (1 + Math.exp(-z)), relu: z => Math.max(z, 0),
  };

  /* Reads a formula; returns a function of {letter: number}, or throws an Error whose
     message a reader understands. */
  function formula(text, letters = []) {
    if (/^[-−]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) text = text.replaceAll(",", "");
    if (/^[-−]?\d+,\d+$/.test(text)) throw Error("write a decimal point, not a comma");
    if (text.includes("%")) throw Error("write the number without %");
    const clean = text.replace(/[−–]/g, "-").replace(/[·×]/g, "*").replace(/\*\*/g, "^");
    const tokens = clean.match(/\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|[\p{L}_]\w*|\S/gu) ?? [];
    let at = 0;
    const next = token => tokens[at] === token && ++at;
    const expect = token => {
      if (!next(token)) throw Error(`“${token}” is missing`);
    };

    function sum() {
      let value = product();
      for (;;) {
        const left = value;
        if (next("+")) { const right = product(); value = v => left(v) + right(v); }
        else if (next("-")) { const right = product(); value = v => left(v) - right(v); }
        else return value;
      }
    }

    function product() {
      let value = signed();
      for (;;) {
        const left = value;
        if (next("*")) { const right = signed(); value = v => left(v) * right(v); }
        else if (next("/")) { const right = signed(); value = v => left(v) / right(v); }
        else if (/^[\p{L}(]/u.test(tokens[at] ?? "")) { // 2x
          const right = power();
          value = v => left(v) * right(v);
        } else return value;
      }
    }

    function signed() {
      if (next("+")) return signed();
      if (!next("-")) return power();
      const value = signed();
      return v => -value(v);
    }

    function power() {
      const base = atom();
      if (!next("^")) return base;
      const exponent = signed();
      return v => base(v) ** exponent(v);
    }

    function atom() {
      const token = tokens[at++];
      if (token === undefined) throw Error("something is missing at the end");
      if (/^[\d.]/.test(token) && token !== ".") return () => Number(token);
      if (token === "(") {
        const value = sum();
        expect(")");
        return value;
      }
      if (letters.includes(token)) return v => v[token];
      if (token === "e") return () => Math.E;
      if (token === "pi" || token === "π") return () => Math.PI;
      if (Object.hasOwn(FUNCTIONS, token)) {
        const values = [];
        expect("(");
        do values.push(sum()); while (next(","));
        expect(")");
        return v => FUNCTIONS[token](...values.map(value => value(v)));
      }
      const known = letters.length ? `; the letters are ${letters.join(", ")}` : "";
      throw Error(`“${token}” is not known here${known}`);
    }

    const value = sum();
    if (at < tokens.length) throw Error(`“${tokens[at]}” does not fit there`);
    return value;
  }

  /* Whether two formulas agree, at points where both have a value. */
  function agree(given, right, letters) {
    let compared = 0;
    for (let trial = 1; trial <= 40; trial++) {
      const point = {};
      letters.forEach((letter, i) => {
        point[letter] = 2 * Math.abs(Math.sin(trial * 12.9898 + i * 78.233)) + 0.1;
      });
      const [a, b] = [given(point), right(point)];
      if (!Number.isFinite(b)) continue;
      compared++;
      if (!(Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b)))) return false;
    }
    return compared > 0;
  }

  // --- what this browser keeps ---

  function stored() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return {};
    }
  }

  function store(answers) {
    try {
      localStorage.setItem(KEY, JSON.stringify(answers));
    } catch { /* a browser that keeps nothing: the page still judges */ }
  }

  // --- a question ---

  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function ask(details) {
    const { question, answer, within = "0", letters = "" } = details.dataset;
    const names = letters.split(" ").filter(Boolean);
    const list = details.previousElementSibling;
    const choice = list?.tagName === "OL";
    const verdict = make("output");
    const form = make("form", { className: "question", noValidate: true });
    form.dataset.asks = question;
    form.setAttribute("aria-label", `Question ${question}`);

    if (choice) {
      [...list.children].forEach((item, i) => {
        const radio = make("input", { type: "radio", name: `q${question}`, value: i + 1 });
        const text = item.querySelector(":scope > p") ?? item;
        item.replaceChildren(make("label", {}, radio, ` ${i + 1}. `, ...text.childNodes));
      });
      list.replaceWith(form);
      form.append(list);
    } else {
      const what = names.length ? `formula in ${names.join(", ")}` : "number";
      const input = make("input", { name: "answer", autocomplete: "off", size: 16 });
      input.spellcheck = false;
      details.before(form);
      form.append(make("label", {}, `Your answer (a ${what}): `, input), " ");
    }
    form.append(make("button", { type: "submit" }, "Check"), " ", verdict);

    const given = () => choice
      ? form.querySelector(":checked")?.value ?? ""
      : form.elements.answer.value.trim();

    function judge(text) {
      if (!text) return ["", choice ? "Choose one." : "Write an answer first."];
      if (choice) return text === answer ? ["right", "Right."] : ["wrong", "No. Think again."];
      const read = formula(text, names);
      const right = formula(answer, names);
      const near = names.length
        ? agree(read, right, names)
        : Math.abs(read({}) - right({})) <= Number(within) + 1e-9 * Math.abs(right({}));
      return near ? ["right", "Right."] : ["wrong", "No. Try again, or open the answer."];
    }

    /* The same verdict again is spoken, and seen, only as something new. */
    let timer;
    function show(state, message) {
      clearTimeout(timer);
      verdict.className = state;
      const again = verdict.textContent === message;
      verdict.textContent = again ? "" : message;
      if (again) timer = setTimeout(() => { verdict.textContent = message; }, 100);
    }

    form.addEventListener("submit", event => {
      event.preventDefault();
      let result;
      try {
        result = judge(given());
      } catch (error) {
        result = ["", `I cannot read that: ${error.message}.`];
      }
      show(...result);
      if (result[0]) {
        store({ ...stored(), [question]: { answer: given(), right: result[0] === "right" } });
      }
    });

    const before = stored()[question];
    if (before) {
      if (choice) {
        const radio = form.querySelector(`[value="${CSS.escape(before.answer)}"]`);
        if (radio) radio.checked = true;
      } else form.elements.answer.value = before.answer;
      if (before.right) show("right", "Right.");
    }
  }

  // --- the page of progress ---

  function progress(table) {
    const answers = stored();
    let right = 0;
    for (const row of table.querySelectorAll("[data-questions]")) {
      const questions = row.dataset.questions.split(" ").filter(Boolean);
      const done = questions.filter(question => answers[question]?.right).length;
      right += done;
      row.querySelector(".done").textContent = done;
    }
    table.querySelector(".sum").textContent = right;
  }

  function start() {
    // Not before its section is laid out: browsers look at each field of a page.
    const near = new ResizeObserver(entries => entries.forEach(({ target }) => {
      near.unobserve(target);
      ask(target);
    }));
    for (const details of document.querySelectorAll("details[data-question]"))
      near.observe(details);
    const table = document.querySelector("table.answered");
    if (!table) return;
    progress(table);
    const save = make("button", { type: "button" }, "Save as a file");
    const erase = make("button", { type: "button" }, "Erase");
    const told = make("output");
    save.addEventListener("click", () => {
      const text = JSON.stringify(stored(), null, 1);
      const file = make("a", { download: "answers.json" });
      file.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      file.click();
      URL.revokeObjectURL(file.href);
    });
    erase.addEventListener("click", () => {
      if (erase.dataset.sure) {
        store({});
        progress(table);
        told.textContent = "Erased.";
        delete erase.dataset.sure;
        erase.textContent = "Erase";
      } else {
        erase.dataset.sure = "yes";
        erase.textContent = "Erase all answers: sure?";
        told.textContent = "Press again to erase all answers.";
      }
    });
    erase.addEventListener("blur", () => {
      if (!erase.dataset.sure) return;
      delete erase.dataset.sure;
      erase.textContent = "Erase";
      told.textContent = "";
    });
    table.after(make("p", { className: "question" }, save, " ", erase, " ", told));
  }

  window.dlbookQuestions = { formula };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
