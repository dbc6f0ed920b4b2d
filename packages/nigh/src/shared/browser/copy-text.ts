/** The same text in memory of its own: a part cut from a text may keep all of it in memory. For short texts. */
export function copyText(text: string): string {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return String.fromCharCode(...units);
}
