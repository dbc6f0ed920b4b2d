/** The same text in memory of its own: a part cut from a text may keep all of it in memory. */
export function copyText(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
