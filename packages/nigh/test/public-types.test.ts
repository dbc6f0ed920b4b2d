import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

/** Of constructors that nigh's own indexes call. */
const INTERNAL = new Set(["RowLists"]);
const dist = fileURLToPath(new URL("../dist/", import.meta.url));

it("every type that a public signature names can be imported from the package", () => {
  const program = ts.createProgram([`${dist}index.d.ts`], {
    module: ts.ModuleKind.NodeNext,
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const aim = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const index = program.getSourceFile(`${dist}index.d.ts`) as ts.SourceFile;
  const exported = new Set(
    checker.getExportsOfModule(checker.getSymbolAtLocation(index) as ts.Symbol).map(aim),
  );
  const missing = new Set<string>();
  const walk = (node: ts.Node, owner: string): void => {
    if (isHidden(node)) return;
    const isBase = ts.isExpressionWithTypeArguments(node);
    const name = isBase
      ? node.expression
      : ts.isTypeReferenceNode(node)
        ? node.typeName
        : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    const named = symbol && aim(symbol);
    const ours = (named?.declarations ?? []).filter(
      (declaration) =>
        !ts.isTypeParameterDeclaration(declaration) &&
        declaration.getSourceFile().fileName.startsWith(dist),
    );
    if (named && ours.length > 0 && !exported.has(named) && !INTERNAL.has(named.name)) {
      // Nobody need name a base, whose members belong to those that extend it, or a shorthand within a file.
      if (isBase || !ours.some(isExported))
        for (const declaration of ours) walk(declaration, owner);
      else missing.add(`${named.name}, of ${owner}`);
    }
    ts.forEachChild(node, (child) => walk(child, owner));
  };
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) walk(declaration, symbol.name);
  }
  expect([...missing].sort()).toEqual([]);
});

function isExported(declaration: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) !== 0;
}

/** What users do not see: members that are not public, and those that are marked as internal. */
function isHidden(node: ts.Node): boolean {
  if (ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal")) return true;
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(
      ({ kind }) =>
        kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword,
    )
  );
}
