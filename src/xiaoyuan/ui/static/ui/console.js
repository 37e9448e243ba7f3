// Small comforts of the console. Every page works without it.

// A chosen division opens at once; without this script the button beside the list does it.
for (const list of document.querySelectorAll("select[data-opens]")) {
  list.addEventListener("change", () => list.form.requestSubmit());
}

// A revealed value is covered again after half a minute, or at a click.
for (const value of document.querySelectorAll("[data-revealed]")) {
  const cover = () => {
    value.textContent = "****";
    value.className = "masked";
  };
  value.addEventListener("click", cover);
  setTimeout(cover, 30_000);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
