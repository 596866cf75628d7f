"use strict";
// Charts by Observable Plot from the data beside each, and a table that sorts and filters.
(() => {
  const SHOWN = 50;
  const count = new Intl.NumberFormat("en");
  const look = { fontFamily: "inherit", fontSize: "12px", background: "none" };

  // Visitors are counted whole, and spans begin with a day: no ticks between.
  const whole = (most, ticks) => (most < ticks ? [...Array(Math.max(1, most) + 1).keys()] : ticks);
  const daily = (first, last, ticks) => ((last - first) / 864e5 <= ticks ? "day" : ticks);

  const charts = {
    time(rows, width) {
      const days = rows.map(([start, stop, matched, visitors]) => ({
        x1: new Date(start), x2: new Date(stop), matched, visitors,
      }));
      return Plot.plot({
        width, height: 260, style: look, marginLeft: 48, marginRight: 8,
        x: {
          type: "utc", label: null,
          ticks: daily(days[0].x1, days.at(-1).x2, Math.max(2, Math.round(width / 170))),
        },
        y: {
          label: null, grid: true, tickFormat: "~s", nice: true,
          ticks: whole(Math.max(...days.map((it) => it.visitors)), 5),
        },
        marks: [
          Plot.rectY(days, { x1: "x1", x2: "x2", y: "visitors", fill: "var(--soft)", inset: 0.5 }),
          Plot.rectY(days, { x1: "x1", x2: "x2", y: "matched", fill: "var(--accent)", inset: 0.5 }),
          Plot.ruleY([0]),
        ],
      });
    },
    scores(counts, width) {
      const step = 100 / counts.length;
      const bars = counts.map((matches, at) => ({ x1: at * step, x2: (at + 1) * step, matches }));
      return Plot.plot({
        width, height: 150, style: look, marginLeft: 44, marginRight: 10, marginTop: 10,
        x: { label: null, domain: [0, 100], ticks: 5 },
        y: {
          label: null, grid: true, tickFormat: "~s", nice: true, domain: [0, Math.max(1, ...counts)],
          ticks: whole(Math.max(...counts), 3),
        },
        marks: [
          Plot.rectY(bars, { x1: "x1", x2: "x2", y: "matches", fill: "var(--accent)", inset: 0.5 }),
          Plot.ruleY([0]),
        ],
      });
    },
    // Rows are a name, a value and the ends of its interval; what is not known has no mark.
    intervals({ rows, reference, percent }, width) {
      const known = rows
        .map(([name, value, low, high], at) => ({ name, value, low: low ?? value, high: high ?? value, at }))
        .filter((row) => row.value !== null);
      const left = Math.round(Math.min(260, width * 0.4));
      const ends = [0, reference ?? 0, ...known.map((row) => row.high)];
      return Plot.plot({
        width, height: 40 + 24 * rows.length, style: look,
        marginLeft: left, marginRight: 14, marginTop: 8, marginBottom: 28,
        x: {
          label: null, grid: true, domain: [0, Math.max(...ends) * 1.02 || 1],
          ticks: Math.max(2, Math.round((width - left) / 80)), tickFormat: percent ? "~%" : "~g",
        },
        y: { label: null, domain: rows.map((_, at) => at) },
        marks: [
          Plot.axisY({
            label: null, tickSize: 0, tickFormat: (at) => rows[at][0],
            lineWidth: left / 13.5, textOverflow: "ellipsis",
          }),
          reference === null ? null : Plot.ruleX([reference], { stroke: "currentColor", strokeDasharray: "3 3" }),
          Plot.ruleY(known, { y: "at", x1: "low", x2: "high", stroke: "var(--accent)", strokeWidth: 2 }),
          Plot.dot(known, { y: "at", x: "value", r: 4, fill: "var(--accent)" }),
        ],
      });
    },
    gains(points, width) {
      const share = { label: null, domain: [0, 1], grid: true, tickFormat: "~%" };
      return Plot.plot({
        width, height: 260, style: look, marginLeft: 48, marginRight: 14,
        x: { ...share, ticks: Math.max(2, Math.round(width / 120)) }, y: { ...share, ticks: 5 },
        marks: [
          Plot.line([[0, 0], [1, 1]], { stroke: "currentColor", strokeDasharray: "3 3" }),
          Plot.line(points, { stroke: "var(--accent)", strokeWidth: 2 }),
        ],
      });
    },
  };

  function draw(data, width) {
    const place = document.getElementById(data.dataset.for);
    const chart = charts[data.dataset.kind](JSON.parse(data.textContent), width);
    chart.querySelectorAll("style").forEach((it) => it.remove()); // the page's own style has it
    chart.setAttribute("aria-hidden", "true"); // its place has it in words
    place.replaceChildren(chart);
  }

  // Open where no script draws the chart.
  document.querySelectorAll("details").forEach((it) => { it.open = false; });

  const drawn = new Map();
  const datas = document.querySelectorAll("script.data");
  const widths = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const width = Math.round(contentRect.width);
      if (width > 0 && drawn.get(target.id) !== width) {
        drawn.set(target.id, width);
        draw(document.querySelector(`script[data-for="${target.id}"]`), width);
      }
    }
  });
  for (const data of datas) {
    const place = document.getElementById(data.dataset.for);
    const width = Math.round(place.clientWidth) || 640;
    drawn.set(place.id, width);
    draw(data, width);
    widths.observe(place);
  }
  const onPaper = { time: 690, scores: 330, intervals: 330, gains: 690 };
  addEventListener("beforeprint", () => {
    for (const data of datas) draw(data, onPaper[data.dataset.kind]);
  });
  addEventListener("afterprint", () => {
    for (const data of datas) draw(data, drawn.get(data.dataset.for));
  });

  // What scrolls can be reached with the keyboard; what does not is not a stop.
  const scrolling = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls =
        target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
      const how = { tabindex: "0", role: "region", "aria-label": `Table: ${target.dataset.label}` };
      for (const [name, value] of Object.entries(how)) {
        if (scrolls) target.setAttribute(name, value);
        else target.removeAttribute(name);
      }
    }
  });
  document.querySelectorAll(".scroll").forEach((it) => scrolling.observe(it));

  function searchable(table) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const tools = table.parentElement.previousElementSibling;
    const search = tools.querySelector("input");
    const found = tools.querySelector(".found");
    const more = table.parentElement.nextElementSibling;
    let order = rows.map((_, at) => at);
    let all = false;

    function show() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = order.filter((at) => words.every((word) => texts[at].includes(word)));
      const kept = all ? fits : fits.slice(0, SHOWN);
      body.replaceChildren(...kept.map((at) => rows[at]));
      more.hidden = kept.length === fits.length;
      more.firstElementChild.textContent = `Show all ${count.format(fits.length)}`;
      const whom = `${count.format(rows.length)} visitor${rows.length === 1 ? "" : "s"}`;
      found.textContent = words.length ? `${count.format(fits.length)} of ${whom}` : whom;
    }

    function value(at, column) {
      const cell = rows[at].cells[column];
      return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim();
    }

    function sort(head, column) {
      const first = rows.some((row) => "sort" in row.cells[column].dataset) ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const way = head.getAttribute("aria-sort") === first ? other : first;
      for (const it of table.tHead.rows[0].cells) it.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", way);
      const keys = rows.map((_, at) => value(at, column));
      const collator = new Intl.Collator(undefined, { numeric: true });
      const compare = (a, b) => (typeof a === "number" ? a - b : collator.compare(a, b));
      const sign = way === "ascending" ? 1 : -1;
      order = rows.map((_, at) => at).sort((a, b) => {
        if (keys[a] === "" || keys[b] === "") return (keys[a] === "") - (keys[b] === ""); // last
        return sign * compare(keys[a], keys[b]) || a - b;
      });
      show();
    }

    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, column));
      head.append(button);
    });
    table.tHead.rows[0].cells[1].setAttribute("aria-sort", "descending"); // as it comes, by score
    search.addEventListener("input", show);
    more.firstElementChild.addEventListener("click", () => {
      all = true;
      show();
      const next = body.rows[SHOWN].cells[0]; // the button is gone: go on with what it showed
      next.tabIndex = -1;
      next.focus();
    });
    tools.hidden = false;
    show();
  }
  document.querySelectorAll("table.searchable").forEach(searchable);
})();
