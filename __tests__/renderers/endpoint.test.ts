import { parseText } from '../../inventory/text';
import { endpoint, endpointReference } from '../../renderers/endpoint';

it.each([
  ['pve.example.lan', 'https://pve.example.lan:8006'],
  ['pve.example.lan:443', 'https://pve.example.lan:443'],
  ['https://pve.example.lan/', 'https://pve.example.lan:8006'],
  ['https://pve.example.lan:443/', 'https://pve.example.lan:443'],
  ['10.0.10.2', 'https://10.0.10.2:8006'],
  ['[fd00::2]', 'https://[fd00::2]:8006'],
])('%s is reached at %s', (host, url) => {
  expect(endpoint(parseText(host), 8006)).toBe(url);
  expect(endpointReference({ host: parseText(host), port: 8006, insecure: false })).toBe(url);
});

it('names the local value for a reference, and nothing without a host', () => {
  const host = parseText('{{ vault_host }}');
  expect(endpointReference({ host, port: 8006, insecure: false })).toBe('${local.endpoint}');
  expect(endpointReference({ port: 8006, insecure: false })).toBeUndefined();
});
