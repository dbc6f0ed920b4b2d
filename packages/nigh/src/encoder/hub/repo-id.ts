/** What sentence-transformers puts before names without an organization, by the kind of model that is loaded. */
const ORGANIZATIONS = {
  "sentence-transformer": "sentence-transformers/",
  "cross-encoder": "cross-encoder/",
} as const;
export type ModelKind = keyof typeof ORGANIZATIONS;

/** "name" or "organization/name" as the Hub allows them: no "--", no "..", no dot or dash at an end. */
const REPO_ID = /^(?:[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/iu;

/**
 * Models that the Hub has without an organization: sentence-transformers leaves their names as they are, and puts its own
 * organization before all others.
 */
const WITHOUT_ORGANIZATION =
  /^(?:albert-(?:base|large|xlarge|xxlarge)-v[12]|bert-(?:base|large)-.+|camembert-base|ctrl|distilbert-base-.+|distilgpt2|distilroberta-base|gpt2(?:-medium|-large|-xl)?|openai-gpt|roberta-(?:base|large)(?:-mnli|-openai-detector)?|t5-(?:small|base|large|3b|11b)|transfo-xl-wt103|xlm-.+|xlnet-(?:base|large)-cased)$/iu;

/** The Hub's id of a name as Python's sentence-transformers takes it; undefined for what is none, such as a path. */
export function repoIdOf(
  name: string,
  kind: ModelKind = "sentence-transformer",
): string | undefined {
  const isValid = REPO_ID.test(name) && name.length <= 96 && !/--|\.\.|[.-](?:\/|$)/u.test(name);
  if (!isValid) return undefined;
  return name.includes("/") || WITHOUT_ORGANIZATION.test(name) ? name : ORGANIZATIONS[kind] + name;
}

/** The name under which programs know the model of a repository: sentence-transformers' own without organization. */
export function shortName(repoId: string): string {
  const own = Object.values(ORGANIZATIONS).find((organization) => repoId.startsWith(organization));
  return own === undefined ? repoId : repoId.slice(own.length);
}
