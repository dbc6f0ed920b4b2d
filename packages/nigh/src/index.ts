export type { ScoredPair } from "./analysis/best-pairs.js";
export {
  type Classified,
  type ClassifyLabels,
  type ClassifyOptions,
  classify,
} from "./analysis/classify.js";
export type { ClusterWord } from "./analysis/cluster-words.js";
export type { Clustering } from "./analysis/clustering.js";
export {
  type CommunityDetectionOptions,
  communityDetection,
} from "./analysis/community-detection.js";
export {
  type ClusterDescription,
  type DescribeClustersOptions,
  describeClusters,
} from "./analysis/describe-clusters.js";
export {
  type HdbscanClusters,
  type HdbscanClustersOptions,
  hdbscanClusters,
} from "./analysis/hdbscan/hdbscan-clusters.js";
export {
  type AgglomerativeClusters,
  type AgglomerativeClustersOptions,
  agglomerativeClusters,
} from "./analysis/hierarchy/agglomerative-clusters.js";
export type { Merge } from "./analysis/hierarchy/merge.js";
export {
  type KMeansClusters,
  type KMeansClustersOptions,
  kMeansClusters,
} from "./analysis/k-means-clusters.js";
export {
  type NearDuplicate,
  type NearDuplicates,
  type NearDuplicatesOptions,
  nearDuplicates,
} from "./analysis/near-duplicates.js";
export { type Outliers, type OutliersOptions, outliers } from "./analysis/outliers.js";
export type { WorkOptions } from "./analysis/paced-work.js";
export { type ParaphraseMiningOptions, paraphraseMining } from "./analysis/paraphrase-mining.js";
export { type Projection, principalComponents } from "./analysis/principal-components.js";
export { type SilhouetteOptions, silhouetteScore } from "./analysis/silhouette.js";
export type { TextEmbedder } from "./analysis/text-embedder.js";
export {
  CrossEncoder,
  type CrossEncoderLoadOptions,
  type RankedText,
} from "./encoder/cross-encoder/cross-encoder.js";
export type {
  PredictOptions,
  RankOptions,
  ScoreOptions,
} from "./encoder/cross-encoder/predict-options.js";
export type { ScoreActivation } from "./encoder/cross-encoder/score-activation.js";
export type { Embedder, EncodeOptions, QuantizedEncodeOptions } from "./encoder/embedder.js";
export type { PairTokenIds, TokenIds } from "./encoder/engine.js";
export type { CachedModel } from "./encoder/hub/cached-models.js";
export type { DownloadProgress, OnDownload } from "./encoder/hub/download-meter.js";
export type { HubOptions } from "./encoder/hub/hub-settings.js";
export type { LockedFile, LockedModel } from "./encoder/hub/lockfile.js";
export type { ModelKind } from "./encoder/hub/repo-id.js";
export type { FileProblem } from "./encoder/hub/verify-folder.js";
export { type KnownModel, models } from "./encoder/known-models.js";
export type { LoadOptions } from "./encoder/load-options.js";
export type { LongText } from "./encoder/long-text.js";
export {
  type CacheOptions,
  cachedModels,
  type DownloadOptions,
  downloadModel,
  type LockOptions,
  lockModels,
  removeModel,
  type Verified,
  verifyModels,
} from "./encoder/manage-models.js";
export type { SimilarityName } from "./encoder/model-folder.js";
export type { Dtype } from "./encoder/program.js";
export {
  type QuantizedModel,
  type QuantizeModelOptions,
  quantizeModel,
} from "./encoder/quantize-model.js";
export type { OpenAILongText } from "./encoder/remote/measure-texts.js";
export {
  OpenAIEmbeddings,
  type OpenAIEstimate,
  type OpenAIUsage,
} from "./encoder/remote/openai-embeddings.js";
export type { OpenAIEmbeddingsOptions } from "./encoder/remote/openai-options.js";
export type { RuntimeName } from "./encoder/runtime.js";
export { type ModelOptions, SentenceTransformer } from "./encoder/sentence-transformer.js";
export {
  type Agreement,
  type Distilled,
  type DistillOptions,
  distill,
} from "./encoder/static/distill.js";
export type { TextPair } from "./encoder/worker-messages.js";
export {
  type BinaryClassificationEvaluation,
  BinaryClassificationEvaluator,
  type BinaryClassificationEvaluatorOptions,
} from "./evaluation/binary-classification-evaluator.js";
export {
  type EmbeddingSimilarityEvaluation,
  EmbeddingSimilarityEvaluator,
  type EmbeddingSimilarityEvaluatorOptions,
} from "./evaluation/embedding-similarity-evaluator.js";
export type { EvaluateOptions } from "./evaluation/evaluate-options.js";
export type { Evaluation } from "./evaluation/evaluation.js";
export {
  type InformationRetrievalEvaluation,
  InformationRetrievalEvaluator,
  type InformationRetrievalEvaluatorOptions,
  type QueryEvaluation,
} from "./evaluation/information-retrieval-evaluator.js";
export {
  type JudgedPair,
  type JudgedPairs,
  type JudgePairsOptions,
  judgePairs,
} from "./evaluation/judge-pairs.js";
export { averagePrecision } from "./evaluation/metrics/average-precision.js";
export {
  accuracyAtK,
  averagePrecisionAtK,
  ndcgAtK,
  precisionAtK,
  recallAtK,
  reciprocalRankAtK,
} from "./evaluation/metrics/ranking-metrics.js";
export type { RelevantDocuments } from "./evaluation/metrics/relevance.js";
export type {
  PairScorer,
  PairScores,
  PairSource,
  PairVectors,
} from "./evaluation/pair-scores.js";
export {
  type ParaphraseMiningEvaluation,
  ParaphraseMiningEvaluator,
  type ParaphraseMiningEvaluatorOptions,
} from "./evaluation/paraphrase-mining-evaluator.js";
export {
  type BeirSet,
  type ReadBeirOptions,
  readBeir,
} from "./evaluation/readers/read-beir.js";
export {
  readLabelledPairs,
  readStsPairs,
  type StsPairs,
} from "./evaluation/readers/read-pairs.js";
export { type TableRow, tableRows as readTable } from "./evaluation/readers/table-rows.js";
export {
  type RerankingEvaluation,
  RerankingEvaluator,
  type RerankingEvaluatorOptions,
  type RerankingSample,
} from "./evaluation/reranking-evaluator.js";
export type { CutoffOptions } from "./evaluation/retrieval/cutoffs.js";
export type { ById } from "./evaluation/retrieval/judged-queries.js";
export type {
  Rankings,
  RetrievalOptions,
  RetrievalSource,
  RetrievalVectors,
  RetrievedDocument,
  SearchedCollection,
  SearchedList,
  SearchFunction,
} from "./evaluation/retrieval/retrieval-source.js";
export type { SimilarityOptions } from "./evaluation/similarity-functions.js";
export {
  type TripletEvaluation,
  TripletEvaluator,
  type TripletEvaluatorOptions,
  type TripletVectors,
} from "./evaluation/triplet-evaluator.js";
export { indexFactory } from "./indexes/index-factory.js";
export { readIndex, writeIndex } from "./indexes/index-files.js";
export { type FlatOptions, IndexFlat, IndexFlatIP, IndexFlatL2 } from "./indexes/index-flat.js";
export { type HnswOptions, IndexHNSWFlat } from "./indexes/index-hnsw-flat.js";
export { IndexIDMap } from "./indexes/index-id-map.js";
export { IndexIVFFlat } from "./indexes/index-ivf-flat.js";
export { IndexScalarQuantizer } from "./indexes/index-scalar-quantizer.js";
export { Kmeans, type KmeansOptions } from "./indexes/k-means/k-means.js";
export { PreparedFilter } from "./indexes/rows/filter.js";
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
} from "./indexes/vector-index.js";
export type {
  Document,
  InputProblem,
  Metadata as DocumentMetadata,
  Section,
} from "./ingest/document.js";
export { type ReadDocumentsOptions, readDocuments } from "./ingest/read-documents.js";
export { type Passage, type SplitPassagesOptions, splitPassages } from "./ingest/split-passages.js";
export { pearsonCorrelation, spearmanCorrelation } from "./kernels/correlation.js";
export {
  dequantizeEmbeddings,
  type QuantizeOptions,
  quantizeEmbeddings,
} from "./kernels/quantize-embeddings.js";
export {
  cosineSimilarity,
  dotScore,
  euclideanDistance,
  normalizeL2,
} from "./kernels/similarity.js";
export { type Scored, topK } from "./kernels/top-k.js";
export type { Span } from "./search/best-sentence.js";
export {
  bestThreshold,
  type Optimized,
  type ThresholdQuality,
  thresholdQuality,
} from "./search/calibration/best-threshold.js";
export {
  type CalibrateOptions,
  type Calibration,
  type CollectionCalibration,
  calibrate,
  calibratedProbability,
} from "./search/calibration/calibrate.js";
export type { LabelledPair } from "./search/calibration/labelled-pairs.js";
export type { LabelledScore } from "./search/calibration/labelled-scores.js";
export type { Sigmoid } from "./search/calibration/platt-scaling.js";
export type { EmbeddingFunction, EmbedOptions } from "./search/collections/bound-embedder.js";
export type {
  NullableValues,
  RecordChangeColumns,
  RecordColumns,
} from "./search/collections/check-records.js";
export type { Client } from "./search/collections/client.js";
export type {
  ClientOptions,
  CreateCollectionOptions,
  DatabaseOptions,
  GetCollectionOptions,
  LocalClientOptions,
  Page,
  PersistentClientOptions,
} from "./search/collections/client-options.js";
export { Collection } from "./search/collections/collection.js";
export type { CalibrateCollectionOptions } from "./search/collections/collection-calibration.js";
export type { CollectionStats, IndexStats } from "./search/collections/collection-stats.js";
export type {
  CollectionsClient,
  RecordCollection,
  RecordPage,
} from "./search/collections/collections-client.js";
export type {
  CollectionConfiguration,
  FullConfiguration,
  HnswConfiguration,
  Space,
} from "./search/collections/configuration.js";
export { type DoctorOptions, type DoctorReport, doctor } from "./search/collections/doctor.js";
export type {
  EstimateRecallOptions,
  RecallEstimate,
} from "./search/collections/estimate-recall.js";
export type { Imported, ImportOptions } from "./search/collections/exchange-records.js";
export { EphemeralClient, PersistentClient } from "./search/collections/local-clients.js";
export type { Reranked } from "./search/collections/ranking/candidate.js";
export type { Why } from "./search/collections/ranking/explain.js";
export type { Highlight } from "./search/collections/ranking/highlight.js";
export type { CollectionSearchOptions } from "./search/collections/ranking/interpret-search.js";
export type {
  RankedDocument,
  Reranker,
  RerankFunction,
} from "./search/collections/ranking/rerank.js";
export type { SearchMode } from "./search/collections/ranking/search-mode.js";
export type {
  DeleteOptions,
  GetOptions,
  ModifyOptions,
  PageOptions,
  QueryOptions,
} from "./search/collections/record-options.js";
export type { Reembedded, ReembedOptions } from "./search/collections/reembed.js";
export type {
  GetResult,
  Include,
  QueryResult,
  QueryRow,
  RecordRow,
} from "./search/collections/results.js";
export type { SearchRow } from "./search/collections/search-records.js";
export type {
  Added,
  Updated,
  UpdateOptions,
  Upserted,
} from "./search/collections/write-verbs.js";
export type { Hit } from "./search/hits.js";
export { type SemanticSearchOptions, semanticSearch } from "./search/nearest-rows.js";
export { type ConnectOptions, connect } from "./search/remote/connect.js";
export { type Copied, type CopyOptions, copyCollection } from "./search/remote/copy-collection.js";
export type { IndexOptions, SearchOptions } from "./search/search-options.js";
export { type SearchAnswer, SemanticSearch } from "./search/semantic-search.js";
export { ERROR_CODES, type ErrorCode, NighError } from "./shared/errors.js";
export { Matrix, type MatrixLike } from "./shared/matrix.js";
export type { OnProgress, Progress } from "./shared/progress.js";
export {
  type Precision,
  type QuantizedBytes,
  QuantizedMatrix,
  type QuantizedMatrixParts,
  type QuantizedPrecision,
} from "./shared/quantized-matrix.js";
export type { StoredEmbedder } from "./store/collection-row.js";
export type { Compacted } from "./store/compact.js";
export { parseExactJson } from "./store/exchange/exact-json.js";
export { type ExactJson, stringifyExactJson } from "./store/exchange/stringify-exact-json.js";
export {
  Float,
  type Metadata,
  type MetadataFields,
  type MetadataScalar,
  type MetadataValue,
} from "./store/metadata.js";
export type { StoredRecord } from "./store/record.js";
export type {
  Examination,
  ExaminedCollection,
  PartialSave,
  Problem,
  Recovery,
  SavedCollection,
} from "./store/repair/report.js";
export type { FileBytes } from "./store/storage-stats.js";
export type { DatabaseRow, TenantRow } from "./store/tenants.js";
export type {
  DocumentComparison,
  ValueComparison,
  Where,
  WhereDocument,
  WhereNumber,
} from "./store/where/grammar.js";
export type { MatchedWord } from "./store/words/matched-words.js";
