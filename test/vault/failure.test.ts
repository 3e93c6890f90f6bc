import { describe, expect, it } from 'vitest';
import type { VaultErrorCode } from '../../shared/vault/answer.ts';
import { failureOf } from '../../shared/vault/transport/failure.ts';

const withCode = (code: string) => Object.assign(new Error('a text that a server had a say in'), { code });

describe('errors that cannot be had on loopback', () => {
  const cases: [code: string, ours: VaultErrorCode][] = [
    ['EAI_AGAIN', 'dns'],
    ['REFUSED_ADDRESS', 'dns'],
    ['ETIMEDOUT', 'connect-timeout'],
    ['EHOSTUNREACH', 'connect-timeout'],
    ['ENETUNREACH', 'connect-timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['EPIPE', 'reset'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls-untrusted'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls-untrusted'],
    ['CERT_REVOKED', 'tls-untrusted'],
    ['EPROTO', 'tls-untrusted'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls-untrusted'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls-untrusted'],
    ['EWHATEVER', 'reset'],
    ['constructor', 'reset'],
  ];

  it.each(cases)('%s is %s, and its own text stays behind', (code, ours) => {
    const failure = failureOf(withCode(code));
    expect(failure.code).toBe(ours);
    expect(failure.detail).not.toContain('had a say');
  });

  it('of several addresses: the one that found a machine speaks', () => {
    const both = new AggregateError([withCode('ENETUNREACH'), withCode('ECONNREFUSED')]);
    expect(failureOf(both).code).toBe('refused');
    expect(failureOf(new AggregateError([withCode('ENETUNREACH')])).code).toBe('connect-timeout');
  });

  it('names what a server misses that asks for a client certificate', () => {
    const { detail } = failureOf(withCode('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'));
    expect(detail).toContain('client certificate');
  });

  it.each([undefined, null, 'text', 7, { code: 'ECONNREFUSED' }])('takes %j for an error too', (thrown) => {
    expect(failureOf(thrown).code).toBe('reset');
  });
});
