export type { Embedder, EncodeOptions, QuantizedEncodeOptions } from "../encoder/embedder.js";
export type { DownloadProgress, OnDownload } from "../encoder/hub/download-meter.js";
export { indexFactory } from "../indexes/index-factory.js";
export { type FlatOptions, IndexFlat, IndexFlatIP, IndexFlatL2 } from "../indexes/index-flat.js";
export { type HnswOptions, IndexHNSWFlat } from "../indexes/index-hnsw-flat.js";
export { IndexIDMap } from "../indexes/index-id-map.js";
export { IndexIVFFlat } from "../indexes/index-ivf-flat.js";
export { IndexScalarQuantizer } from "../indexes/index-scalar-quantizer.js";
export { Kmeans, type KmeansOptions } from "../indexes/k-means/k-means.js";
export { PreparedFilter } from "../indexes/rows/filter.js";
export {
  type Filter,
  type Ids,
  type IndexSearchOptions,
  METRIC_INNER_PRODUCT,
  METRIC_L2,
  type Metric,
  type RangeSearchResult,
  type SearchResult,
  type VectorIndex,
} from "../indexes/vector-index.js";
export { dequantizeEmbeddings, quantizeEmbeddings } from "../kernels/quantize-embeddings.js";
export {
  cosineSimilarity,
  dotScore,
  euclideanDistance,
  normalizeL2,
} from "../kernels/similarity.js";
export { type Scored, topK } from "../kernels/top-k.js";
export type { EmbeddingFunction, EmbedOptions } from "../search/collections/bound-embedder.js";
export type { RecordColumns } from "../search/collections/check-records.js";
export type {
  ClientOptions,
  CreateCollectionOptions,
  GetCollectionOptions,
  LocalClientOptions,
  Page,
} from "../search/collections/client-options.js";
export type { CollectionStats } from "../search/collections/collection-stats.js";
export type {
  CollectionsClient,
  RecordCollection,
} from "../search/collections/collections-client.js";
export type { CollectionSearchOptions } from "../search/collections/ranking/interpret-search.js";
export type { GetResult, QueryResult } from "../search/collections/results.js";
export type { SearchRow } from "../search/collections/search-records.js";
export { semanticSearch } from "../search/nearest-rows.js";
export { type SearchAnswer, SemanticSearch } from "../search/semantic-search.js";
export { ERROR_CODES, type ErrorCode, NighError } from "../shared/errors.js";
export { Matrix, type MatrixLike } from "../shared/matrix.js";
export type { OnProgress, Progress } from "../shared/progress.js";
export { QuantizedMatrix } from "../shared/quantized-matrix.js";
export { Float, type Metadata } from "../store/metadata.js";
export type { Where, WhereDocument } from "../store/where/grammar.js";
export { EphemeralClient, PersistentClient } from "./clients.js";
export { Collection } from "./collection.js";
export type { PersistentClientOptions } from "./opfs-client.js";
export { closeWorker, configure, type WorkerOptions } from "./page.js";
export { type LoadOptions, removeModel, SentenceTransformer } from "./sentence-transformer.js";
