let url: string | undefined;

/** Where the folders of models lie that are loaded by name alone; ends in "/". */
export function modelsURL(): string | undefined {
  return url;
}

export function setModelsURL(given: string): void {
  url = given;
}
