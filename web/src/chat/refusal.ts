/** A refusal by the server, with a message for the viewer; retryMs 0: a retry does not help. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly retryMs: number,
  ) {
    super(message);
  }
}

/** No answer came: it is unknown whether the message arrived. */
export class NoAnswer extends Error {}

/** Codes of refusals: the server's package chat/message. */
export const TIMEOUT = 4004;
export const BANNED = 4005;
export const NAME = 4008;

/** The SDK's own codes are small; servers' begin at 100. */
const SERVER_CODES = 100;
const RETRY = /;?\s*retry in (\d{1,9}) ms\s*$/;

/** What a failed call means. */
export function refusalFrom(error: unknown): Refusal | NoAnswer {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'number' || code < SERVER_CODES) return new NoAnswer('no answer');
  const text = typeof message === 'string' ? message : '';
  const retry = RETRY.exec(text);
  const words = retry ? text.slice(0, retry.index) : text;
  return new Refusal(code, sentence(words) || 'That did not work', retry ? Number(retry[1]) : 0);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
