/** Hands a file of the core to the person. Where the core has no folder for files (no path), the web view saves it. */
export function saveFile(file: { name: string; text: string; path: string | null }, type: string): void {
  if (file.path) return;
  const address = URL.createObjectURL(new Blob([file.text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Where the person finds a file: its folder and name, or on phones, where the person chose the place, the name alone. */
export function placeOf(file: { name: string; path: string }): string {
  return /^[a-z][a-z0-9+.-]+:\/\//.test(file.path) ? file.name : file.path;
}
