// Opens databases that may be damaged, one after the other, and says what they show: folders come as lines, answers go as lines of
// JSON. Arguments: the file of what they should hold, as the model dumps it.
import { readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { doctor, NighError, PersistentClient } from "nigh";

const expected = JSON.parse(readFileSync(process.argv[2], "utf8"));

async function dump(path) {
  const client = new PersistentClient({ path });
  try {
    const collections = [];
    for (const { name, configuration } of await client.listCollections()) {
      const collection = await client.getCollection({ name, embeddingFunction: null });
      const all = await collection.get({ include: ["documents", "metadatas", "embeddings"] });
      const records = all.rows().map((row) => ({ ...row, embedding: [...row.embedding] }));
      const count = await collection.count();
      const query = { queryEmbeddings: [new Float32Array(12).fill(1)], nResults: 10 };
      const found = count === 0 ? [] : (await collection.query(query)).ids[0];
      const even = (await collection.get({ where: { even: true }, include: [] })).ids;
      const words = await collection.search({ query: "river", mode: "keyword", limit: 1000 });
      const byWord = words.map(({ id }) => id).sort();
      collections.push({
        name,
        space: configuration.hnsw.space,
        records,
        count,
        found,
        even,
        byWord,
      });
    }
    return collections;
  } finally {
    await client.close();
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Records that are missing, too many, or changed, of a dump. */
function differences(collections) {
  let [missing, extra, changed, answers] = [0, 0, 0, 0];
  for (const wanted of expected) {
    const found = collections.find(({ name }) => name === wanted.name);
    const there = new Map((found?.records ?? []).map((record) => [record.id, record]));
    for (const record of wanted.records) {
      const own = there.get(record.id);
      if (own === undefined) missing++;
      else if (!same(own, record)) changed++;
      there.delete(record.id);
    }
    extra += there.size;
    for (const what of ["count", "found", "even", "byWord"]) {
      if (found && !same(found[what], wanted[what])) answers++;
    }
  }
  extra += collections.filter(({ name }) => !expected.some((one) => one.name === name)).length;
  return { missing, extra, changed, answers };
}

function failure(error) {
  const { code, message } = error;
  return { isNigh: error instanceof NighError, code, message: `${message}`, stack: error.stack };
}

async function inspect(path) {
  const report = {};
  try {
    const examined = await doctor({ path });
    report.problems = examined.problems;
  } catch (error) {
    report.doctorFailed = failure(error);
  }
  const target = `${path}-saved`;
  try {
    const { saved } = await doctor({ path, saveTo: target });
    report.saved = { ...saved, differences: differences(await dump(target)) };
    report.savedProblems = (await doctor({ path: target })).problems;
  } catch (error) {
    report.saveFailed = failure(error);
  }
  rmSync(target, { recursive: true, force: true });
  try {
    report.shown = differences(await dump(path));
  } catch (error) {
    report.failed = failure(error);
  }
  return report;
}

if (process.argv[3] === "dump") console.log(JSON.stringify(await dump(process.argv[4])));
else {
  for await (const path of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await inspect(path))}\n`);
  }
}
