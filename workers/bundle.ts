import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** The workflows' entry: .ts in the repository, .js in the published package. */
export function workflowsPath(): string {
  const folder = join(import.meta.dirname, '..', 'workflows');
  const source = join(folder, 'index.ts');
  return existsSync(source) ? source : join(folder, 'index.js');
}

/** Bundled once at start, about two seconds: so the code that runs is the code at hand. Failures leave workflows by the same converter as activities. */
export async function bundleWorkflows({ failureConverterPath }: DataConverter = {}): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath: workflowsPath(), logger: new DefaultLogger('WARN'), ...(failureConverterPath === undefined ? {} : { failureConverterPath }) });
}
