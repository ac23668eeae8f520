import { newMac } from '../mac';

const MODELS =
  /^(virtio|e1000|e1000e|rtl8139|vmxnet3|e1000-82540em|e1000-82544gc|e1000-82545em|i82551|i82557b|i82559er|ne2k_isa|ne2k_pci|pcnet)(=([^,]+))?$/;

/** A machine's interface as Proxmox stores it: model and MAC address first, the rest sorted. */
export function normaliseMachineNet(value: string): string {
  let model = 'virtio';
  let mac: string | undefined;
  const rest: string[] = [];
  for (const part of value.split(',')) {
    const named = MODELS.exec(part.startsWith('model=') ? part.slice('model='.length) : part);
    if (named) {
      model = named[1] ?? model;
      mac = named[3] ?? mac;
    } else if (part.startsWith('macaddr=')) mac = part.slice('macaddr='.length);
    else rest.push(part);
  }
  return [`${model}=${(mac ?? newMac()).toUpperCase()}`, ...rest.sort()].join(',');
}
