import { describe } from "vitest";
import { onEachBackend } from "./remote/backends.js";
import { describeCatalogue } from "./remote/conformance/catalogue.js";
import { describeOddValues } from "./remote/conformance/odd-values.js";
import { placeOf } from "./remote/conformance/place.js";
import { describeQueries } from "./remote/conformance/queries.js";
import { describeReadRecords } from "./remote/conformance/read-records.js";
import { describeRefusals } from "./remote/conformance/refusals.js";
import { describeTexts } from "./remote/conformance/texts.js";
import { describeWrittenRecords } from "./remote/conformance/written-records.js";

describe("collections, wherever they are", () => {
  onEachBackend((client, backend) => {
    const place = placeOf(client, backend);
    describeWrittenRecords(place);
    describeReadRecords(place);
    describeOddValues(place);
    describeQueries(place);
    describeTexts(place);
    describeCatalogue(place);
    describeRefusals(place);
  });
});
