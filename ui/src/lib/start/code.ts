/** An activation code: four groups of four characters. */
export const codeLength = 16;

// From a keyboard left in Kazakh or Russian: the core reads the same letters so (wire::activation).
const lookalikes: Record<string, string> = {
  А: 'A', В: 'B', С: 'C', Е: 'E', Н: 'H', К: 'K', М: 'M', О: '0', Р: 'P', Т: 'T', Х: 'X',
};

/** Whether the field holds a pasted link rather than a typed code. */
export function isLink(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:/i.test(text);
}

/** `abcd1234ef` -> `ABCD-1234-EF`; a link stays as it is. */
export function groupCode(text: string): string {
  // Typed letter by letter, the scheme was taken for a code until its colon came.
  if (isLink(text)) return text.trim().replace(/^[^:]+/, (scheme) => scheme.replace(/-/g, '').toLowerCase());
  const latin = [...text.toUpperCase()].map((letter) => lookalikes[letter] ?? letter).join('');
  const signs = latin.replace(/[^0-9A-Z]/g, '').slice(0, codeLength);
  return signs.replace(/(.{4})(?=.)/g, '$1-');
}
