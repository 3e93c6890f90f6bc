/** Each call of the client for rotations: what it sends, what a real Vault answers, and what of that is read. */
import type { RotationClient } from '../../shared/vault/rotation-client.ts';
import { tokenBody } from '../readiness/provider.ts';

export const token = 'hvs.CAESIJ-the-Token-of-Sealwatch';
export const made = 'hvs.CAESIJ-the-Token-that-was-made';
export const wrapping = 'hvs.CAESIJ-the-wrapping-Token';
export const key = { mount: 'infra/transit', key: 'payments' };
export const accessor = 'VoVgoIZD79KxOyU2WnhEFY1h';

export const wrapInfo = {
  token: wrapping,
  accessor: 'kPnD1TRGV5OM6gIffm3TLh4D',
  ttl: 120,
  creation_time: '2026-11-22T11:56:34.02Z',
  creation_path: 'auth/token/create/payments',
  wrapped_accessor: accessor,
};
export const role = {
  orphan: true,
  renewable: true,
  token_period: 86_400,
  allowed_policies: ['seal-payments'],
};

interface Asked {
  method: 'GET' | 'POST';
  path: string;
  /** In the header. */
  by: string;
  body?: unknown;
  wrapTtl?: string;
  reply: unknown;
  read: unknown;
  ask: (client: RotationClient, by: string) => Promise<unknown>;
}

export const calls: Asked[] = [
  {
    method: 'POST',
    path: '/v1/auth/token/create/payments',
    by: token,
    body: { display_name: 'sealwatch-payments', meta: { 'sealwatch-rotation': 'payments.one' } },
    wrapTtl: '120s',
    reply: { data: null, wrap_info: wrapInfo },
    read: wrapInfo,
    ask: (client, by) =>
      client.createWrapped(
        'payments',
        { displayName: 'sealwatch-payments', meta: { 'sealwatch-rotation': 'payments.one' } },
        120,
        by,
      ),
  },
  {
    method: 'POST',
    path: '/v1/sys/wrapping/lookup',
    by: wrapping,
    reply: { data: { creation_path: 'auth/token/create/payments', creation_ttl: 120 } },
    read: { creation_path: 'auth/token/create/payments', creation_ttl: 120 },
    ask: (client, by) => client.wrappingLookup(by),
  },
  {
    method: 'POST',
    path: '/v1/sys/wrapping/unwrap',
    by: wrapping,
    reply: { auth: { client_token: made, accessor } },
    read: { token: Buffer.from(made), accessor },
    ask: (client, by) => client.unwrap(by),
  },
  {
    method: 'POST',
    path: '/v1/sys/wrapping/wrap',
    by: token,
    body: { value: made },
    wrapTtl: '60s',
    reply: { wrap_info: { ...wrapInfo, creation_path: 'sys/wrapping/wrap', wrapped_accessor: undefined } },
    read: { token: wrapping, creation_path: 'sys/wrapping/wrap' },
    ask: (client, by) => client.wrap(Buffer.from(made), 60, by),
  },
  {
    method: 'POST',
    path: '/v1/auth/token/renew-self',
    by: made,
    reply: { auth: { client_token: made, lease_duration: 86_400, renewable: true } },
    read: { lease_duration: 86_400, renewable: true },
    ask: (client, by) => client.renewSelf(by),
  },
  {
    method: 'GET',
    path: '/v1/auth/token/lookup-self',
    by: made,
    reply: {
      data: { ...tokenBody, accessor, meta: { 'sealwatch-rotation': 'payments.one' }, role: 'payments' },
    },
    read: { accessor, meta: { 'sealwatch-rotation': 'payments.one' }, role: 'payments' },
    ask: (client, by) => client.lookupSelf(by),
  },
  {
    method: 'POST',
    path: '/v1/auth/token/lookup-accessor',
    by: token,
    body: { accessor },
    reply: { data: { ...tokenBody, accessor, meta: null, display_name: 'token' } },
    read: { accessor, meta: null, display_name: 'token' },
    ask: (client, by) => client.lookupAccessor(accessor, by),
  },
  {
    method: 'POST',
    path: '/v1/auth/token/revoke-accessor',
    by: token,
    body: { accessor },
    reply: { request_id: 'x', warnings: ['No token found with this accessor'] },
    read: undefined,
    ask: (client, by) => client.revokeAccessor(accessor, by),
  },
  {
    method: 'GET',
    path: '/v1/auth/token/accessors?list=true',
    by: token,
    reply: { data: { keys: Array.from({ length: 5_000 }, () => accessor) } },
    read: Array.from({ length: 5_000 }, () => accessor),
    ask: (client, by) => client.listAccessors(by),
  },
  {
    method: 'GET',
    path: '/v1/auth/token/roles/payments',
    by: token,
    reply: { data: role },
    read: role,
    ask: (client, by) => client.tokenRole('payments', by),
  },
  {
    method: 'GET',
    path: '/v1/infra/transit/keys/payments',
    by: token,
    reply: {
      data: { latest_version: 2, min_decryption_version: 1, deletion_allowed: false, keys: { 1: 5, 2: 6 } },
    },
    read: { latest_version: 2, keys: { 1: 5, 2: 6 } },
    ask: (client, by) => client.key(key, by),
  },
  {
    method: 'POST',
    path: '/v1/infra/transit/keys/payments/rotate',
    by: token,
    reply: { request_id: 'x', data: {} },
    read: undefined,
    ask: (client, by) => client.rotateKey(key, by),
  },
  {
    method: 'POST',
    path: '/v1/infra/transit/keys/payments/config',
    by: token,
    body: { min_decryption_version: 2 },
    reply: { request_id: 'x', data: {} },
    read: undefined,
    ask: (client, by) => client.setMinimum(key, 2, by),
  },
  {
    method: 'POST',
    path: '/v1/sys/step-down',
    by: token,
    reply: { request_id: 'x' },
    read: undefined,
    ask: (client, by) => client.stepDown(by),
  },
];
