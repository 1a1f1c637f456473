import type { DecodeOptions } from '../decoder.js'

/** How an OTLP request is read and translated; the defaults are those of Prometheus's own OTLP receiver. */
export interface OtlpOptions extends DecodeOptions {
  encoding: OtlpEncoding
  /**
   * `translate` (default): names become Prometheus names, with the unit and `_total` as suffixes.
   * `keep`: names of metrics and attributes stay as they are; UTF-8 names are legal throughout.
   */
  names?: 'translate' | 'keep'
  /** Resource attributes that become labels of every series, or `all`. Default: none, they stand in `target_info`. */
  promoteResourceAttributes?: readonly string[] | 'all'
  /** True: `otel_scope_name`, `otel_scope_version`, `otel_scope_schema_url`, `otel_scope_<attribute>` become labels. Default false. */
  scopeLabels?: boolean
}

/** The two encodings of OTLP over HTTP: application/x-protobuf and application/json. */
export type OtlpEncoding = 'protobuf' | 'json'

/** What the config says of resource attributes, as a decoder takes it: `*` stands for all of them. */
export function promotedAttributes(configured: readonly string[]): readonly string[] | 'all' {
  return configured.includes('*') ? 'all' : configured
}
