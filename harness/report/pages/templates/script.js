document.documentElement.classList.add("scripted");
// A button with data-copy="ID" copies the text of that element.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    let copied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a clipboard (a page from a mail attachment may have none): the old way.
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "unseen";
      document.body.append(area);
      area.select();
      copied = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = copied ? "Copied" : "Please copy by hand";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
