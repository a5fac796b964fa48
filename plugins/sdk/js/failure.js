// Why a function gives no answer.

// A matter of the function's own domain, for workflows to branch on. Whatever else is thrown is a fault of the plugin:
// the call ends, and its log has the stack.
export class Failure extends Error {
  constructor(code, message, details, { tryAgainAfterMs, tryAgain = tryAgainAfterMs !== undefined } = {}) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.details = details;
    this.tryAgain = tryAgain;
    this.tryAgainAfterMs = tryAgainAfterMs;
  }
}
