import type { Outcome } from './workspace';

/**
 * What a layer's script said on the guest, in the output of terraform apply.
 * @param outcome of the apply
 * @param layer its resource
 * @returns its lines, without terraform's own
 */
export function said({ output }: Pick<Outcome, 'output'>, layer = 'base_os'): string[] {
  const own = new RegExp(`^null_resource\\.${layer} \\(remote-exec\\): (.*)$`, 'gm');
  const terraforms =
    /^(Connecting to remote host via SSH\.\.\.|Connected!| {2}(Host|User|Password|Private key|Certificate|SSH Agent|Checking Host Key|Target Platform): .*|Using configured bastion host\.\.\.)$/;
  return [...output.matchAll(own)]
    .map(([, line = '']) => line.trimEnd())
    .filter((line) => !terraforms.test(line));
}

/**
 * What of them is not `ok`: what a run did.
 * @param outcome of the apply
 * @param layer its resource
 * @returns the lines
 */
export function did(outcome: Pick<Outcome, 'output'>, layer = 'base_os'): string[] {
  return said(outcome, layer).filter((line) => !line.startsWith('ok '));
}

/**
 * The lines of a plan that change, without their indentation; and without a layer's token, which is another one for each
 * change and names what the other lines show.
 * @param outcome of the plan
 * @returns lines with their sign, e.g. `+ 443/tcp`
 */
export function planned({ output }: Pick<Outcome, 'output'>): string[] {
  return [...output.matchAll(/^ +([-+~]) (?!"guest" += .*Z: other )(.*)$/gm)].map(
    ([, sign = '', text = '']) => `${sign} ${text.trim()}`,
  );
}
