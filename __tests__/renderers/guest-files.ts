import type { Env } from '../../inventory/types';
import type { GuestFile } from '../../renderers/layers/layer';
import { envOf, layersIn } from './envs';

/** Lines as they stand on the guest: Terraform's escapes undone. */
export function unescaped(lines: readonly string[]): string[] {
  return lines.map((line) => line.replaceAll('$${', () => '${').replaceAll('%%{', '%{'));
}

/** All files of an env's layers. */
export function filesOf(env: Env): GuestFile[] {
  return layersIn(env).flatMap(({ files }) => [...files]);
}

/**
 * A file of the env of a project, as it stands on the guest.
 * @param name the end of its path
 * @param project keys of the project, as YAML
 * @returns its lines; none where there is no such file
 */
export function fileOf(name: string, project = ''): string[] {
  return unescaped(filesOf(envOf({ project })).find(({ path }) => path.endsWith(name))?.lines ?? []);
}
