const ORGANIZATION = "sentence-transformers/";

/** "name" or "organization/name" as the Hub allows them: no "--", no "..", no dot or dash at an end. */
const REPO_ID = /^(?:[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/iu;

/**
 * Models that the Hub has without an organization: sentence-transformers leaves their names as they are, and puts its own
 * organization before all others.
 */
const WITHOUT_ORGANIZATION =
  /^(?:albert-(?:base|large|xlarge|xxlarge)-v[12]|bert-(?:base|large)-.+|camembert-base|ctrl|distilbert-base-.+|distilgpt2|distilroberta-base|gpt2(?:-medium|-large|-xl)?|openai-gpt|roberta-(?:base|large)(?:-mnli|-openai-detector)?|t5-(?:small|base|large|3b|11b)|transfo-xl-wt103|xlm-.+|xlnet-(?:base|large)-cased)$/iu;

/** The Hub's id of a name as Python's sentence-transformers takes it; undefined for what is none, such as a path. */
export function repoIdOf(name: string): string | undefined {
  const isValid = REPO_ID.test(name) && name.length <= 96 && !/--|\.\.|[.-](?:\/|$)/u.test(name);
  if (!isValid) return undefined;
  return name.includes("/") || WITHOUT_ORGANIZATION.test(name) ? name : ORGANIZATION + name;
}

/** The name under which programs know the model of a repository: sentence-transformers' own without organization. */
export function shortName(repoId: string): string {
  return repoId.startsWith(ORGANIZATION) ? repoId.slice(ORGANIZATION.length) : repoId;
}
