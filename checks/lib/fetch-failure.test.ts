import { describe, expect, it } from 'vitest';
import { classifyError } from './fetch-failure.ts';

const errorWith = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('classifyError', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ENOENT', 'unreachable'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['ETIMEDOUT', 'unreachable'],
    ['EAGAIN', 'timeout'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_OSSL_PEM_NO_START_LINE', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['HPE_INVALID_CONSTANT', 'other'],
    ['EACCES', 'other'],
    ['EMFILE', 'other'],
  ])('takes %s for %s', (code, failure) => {
    expect(classifyError(errorWith(code, 'message')).failure).toBe(failure);
  });

  it('takes anything else for `other`', () => {
    expect(classifyError(new Error('no code'))).toEqual({ failure: 'other', message: 'no code' });
    expect(classifyError('text')).toEqual({ failure: 'other', message: 'text' });
  });

  it('keeps the reason of an OpenSSL message', () => {
    const message =
      '80FB4A:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../rec_layer_s3.c:907:SSL alert number 116\n';

    expect(classifyError(errorWith('ERR_SSL_X', message)).message).toBe('tlsv13 alert certificate required');
  });

  it('says the code where there is no message, as for all addresses of a name', () => {
    const error = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });

    expect(classifyError(error)).toEqual({ failure: 'refused', message: 'ECONNREFUSED' });
  });
});
