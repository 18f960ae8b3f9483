/** `+77010000001` -> `+7 701 000 00 01`; another number stays as it is. */
export function phoneWords(phone: string): string {
  const match = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(phone.replace(/[\s()-]/g, ''));
  return match ? ['+7', ...match.slice(1)].join('\u00a0') : phone;
}

/** The address that calls a number. */
export function phoneLink(phone: string): string {
  return `tel:${phone.replace(/[^\d+]/g, '')}`;
}
