/** An activation code: four groups of four characters. */
export const codeLength = 16;

/** Whether the field holds a pasted link rather than a typed code. */
export function isLink(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:/i.test(text);
}

/** `abcd1234ef` -> `ABCD-1234-EF`; a link stays as it is. */
export function groupCode(text: string): string {
  // Typed letter by letter, the scheme was taken for a code until its colon came.
  if (isLink(text)) return text.trim().replace(/^[^:]+/, (scheme) => scheme.replace(/-/g, '').toLowerCase());
  const signs = text.toUpperCase().replace(/[^0-9A-Z]/g, '').slice(0, codeLength);
  return signs.replace(/(.{4})(?=.)/g, '$1-');
}
