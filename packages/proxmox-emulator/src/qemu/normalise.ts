import { normaliseTags } from '../normalise';
import type { Value } from '../params';
import { normaliseMachineNet } from './net';

/** An option's value as Proxmox stores it; undefined when an empty value means that the option goes away. */
export function normaliseMachineOption(option: string, value: Value): Value | undefined {
  if (option === 'tags') return normaliseTags(String(value));
  // Unlike a container's, a machine's description loses the blanks at its end.
  if (option === 'description') return String(value).trimEnd() || undefined;
  if (option === 'cipassword') return '**********';
  return /^net\d+$/.test(option) ? normaliseMachineNet(String(value)) : value;
}
