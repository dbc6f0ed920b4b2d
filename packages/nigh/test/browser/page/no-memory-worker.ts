/** nigh's worker in a tab that has no memory left for the files of a model. */
import "nigh/browser/worker";

Blob.prototype.arrayBuffer = async () => {
  throw new RangeError("Array buffer allocation failed");
};
