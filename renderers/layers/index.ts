import type { Env } from '../../inventory/types';
import type { Application } from '../application';
import type { TemplateSource } from '../template';
import { app } from './app';
import { baseOs } from './base-os';
import { kit } from './kit';
import type { Layer } from './layer';
import { release } from './release';

/**
 * The layers of an env, in their order.
 * @param env the env
 * @param source finds templates
 * @param all the env's application, if it has one
 * @returns kit and base_os, and where an application is deployed its features' layers, app and release
 */
export function layersOf(env: Env, source: TemplateSource, all: Application | undefined): Layer[] {
  const others = all ? [...all.layers, app(env, all, source), release(env, all)] : [];
  const names = ['kit', 'base_os', ...others.map(({ name }) => name)];
  return [kit(env), baseOs(env, all, names, source), ...others];
}
