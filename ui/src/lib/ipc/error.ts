import type { ErrorCode, IpcError } from './types';

/** What a failed command rejects with. The code decides words and action, see errors.ts in i18n. */
export class CoreError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly detail: string | null = null,
  ) {
    super(code);
  }

  /** Seconds to wait, where the code carries them. */
  get seconds(): number {
    return Math.max(0, Math.ceil(Number(this.detail) || 0));
  }
}

function isIpcError(value: unknown): value is IpcError {
  return typeof value === 'object' && value !== null && typeof (value as IpcError).code === 'string';
}

/** Anything thrown, as a CoreError; what the core did not say is a mistake of the program. */
export function toCoreError(thrown: unknown): CoreError {
  if (thrown instanceof CoreError) return thrown;
  if (isIpcError(thrown)) return new CoreError(thrown.code, thrown.detail);
  return new CoreError('internal', null);
}
