import type { Env } from '../../inventory/types';
import { appTypeOf } from '../app-types';
import type { TemplateSource } from '../template';
import { app } from './app';
import { baseOs } from './base-os';
import type { Layer } from './layer';
import { release } from './release';

/**
 * The layers of an env, in their order.
 * @param env the env
 * @param source finds templates
 * @returns base_os, and where an application is deployed app and release
 */
export function layersOf(env: Env, source: TemplateSource): Layer[] {
  const type = appTypeOf(env);
  const others = type ? [...type.layers(env, source), app(env, type, source), release(source)] : [];
  const names = ['base_os' as const, ...others.map(({ name }) => name)];
  return [baseOs(env, names, source), ...others];
}
