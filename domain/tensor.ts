/** Open Inference Protocol v2 data types (specification/protocol/inference_rest.md). */
export const DATATYPES = ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32', 'FP64', 'BYTES'] as const;
export type Datatype = (typeof DATATYPES)[number];

/** Metadata of one input or output; -1 is a variable dimension. */
export interface TensorMetadata { readonly name: string; readonly datatype: Datatype; readonly shape: readonly number[] }

export interface ModelMetadata {
  readonly name: string;
  readonly platform: string;
  readonly versions: readonly string[];
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** One tensor in JSON form; data is flat or nested, row-major. A non-finite number cannot be said in JSON and comes as null. */
export interface Tensor { readonly name: string; readonly datatype: string; readonly shape: readonly number[]; readonly data: readonly unknown[]; readonly parameters?: Readonly<Record<string, unknown>> }

export interface InferenceRequest { readonly id?: string; readonly parameters?: Readonly<Record<string, unknown>>; readonly inputs: readonly Tensor[]; readonly outputs?: readonly { readonly name: string }[] }
export interface InferenceResponse { readonly model_name: string; readonly model_version?: string; readonly id?: string; readonly parameters?: Readonly<Record<string, unknown>>; readonly outputs: readonly Tensor[] }
