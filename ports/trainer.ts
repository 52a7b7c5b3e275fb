/** Makes a new version of a model. */
export interface Trainer {
  /**
   * Runs to the end; `progress` is called with the newest line of output, at least every few seconds while it lives.
   * The trainer writes the model's files into `outputDir`. LM_TRAINING_FAILED with the last lines of its output.
   * An aborted signal ends the training and everything that it started.
   */
  train(job: { readonly command: readonly string[]; readonly outputDir: string; readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number }, progress: (line: string) => void, signal: AbortSignal): Promise<{ readonly seconds: number; readonly lastLines: readonly string[] }>;
}
