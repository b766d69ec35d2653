// Filters by verdict and by words; and what a link leads to is unfolded.
{
  const buttons = [...document.querySelectorAll("button[data-filter]")];
  const requirements = [...document.querySelectorAll("details.requirement")];
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  let verdict = "";
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const each of requirements) {
      const text = each.textContent.toLowerCase();
      const fits = (!verdict || each.dataset.verdict === verdict) && wanted.every((word) => text.includes(word));
      each.hidden = !fits;
      count += fits;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector("details.requirement:not([hidden])");
    }
    const all = requirements.length;
    shown.textContent = count === all ? `${all} requirements` : `${count} of ${all} requirements`;
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      verdict = button.dataset.filter;
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      apply();
    });
  }
  if (words) words.addEventListener("input", apply);
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.hidden = false;
      target.closest(".group").hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", unfold);
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details.more")) each.open = true;
  });
  unfold();
}
