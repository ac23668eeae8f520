import { plain } from '../plain';

/** What is read of a line of `terraform apply -json`. Source: Terraform, "Machine-Readable UI". */
interface Event {
  type?: string;
  '@message'?: string;
  hook?: { resource?: { addr?: string }; action?: string; output?: string };
  diagnostic?: { severity?: string; summary?: string; detail?: string };
}

/** What a line of terraform means. */
type Meaning =
  | { kind: 'step'; step: string }
  | { kind: 'said'; step: string; text: string }
  | { kind: 'finished'; step: string }
  | { kind: 'error'; text: string }
  | { kind: 'other'; text: string };

/** What terraform says of its connections is noise beside what the guest says. */
const NOISE =
  /^(local-exec: Executing|Connecting to remote host|Connected!| {2}(Host|User|Password|Private key|Certificate|SSH Agent|Checking Host Key|Target Platform|Bastion|Port):|Using configured bastion host|\(output suppressed)/;

/**
 * Reads a line of `terraform apply -json`.
 * @param line the line
 * @returns what it means; undefined where people need not know
 */
export function meaningOf(line: string): Meaning | undefined {
  let event: Event;
  try {
    event = JSON.parse(line) as Event;
  } catch {
    return line.trim() === '' ? undefined : { kind: 'other', text: plain(line) };
  }
  const { type, hook, diagnostic } = event;
  const step = stepOf(hook?.resource?.addr ?? '', hook?.action);
  switch (type) {
    case 'apply_start':
      return step === undefined ? undefined : { kind: 'step', step };
    case 'provision_progress': {
      const text = plain(hook?.output ?? '').trimEnd();
      return step === undefined || text.trim() === '' || NOISE.test(text)
        ? undefined
        : { kind: 'said', step, text };
    }
    case 'apply_complete':
      return step === undefined ? undefined : { kind: 'finished', step };
    case 'diagnostic':
      if (diagnostic?.severity !== 'error') return undefined;
      return { kind: 'error', text: plain(`${diagnostic.summary ?? ''}\n${diagnostic.detail ?? ''}`).trim() };
    default:
      return undefined;
  }
}

/** Of a resource what people call it; undefined of Terraform's own, and of a layer that only leaves the state. */
function stepOf(address: string, action: string | undefined): string | undefined {
  if (address.startsWith('proxmox_')) return action === 'delete' ? 'destroys the guest' : 'guest';
  const [, name] = /^null_resource\.(\w+)$/.exec(address) ?? [];
  return name === undefined || action === 'delete' ? undefined : name;
}
