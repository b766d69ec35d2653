// Filters: data-device and data-red say what a row or an item is about.
const filters = document.querySelector("form.filters[aria-label]");
if (filters) {
  const device = filters.querySelector("[data-filter=device]");
  const red = filters.querySelector("[data-filter=red]");
  const told = filters.querySelector("output");
  const all = [...document.querySelectorAll("[data-red]")];
  const filter = () => {
    let shown = 0;
    for (const each of all) {
      each.hidden = Boolean((device && device.value && each.dataset.device !== device.value)
        || (red.checked && each.dataset.red !== "yes"));
      if (!each.hidden) shown += 1;
    }
    for (const section of document.querySelectorAll("main section")) {
      const own = [...section.querySelectorAll("[data-red]")];
      section.hidden = own.length > 0 && own.every((each) => each.hidden);
    }
    const on = red.checked || (device && device.value);
    told.textContent = on ? `${shown} of ${all.length} rows and items are shown` : "";
  };
  filters.addEventListener("change", filter);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filter(); // A browser that goes back keeps what was chosen.
}
// In the pattern of runs: one stop for the tab key, arrows from cell to cell.
for (const pattern of document.querySelectorAll("table.pattern")) {
  const links = [...pattern.querySelectorAll("tbody td a")];
  links.forEach((link, place) => { link.tabIndex = place ? -1 : 0; });
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  pattern.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell || event.ctrlKey || event.altKey || event.metaKey) return;
    const rows = [...pattern.querySelectorAll("tbody tr")].filter((row) => !row.hidden);
    let row = rows.indexOf(cell.parentElement);
    let column = cell.cellIndex;
    // On to the next cell in that direction that leads anywhere.
    for (;;) {
      row += step[0];
      column += step[1];
      const next = rows[row] && rows[row].cells[column];
      if (!rows[row] || column < 0 || column >= cell.parentElement.cells.length) return;
      const link = next && next.matches("td") && next.querySelector("a");
      if (link) {
        event.preventDefault();
        event.target.closest("a").tabIndex = -1;
        link.tabIndex = 0;
        link.focus();
        return;
      }
    }
  });
}
