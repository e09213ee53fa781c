// All jobs of a list at once.
document.addEventListener("change", ({ target }) => {
  if (target.id !== "pick-all") return;
  for (const box of target.form.querySelectorAll("[name=job]")) box.checked = target.checked;
});
