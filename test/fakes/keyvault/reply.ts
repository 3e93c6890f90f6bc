/** What the fake Key Vault answers. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body: object;
}

export function refusal(status: number, code: string, innerError?: string): Reply {
  const message = 'this is a fake Key Vault of tests, and this is its own sentence';
  return {
    status,
    body: { error: { code, message, ...(innerError && { innererror: { code: innerError } }) } },
  };
}
