import type { Draft } from '../draft';
import { nearestLabel } from '../names';
import type { Validation } from '../validation';
import type { Words } from '../values/rule';

/** The host name: lower-case RFC 1123, not all digits, not `localhost`. */
export function checkHostname(draft: Draft, validation: Validation): void {
  const name = draft.scope.find('name');
  if (!name || validation.isRefused(name.path)) return;
  const problem = hostnameProblem(name.value);
  if (problem) validation.error(name.path, problem.what, problem.fix);
}

/**
 * What is wrong with a host name.
 * @param name the name
 * @returns what is wrong and what to do, or undefined
 */
export function hostnameProblem(name: string): Words | undefined {
  const fix = 'use lower-case letters, digits and "-", e.g. pote-dev';
  if (name === '') return { what: 'is empty', fix };
  const meant = nearestHostname(name);
  const advice = meant === undefined ? fix : `write ${meant}`;
  if (/[A-Z]/.test(name)) return { what: 'holds capital letters', fix: advice };
  if (name.length > 253) return { what: 'is longer than 253 characters', fix: 'choose a shorter name' };
  if (name === 'localhost' || name.startsWith('localhost.')) {
    return { what: 'is the name of every host itself', fix: 'choose another name' };
  }
  const labels = name.split('.');
  if (labels.some((label) => label.length > 63)) {
    return { what: 'has a part longer than 63 characters', fix: 'choose a shorter name' };
  }
  if (!labels.every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label))) {
    return { what: 'is not a host name (RFC 1123)', fix: advice };
  }
  if (/^[0-9.]+$/.test(name)) return { what: 'is all digits', fix: 'begin it with a letter' };
  return undefined;
}

/** What was probably meant, where that is a host name. */
function nearestHostname(name: string): string | undefined {
  const meant = name.split('.').map(nearestLabel).join('.');
  return meant !== name && hostnameProblem(meant) === undefined ? meant : undefined;
}
