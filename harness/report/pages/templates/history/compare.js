// Two runs side by side. data: see harness.report.pages.comparing.
const data = JSON.parse(document.getElementById("data").textContent);
const runs = data.runs.map(([number, run, target, time, page, facts, cells]) =>
  ({ number, run, target, time, page, facts, cells }));
const before = document.getElementById("before");
const after = document.getElementById("after");
const result = document.getElementById("result");

// An element with a class, a text and more elements in it.
const make = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
};
const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

const cellOf = (run, place) => {
  const [word, sign, text, kind] = data.cells[run.cells[place]];
  return { word, sign, kind, observed: text < 0 ? "" : data.texts[text] };
};
const badge = (cell) => [
  make("span", { class: `verdict v-${cell.word.replaceAll(" ", "-")}` },
    make("span", { "aria-hidden": "true" }, data.words[cell.word]), ` ${cell.word}`),
  cell.observed ? ` ${cell.observed}` : "",
];

const TURNS = [
  ["worse", "Worse"], ["better", "Better"], ["different", "Otherwise different"],
  ["unsaid", "Judged in one of the two only, or in none"],
];
const turn = (one, other) => {
  if (one.word === other.word && (one.word === "pass" || one.kind === other.kind)) return "";
  const run = one.word !== "not run" && other.word !== "not run";
  if (run && other.sign === "-" && one.sign !== "-") return "worse";
  if (!run || one.sign === " " || other.sign === " ") return "unsaid";
  if (one.sign === "-" && other.sign === "+") return "better";
  return "different";
};

const runLink = (run) => make("a", { href: run.page }, `run ${run.number}`);

const show = () => {
  const a = runs.find((each) => each.run === before.value);
  const b = runs.find((each) => each.run === after.value);
  const found = {};
  let same = 0;
  data.requirements.forEach(([name, title], place) => {
    const one = cellOf(a, place);
    const other = cellOf(b, place);
    const how = turn(one, other);
    if (!how) same += one.word === "not run" ? 0 : 1;
    else (found[how] ||= []).push({ name, title, one, other });
  });
  const around = data.facts.flatMap((fact, place) => {
    const [one, other] = [a.facts[place], b.facts[place]];
    if (one === other || one < 0 || other < 0) return [];
    return [make("li", {}, make("b", {}, fact), `: ${data.texts[one]} → ${data.texts[other]}`)];
  });
  if (a.target !== b.target) around.unshift(make("li", {}, make("b", {}, "device"), `: ${a.target} → ${b.target}`));
  const counted = TURNS.filter(([how]) => found[how] && how !== "unsaid")
    .map(([how]) => `${found[how].length} ${how}`).join(", ");
  result.replaceChildren(
    make("p", { class: "lead" }, runLink(a), ` of ${a.target} (${a.time}) → `, runLink(b),
      ` of ${b.target} (${b.time}): ${counted || "no requirement differs"}; ${plural(same, "requirement")} the same.`),
    make("p", { class: "quiet" }, "In a terminal, with every case and the commands that replay it: ",
      make("code", {}, `ceharness compare ${a.run} ${b.run}`)),
  );
  for (const [how, heading] of TURNS) {
    if (!found[how]) continue;
    const body = make("tbody", {}, ...found[how].map(({ name, title, one, other }) => {
      const link = make("a", { href: b.page.includes("#") ? b.page : `${b.page}#${name}` }, name);
      return make("tr", {},
        make("th", { scope: "row", "data-label": "Requirement" }, link, ` ${title}`),
        make("td", { "data-label": "Before" }, ...badge(one)),
        make("td", { "data-label": "After" }, ...badge(other)));
    }));
    result.append(make("h2", {}, `${heading} (${found[how].length})`),
      make("table", { class: "cards changes" },
        make("caption", { class: "unseen" }, heading),
        make("thead", {}, make("tr", {}, ...["Requirement", "Before", "After"].map((head) =>
          make("th", { scope: "col" }, head)))),
        body));
  }
  result.append(make("h2", {}, "What else differs"),
    around.length ? make("ul", {}, ...around) : make("p", {}, "Nothing that is on record."));
};

// Runs by device, newest first.
const targets = [...new Set(runs.map((run) => run.target))];
for (const select of [before, after]) {
  for (const target of targets) {
    const own = runs.filter((run) => run.target === target);
    select.append(make("optgroup", { label: target }, ...own.map((run) =>
      make("option", { value: run.run }, `${run.number} · ${run.target} · ${run.time}`))));
  }
}

// The address names both, so that it can be sent to somebody: #RUN..RUN
const choose = () => {
  const [one, other] = decodeURIComponent(location.hash.slice(1)).split("..");
  const known = (name) => runs.some((each) => each.run === name);
  const newest = runs.filter((each) => each.target === runs[0].target).map((each) => each.run);
  const [begin, end] = data.begin.length ? data.begin : [newest[1] || newest[0], newest[0]];
  before.value = known(one) ? one : begin;
  after.value = known(other) ? other : end;
  show();
};
const chosen = () => {
  history.replaceState(null, "", `#${encodeURIComponent(before.value)}..${encodeURIComponent(after.value)}`);
  show();
};
before.addEventListener("change", chosen);
after.addEventListener("change", chosen);
document.getElementById("swap").addEventListener("click", () => {
  [before.value, after.value] = [after.value, before.value];
  chosen();
});
document.getElementById("choice").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", choose);
choose();
