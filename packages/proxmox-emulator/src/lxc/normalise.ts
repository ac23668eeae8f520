import { normaliseDescription, normaliseTags } from '../normalise';
import type { Value } from '../params';
import { normaliseNet } from './net';

/** An option's value as Proxmox stores it; undefined when an empty value means that the option goes away. */
export function normaliseOption(option: string, value: Value): Value | undefined {
  if (option === 'tags') return normaliseTags(String(value));
  if (option === 'description') return normaliseDescription(String(value));
  if (/^net\d+$/.test(option)) return normaliseNet(String(value));
  return value;
}
